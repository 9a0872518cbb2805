// Which changes of which tables change which documents. Columns that no document contains are left out, so that their
// changes cost no write.
import { MESSAGE_COLUMN_NAMES } from '../../conversations/sql/messages.ts'
import { HISTORY_LANE, LIVE_LANE } from './pace.ts'
import { pathIn, threadPath } from './paths.ts'

/** A document that a changed row belongs to. */
export interface AffectedDocument {
  /** The SQL expression for its path. */
  readonly path: string
  /** The SQL condition under which the document exists; always when it is not given. */
  readonly onlyIf?: string
}

/** The documents of the rows that a query finds, as SQL expressions. */
export interface ReferringDocuments {
  readonly from: string
  readonly where: string
  readonly path: string
}

export interface TrackedTable {
  readonly table: string
  /** The documents that contain something of the row with this name (`OLD` or `NEW` in a trigger). */
  readonly documents: (row: string) => ReadonlyArray<AffectedDocument>
  /** The columns that documents contain; all of them when not given. */
  readonly columns?: ReadonlyArray<string>
  /** The column with a row's time. A row that is old when it is inserted goes into the history lane. */
  readonly timeColumn?: string
  /** Documents that point to the row's document while it exists: they change when it comes, goes, or gets another key. */
  readonly referring?: (row: string) => ReadonlyArray<ReferringDocuments>
  /** The columns of the row's key; with `referring`. */
  readonly keyColumns?: ReadonlyArray<string>
}

/** Columns that never change, or that no document contains. */
const NOT_PUBLISHED: ReadonlySet<string> = new Set([
  'account_id',
  'whatsapp_id',
  'direction',
  'ts_claimed',
  'ts_server',
  'starred_at'
])

/** A column that is added to messages is published unless it is named above. */
const MESSAGE_COLUMNS = MESSAGE_COLUMN_NAMES.filter(column => !NOT_PUBLISHED.has(column))

const THREAD_COLUMNS = [
  'thread_id',
  'client_jid',
  'kind',
  'display_name',
  'last_message_at',
  'last_message_text',
  'last_message_direction',
  'unread_count',
  'marked_unread',
  'archived',
  'pinned_at',
  'muted_until',
  'ephemeral_seconds',
  'cleared_at',
  'deleted_at',
  'labels',
  'created_at'
]

const ACCOUNT_COLUMNS = [
  'name',
  'wanted',
  'jid',
  'lid',
  'lid_migrated',
  'ended',
  'last_disconnect',
  'restriction',
  'suspension',
  'linked_at'
]

/** The thread's document, if there is a thread with this id. */
const threadDocument = (id: string): AffectedDocument => ({
  path: threadPath(id),
  onlyIf: `EXISTS (SELECT 1 FROM threads WHERE thread_id = ${id})`
})

/** The document of the thread with a person. */
const personsThread = (row: string, personColumn: string): AffectedDocument =>
  threadDocument(`${row}.account_id || '__' || ${row}.${personColumn}`)

const messageOfReceipt = (row: string): AffectedDocument => ({
  path: pathIn.messages(row),
  onlyIf: `EXISTS (SELECT 1 FROM messages WHERE thread_id = ${row}.thread_id AND message_id = ${row}.message_id)`
})

const messagesWhere = (where: string): ReferringDocuments => ({
  from: 'messages m',
  where,
  path: pathIn.messages('m')
})

export const TRACKED_TABLES: ReadonlyArray<TrackedTable> = [
  {
    table: 'messages',
    columns: MESSAGE_COLUMNS,
    documents: row => [{ path: pathIn.messages(row) }],
    timeColumn: 'ts_client',
    // They point to it while it is held.
    referring: row => [
      messagesWhere(
        `m.quoted_message_id = ${row}.message_id AND COALESCE(m.quoted_thread_id, m.thread_id) = ${row}.thread_id`
      ),
      messagesWhere(`m.parent_message_id = ${row}.message_id AND m.thread_id = ${row}.thread_id`)
    ],
    keyColumns: ['thread_id', 'message_id']
  },
  { table: 'receipts', documents: row => [messageOfReceipt(row)] },
  {
    table: 'threads',
    columns: THREAD_COLUMNS,
    documents: row => [{ path: pathIn.threads(row) }],
    // Answers in other threads name the thread of what they answer.
    referring: row => [messagesWhere(`m.quoted_thread_id = ${row}.thread_id`)],
    keyColumns: ['thread_id']
  },
  {
    table: 'coverage',
    columns: ['beginning', 'kept_since', 'refusal', 'refusal_code', 'refused_at'],
    documents: row => [threadDocument(`${row}.thread_id`)]
  },
  { table: 'gaps', documents: row => [threadDocument(`${row}.thread_id`)] },
  { table: 'past_participants', documents: row => [threadDocument(`${row}.thread_id`)] },
  { table: 'addresses', documents: row => [personsThread(row, 'person')] },
  {
    table: 'contacts',
    documents: row => [{ path: pathIn.contacts(row) }, personsThread(row, 'contact_jid')]
  },
  { table: 'accounts', columns: ACCOUNT_COLUMNS, documents: row => [{ path: pathIn.accounts(row) }] },
  { table: 'labels', documents: row => [{ path: pathIn.accounts(row) }] },
  { table: 'outbox', documents: row => [{ path: pathIn.outbox(row) }] },
  { table: 'incidents', documents: row => [{ path: pathIn.incidents(row) }] }
]

/** The tables whose every row is a document, with the lane for publishing all of them; messages are read by thread. */
export const DOCUMENT_TABLES = [
  { table: 'accounts', lane: LIVE_LANE },
  { table: 'threads', lane: LIVE_LANE },
  { table: 'contacts', lane: HISTORY_LANE },
  { table: 'outbox', lane: LIVE_LANE },
  { table: 'incidents', lane: HISTORY_LANE }
] as const
