// The path of each document. Ids are made here or checked before they are stored: none contains a slash.

export type Place =
  | { readonly collection: 'accounts' | 'threads' | 'contacts' | 'outbox' | 'incidents'; readonly id: string }
  | { readonly collection: 'messages'; readonly threadId: string; readonly messageId: string }

/** The SQL expression for the path of a thread, by the expression for its id. */
export const threadPath = (id: string): string => `'threads/' || ${id}`

/** The SQL expression for the path of the document that a row belongs to, by the row's table. */
export const pathIn = {
  accounts: (row: string) => `'accounts/' || ${row}.account_id`,
  threads: (row: string) => threadPath(`${row}.thread_id`),
  messages: (row: string) => `${threadPath(`${row}.thread_id`)} || '/messages/' || ${row}.message_id`,
  contacts: (row: string) => `'contacts/' || ${row}.account_id || '__' || ${row}.contact_jid`,
  outbox: (row: string) => `'outbox/' || COALESCE(${row}.document_id, ${row}.whatsapp_id)`,
  incidents: (row: string) => `'incidents/' || ${row}.incident_id`
}

export const messagePath = (threadId: string, messageId: string): string =>
  `threads/${threadId}/messages/${messageId}`

const COLLECTIONS = ['accounts', 'threads', 'contacts', 'outbox', 'incidents'] as const

/** The place a path names; `undefined` for a path of another version's, such as a newer one that ran on this folder. */
export const placeOf = (path: string): Place | undefined => {
  const [first, id = '', second, messageId = ''] = path.split('/')
  if (second === 'messages') return { collection: 'messages', threadId: id, messageId }
  const collection = COLLECTIONS.find(name => name === first)
  return collection === undefined ? undefined : { collection, id }
}
