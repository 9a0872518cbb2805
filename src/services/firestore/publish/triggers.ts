// The triggers that put the documents of changed rows into the queue. Every engine writes triggers in its own way: another
// engine is another branch here.
import type { SqlClient } from 'effect/sql'
import { greatest, least, missing, nowMs } from '../../database/dialect.ts'
import { HISTORY_LANE, LIVE_LANE, RECENT_MS, SHORTEST_INTERVAL_MS } from './pace.ts'
import type { AffectedDocument, TrackedTable } from './tracked-tables.ts'

type Sql = SqlClient.SqlClient

/** What an entry becomes that is in the queue already. */
const requeue = (sql: Sql): string => `
  ON CONFLICT (path) DO UPDATE SET version = version + 1, lane = ${least(sql, 'lane', 'excluded.lane')},
    refused = NULL,
    noted_at = CASE WHEN due IS NULL THEN excluded.noted_at ELSE noted_at END,
    due = COALESCE(due, ${greatest(sql, 'excluded.due', `written_at + ${SHORTEST_INTERVAL_MS}`)});`

/**
 * Puts a document into the queue. One that waits keeps its time; one that was just written becomes due after the shortest
 * interval. `lane` is a SQL expression.
 */
const enqueue = (sql: Sql, { onlyIf = 'TRUE', path }: AffectedDocument, lane: string) => `
  INSERT INTO firestore_documents (path, lane, due, noted_at)
  SELECT ${path}, ${lane}, ${nowMs(sql)}, ${nowMs(sql)} WHERE ${onlyIf} ${requeue(sql)}`

/** Puts the documents that point to the row's into the queue. */
const enqueueReferring = (sql: Sql, { referring }: TrackedTable, row: 'NEW' | 'OLD'): string => {
  if (referring === undefined) return ''
  return referring(row)
    .map(
      ({ from, path, where }) => `
  INSERT INTO firestore_documents (path, lane, due, noted_at)
  SELECT ${path}, ${HISTORY_LANE}, ${nowMs(sql)}, ${nowMs(sql)} FROM ${from} WHERE ${where} ${requeue(sql)}`
    )
    .join(' ')
}

const enqueueAll = (
  sql: Sql,
  { documents }: TrackedTable,
  row: 'NEW' | 'OLD',
  lane = String(LIVE_LANE)
): string =>
  documents(row)
    .map(document => enqueue(sql, document, lane))
    .join(' ')

/** The lane of a row that is inserted. */
const laneOfInserted = (sql: Sql, { timeColumn }: TrackedTable): string =>
  timeColumn === undefined
    ? String(LIVE_LANE)
    : `CASE WHEN NEW.${timeColumn} < ${nowMs(sql)} - ${RECENT_MS} THEN ${HISTORY_LANE} ELSE ${LIVE_LANE} END`

const triggerName = (table: string, event: string) => `firestore_${table}_${event}`

const sqliteTriggers = (
  sql: Sql,
  tracked: TrackedTable,
  allColumns: ReadonlyArray<string>
): ReadonlyArray<string> => {
  const { columns = allColumns, keyColumns = [], table } = tracked
  const isChanged = columns.map(column => `OLD.${column} IS NOT NEW.${column}`).join(' OR ')
  return [
    `CREATE TRIGGER ${triggerName(table, 'inserted')} AFTER INSERT ON ${table}
      BEGIN ${enqueueAll(sql, tracked, 'NEW', laneOfInserted(sql, tracked))} ${enqueueReferring(sql, tracked, 'NEW')} END`,
    // The row may belong to another document now: both are published again.
    `CREATE TRIGGER ${triggerName(table, 'updated')} AFTER UPDATE OF ${columns.join(', ')} ON ${table} WHEN ${isChanged}
      BEGIN ${enqueueAll(sql, tracked, 'OLD')} ${enqueueAll(sql, tracked, 'NEW')} END`,
    `CREATE TRIGGER ${triggerName(table, 'deleted')} AFTER DELETE ON ${table}
      BEGIN ${enqueueAll(sql, tracked, 'OLD')} ${enqueueReferring(sql, tracked, 'OLD')} END`,
    ...(keyColumns.length === 0
      ? []
      : [
          `CREATE TRIGGER ${triggerName(table, 'moved')} AFTER UPDATE OF ${keyColumns.join(', ')} ON ${table}
      BEGIN ${enqueueReferring(sql, tracked, 'OLD')} ${enqueueReferring(sql, tracked, 'NEW')} END`
        ])
  ]
}

/** The triggers of a table, in the transaction of whatever changes it; `allColumns` are those that it has. */
export const createTriggers = (
  sql: Sql,
  tracked: TrackedTable,
  allColumns: ReadonlyArray<string>
): ReadonlyArray<string> =>
  sql.onDialectOrElse({
    sqlite: () => sqliteTriggers(sql, tracked, allColumns),
    orElse: missing('createTriggers')
  })

export const dropTriggers = (sql: Sql, { table }: TrackedTable): ReadonlyArray<string> =>
  sql.onDialectOrElse({
    sqlite: () =>
      ['inserted', 'updated', 'deleted', 'moved'].map(
        event => `DROP TRIGGER IF EXISTS ${triggerName(table, event)}`
      ),
    orElse: missing('dropTriggers')
  })
