// The entries that follow another one, as the pictures of an album do: without it, phones do not show them.
import { Effect } from 'effect'
import { findRow } from './entries.ts'
import type { OutboxRow } from './entry-row.ts'
import { followingMessages } from './kinds/index.ts'

/** Those that still wait. */
export const waitingFollowers = Effect.fnUntraced(function* ({
  accountId,
  content,
  messageId,
  whatsAppId
}: OutboxRow) {
  const following = followingMessages(content, { messageId, whatsAppId, sender: null })
  const rows = yield* Effect.forEach(following, part => findRow(accountId, part.whatsAppId))
  return rows.flatMap(row => (row?.status === 'queued' ? [row] : []))
})
