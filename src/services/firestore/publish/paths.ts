// Where each document is. Ids are ours or checked before they are stored: none has a slash, and none begins with a time.
import { Effect } from 'effect'
import type { SqlClient } from 'effect/sql'

export type Place =
  | { readonly collection: 'accounts' | 'threads' | 'contacts' | 'outbox' | 'incidents'; readonly id: string }
  | { readonly collection: 'messages'; readonly threadId: string; readonly messageId: string }

/** The SQL expression for the path of a thread whose id an expression gives. */
export const threadPath = (id: string): string => `'threads/' || ${id}`

/** The SQL expression for the path of the document that a row shows, by the row's table. */
export const pathIn = {
  accounts: (row: string) => `'accounts/' || ${row}.account_id`,
  threads: (row: string) => threadPath(`${row}.thread_id`),
  messages: (row: string) => `${threadPath(`${row}.thread_id`)} || '/messages/' || ${row}.message_id`,
  contacts: (row: string) => `'contacts/' || ${row}.account_id || '__' || ${row}.contact_jid`,
  outbox: (row: string) => `'outbox/' || COALESCE(${row}.document_id, ${row}.whatsapp_id)`,
  incidents: (row: string) => `'incidents/' || ${row}.incident_id`
}

/** Every document that was ever noted, page by page in the order of their paths. */
export const eachPageOfPaths = Effect.fnUntraced(function* <E, R>(
  sql: SqlClient.SqlClient,
  size: number,
  work: (paths: ReadonlyArray<string>) => Effect.Effect<unknown, E, R>
) {
  let after = ''
  while (true) {
    const rows = yield* sql<{ path: string }>`SELECT path FROM firestore_documents WHERE path > ${after}
      ORDER BY path LIMIT ${size}`
    const last = rows.at(-1)
    if (last === undefined) return
    yield* work(rows.map(({ path }) => path))
    after = last.path
  }
})

const COLLECTIONS = ['accounts', 'threads', 'contacts', 'outbox', 'incidents'] as const

/** `undefined` for a path that this version does not know. */
export const placeOf = (path: string): Place | undefined => {
  const [first, id = '', second, messageId = ''] = path.split('/')
  if (second === 'messages') return { collection: 'messages', threadId: id, messageId }
  const collection = COLLECTIONS.find(name => name === first)
  if (collection === undefined)
    throw new TypeError('A document is noted at a place that this version does not know')
  return { collection, id }
}
