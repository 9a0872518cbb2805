// Notes which documents are to be shown anew, in the transaction that changed what they show: by triggers, so that no
// statement of the store can forget it.
import { Effect } from 'effect'
import { SqlClient } from 'effect/sql'
import { eachPageOfPaths, pathIn, threadPath } from './paths.ts'

const NOW = `CAST(unixepoch('subsec') * 1000 AS INTEGER)`

/** Firestore takes about one write a second of the same document. */
export const SHORTEST_INTERVAL_MS = 1000

/** Messages of the last hour are news; older ones come from a history and wait behind all news. */
const NEWS_MS = 3_600_000

/** Notes the document at a path; `where` may tell that there is none. */
const note = (path: string, lane = '0', from = '') => `
  INSERT INTO firestore_documents (path, lane, due, noted_at)
  SELECT ${path}, ${lane}, ${NOW}, ${NOW} ${from === '' ? 'WHERE TRUE' : from}
  ON CONFLICT (path) DO UPDATE SET version = version + 1, lane = MIN(lane, excluded.lane), refused = NULL,
    noted_at = CASE WHEN due IS NULL THEN excluded.noted_at ELSE noted_at END,
    due = COALESCE(due, MAX(excluded.due, written_at + ${SHORTEST_INTERVAL_MS}));`

interface Tracked {
  readonly table: string
  /** Of the row named NEW or OLD, the documents that show something of it. */
  readonly notes: (row: 'NEW' | 'OLD') => string
  /** Columns that the documents show; all of them when not given. */
  readonly columns?: ReadonlyArray<string>
  /** A row that is stored for the first time, when it is noted otherwise than a change. */
  readonly inserted?: string
}

const SHOWN_OF_MESSAGES = [
  'thread_id',
  'message_id',
  'sender',
  'sender_name',
  'type',
  'body',
  'media',
  'details',
  'quoted_whatsapp_id',
  'quoted_message_id',
  'reactions',
  'edits',
  'status',
  'status_reason',
  'ts_client',
  'raw'
]

const SHOWN_OF_THREADS = [
  'thread_id',
  'client_jid',
  'kind',
  'display_name',
  'last_message_at',
  'last_message_text',
  'last_message_direction',
  'unread_count',
  'archived',
  'pinned_at',
  'muted_until',
  'ephemeral_seconds',
  'created_at'
]

const SHOWN_OF_ACCOUNTS = [
  'name',
  'wanted',
  'jid',
  'lid',
  'ended',
  'last_disconnect',
  'restriction',
  'linked_at'
]

const theThread = (row: string, id = `${row}.thread_id`) =>
  note(threadPath(id), '0', `WHERE EXISTS (SELECT 1 FROM threads WHERE thread_id = ${id})`)

const TRACKED: ReadonlyArray<Tracked> = [
  {
    table: 'messages',
    columns: SHOWN_OF_MESSAGES,
    notes: row => note(pathIn.messages(row)),
    inserted: note(pathIn.messages('NEW'), `NEW.ts_client < ${NOW} - ${NEWS_MS}`)
  },
  {
    table: 'receipts',
    notes: row =>
      note(
        pathIn.messages(row),
        '0',
        `WHERE EXISTS (SELECT 1 FROM messages WHERE thread_id = ${row}.thread_id AND message_id = ${row}.message_id)`
      )
  },
  { table: 'threads', columns: SHOWN_OF_THREADS, notes: row => note(pathIn.threads(row)) },
  { table: 'coverage', columns: ['beginning', 'refusal', 'refused_at'], notes: row => theThread(row) },
  { table: 'gaps', notes: row => theThread(row) },
  { table: 'past_participants', notes: row => theThread(row) },
  { table: 'addresses', notes: row => theThread(row, `${row}.account_id || '__' || ${row}.person`) },
  {
    table: 'contacts',
    notes: row =>
      note(pathIn.contacts(row)) + theThread(row, `${row}.account_id || '__' || ${row}.contact_jid`)
  },
  { table: 'accounts', columns: SHOWN_OF_ACCOUNTS, notes: row => note(pathIn.accounts(row)) },
  { table: 'outbox', notes: row => note(pathIn.outbox(row)) },
  { table: 'incidents', notes: row => note(pathIn.incidents(row)) }
]

const nameOf = (table: string, when: string) => `firestore_${table}_${when}`

const WHEN = ['inserted', 'updated', 'deleted'] as const

const triggersOf = ({ columns, inserted, notes, table }: Tracked, all: ReadonlyArray<string>) => {
  const shown = columns ?? all
  const changed = shown.map(column => `OLD.${column} IS NOT NEW.${column}`).join(' OR ')
  return [
    `CREATE TRIGGER ${nameOf(table, 'inserted')} AFTER INSERT ON ${table} BEGIN ${inserted ?? notes('NEW')} END`,
    // A row may move to another document: both are looked at.
    `CREATE TRIGGER ${nameOf(table, 'updated')} AFTER UPDATE OF ${shown.join(', ')} ON ${table} WHEN ${changed}
      BEGIN ${notes('OLD')} ${notes('NEW')} END`,
    `CREATE TRIGGER ${nameOf(table, 'deleted')} AFTER DELETE ON ${table} BEGIN ${notes('OLD')} END`
  ]
}

/** Rows that one statement looks at, so that others get their turn. */
const PAGE = 5000

/** What all rows that are there would have noted, table by table. */
const EVERYTHING = (
  [
    ['accounts', 0],
    ['threads', 0],
    ['contacts', 1],
    ['outbox', 0],
    ['incidents', 1]
  ] as const
).map(([table, lane]) => `SELECT ${pathIn[table](table)} AS path, ${lane} AS lane FROM ${table}`)

export const makeTracking = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient

  const remove = Effect.forEach(
    TRACKED.flatMap(({ table }) => WHEN.map(when => nameOf(table, when))),
    name => sql.unsafe(`DROP TRIGGER IF EXISTS ${name}`),
    { discard: true }
  )

  /** Made anew at every start: another version may show other columns. */
  const install = Effect.gen(function* () {
    yield* remove
    for (const tracked of TRACKED) {
      const columns = yield* sql<{ name: string }>`SELECT name FROM pragma_table_info(${tracked.table})`
      for (const trigger of triggersOf(
        tracked,
        columns.map(({ name }) => name)
      )) {
        yield* sql.unsafe(trigger)
      }
    }
  }).pipe(sql.withTransaction)

  const noteShown = eachPageOfPaths(sql, PAGE, paths =>
    Effect.andThen(
      sql.unsafe(
        `UPDATE firestore_documents SET due = ${NOW}, noted_at = ${NOW} WHERE path >= ? AND path <= ? AND due IS NULL`,
        [paths.at(0), paths.at(-1)]
      ),
      Effect.yieldNow
    )
  )

  /** Notes everything that is stored and everything that was ever shown; what has not changed is not written again. */
  const noteAll = Effect.gen(function* () {
    const insert = (select: string, params: ReadonlyArray<string> = []) =>
      sql.unsafe(
        `INSERT INTO firestore_documents (path, lane, due, noted_at) SELECT path, lane, ${NOW}, ${NOW} FROM (${select}) WHERE TRUE
          ON CONFLICT (path) DO NOTHING`,
        params
      )
    yield* noteShown
    for (const select of EVERYTHING) yield* insert(select)
    const threads = yield* sql<{ id: string }>`SELECT thread_id AS id FROM threads`
    for (const { id } of threads) {
      yield* insert(
        `SELECT ${pathIn.messages('m')} AS path, 1 AS lane FROM messages m WHERE m.thread_id = ?`,
        [id]
      )
      yield* Effect.yieldNow
    }
  })

  return { install, remove, noteAll }
})
