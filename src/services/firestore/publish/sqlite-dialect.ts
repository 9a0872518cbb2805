// The statements of publishing that only SQLite understands: triggers, its clock, lists passed as JSON. Another database
// needs its own version of this file, and of no other in this folder.
import { HISTORY_LANE, LIVE_LANE, RECENT_MS, SHORTEST_INTERVAL_MS } from './pace.ts'
import type { AffectedDocument, TrackedTable } from './tracked-tables.ts'

/** Milliseconds since 1970. */
export const NOW = `CAST(unixepoch('subsec') * 1000 AS INTEGER)`

/**
 * Puts a document into the queue. One that waits keeps its time; one that was just written becomes due after the shortest
 * interval. `lane` is a SQL expression.
 */
const enqueue = ({ onlyIf = 'TRUE', path }: AffectedDocument, lane: string) => `
  INSERT INTO firestore_documents (path, lane, due, noted_at)
  SELECT ${path}, ${lane}, ${NOW}, ${NOW} WHERE ${onlyIf}
  ON CONFLICT (path) DO UPDATE SET version = version + 1, lane = MIN(lane, excluded.lane), refused = NULL,
    noted_at = CASE WHEN due IS NULL THEN excluded.noted_at ELSE noted_at END,
    due = COALESCE(due, MAX(excluded.due, written_at + ${SHORTEST_INTERVAL_MS}));`

const enqueueAll = ({ documents }: TrackedTable, row: 'NEW' | 'OLD', lane = String(LIVE_LANE)): string =>
  documents(row)
    .map(document => enqueue(document, lane))
    .join(' ')

/** The lane of a row that is inserted. */
const laneOfInserted = ({ timeColumn }: TrackedTable): string =>
  timeColumn === undefined
    ? String(LIVE_LANE)
    : `CASE WHEN NEW.${timeColumn} < ${NOW} - ${RECENT_MS} THEN ${HISTORY_LANE} ELSE ${LIVE_LANE} END`

const triggerName = (table: string, event: string) => `firestore_${table}_${event}`

/** The columns of a table, as `name`; its parameter is the table. */
export const TABLE_COLUMNS = 'SELECT name FROM pragma_table_info(?)'

/** The triggers of a table, in the transaction of whatever changes it; `allColumns` are those that it has. */
export const createTriggers = (
  tracked: TrackedTable,
  allColumns: ReadonlyArray<string>
): ReadonlyArray<string> => {
  const { columns = allColumns, table } = tracked
  const isChanged = columns.map(column => `OLD.${column} IS NOT NEW.${column}`).join(' OR ')
  return [
    `CREATE TRIGGER ${triggerName(table, 'inserted')} AFTER INSERT ON ${table}
      BEGIN ${enqueueAll(tracked, 'NEW', laneOfInserted(tracked))} END`,
    // The row may belong to another document now: both are published again.
    `CREATE TRIGGER ${triggerName(table, 'updated')} AFTER UPDATE OF ${columns.join(', ')} ON ${table} WHEN ${isChanged}
      BEGIN ${enqueueAll(tracked, 'OLD')} ${enqueueAll(tracked, 'NEW')} END`,
    `CREATE TRIGGER ${triggerName(table, 'deleted')} AFTER DELETE ON ${table} BEGIN ${enqueueAll(tracked, 'OLD')} END`
  ]
}

export const dropTriggers = ({ table }: TrackedTable): ReadonlyArray<string> =>
  ['inserted', 'updated', 'deleted'].map(event => `DROP TRIGGER IF EXISTS ${triggerName(table, event)}`)

/** Puts every path that a statement selects into the queue, unless the path is there already. */
export const enqueuePaths = (select: string, lane: number) =>
  `INSERT INTO firestore_documents (path, lane, due, noted_at) SELECT path, ${lane}, ${NOW}, ${NOW} FROM (${select}) WHERE TRUE
    ON CONFLICT (path) DO NOTHING`

/** The messages of a JSON list of `[threadId, messageId]`. */
export const MESSAGES_OF_LIST = `SELECT m.* FROM json_each(?) AS w CROSS JOIN messages m
  ON m.thread_id = w.value ->> 0 AND m.message_id = w.value ->> 1`

/** The receipts of the messages of such a list. */
export const RECEIPTS_OF_LIST = `SELECT r.* FROM json_each(?) AS w CROSS JOIN receipts r
  ON r.thread_id = w.value ->> 0 AND r.message_id = w.value ->> 1 ORDER BY r.recipient`
