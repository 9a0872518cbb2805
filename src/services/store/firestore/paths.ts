// Where each document is. Ids are ours or checked before they are stored: none has a slash, and none begins with a time.

export type Place =
  | { readonly collection: 'accounts' | 'threads' | 'contacts' | 'outbox' | 'incidents'; readonly id: string }
  | { readonly collection: 'messages'; readonly threadId: string; readonly messageId: string }

/** The SQL expression for the path of a thread whose id an expression gives. */
export const threadPath = (id: string): string => `'threads/' || ${id}`

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
