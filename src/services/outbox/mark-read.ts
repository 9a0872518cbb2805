// Marks a thread as read: here at once, and for the writers by read receipts.
import { Effect } from 'effect'
import { SqlClient } from 'effect/sql'
import { ownAddresses } from '../../domain/account.ts'
import { isChannelJid } from '../../domain/jid.ts'
import type { Thread } from '../../domain/thread.ts'
import { AccountStore } from '../conversations/account-store.ts'
import { ThreadStore } from '../conversations/thread-store.ts'
import { asDatabaseError } from '../database/error.ts'
import { currentTrace } from '../telemetry/tracing.ts'
import { addEntries } from './accept.ts'

/** Receipts sent at once. With more unread messages, the newest get theirs. */
const MOST_RECEIPTS = 500

export const markRead = Effect.fn('Outbox.markRead')(function* ({
  accountId,
  clientJid,
  threadId
}: Pick<Thread, 'accountId' | 'clientJid' | 'threadId'>) {
  const sql = yield* SqlClient.SqlClient
  const accounts = yield* AccountStore
  const threads = yield* ThreadStore
  const targets = yield* threads.unread(threadId, MOST_RECEIPTS)
  const markHere = threads.markRead(accountId, threadId, 'everything')
  // Nobody is told who reads a channel.
  if (targets.length === 0 || isChannelJid(clientJid)) return yield* markHere
  const content = { kind: 'read' as const, targets }
  const request = { accountId, toJid: clientJid, content, fingerprint: '' }
  const trace = yield* currentTrace
  yield* sql.withTransaction(
    Effect.gen(function* () {
      const account = yield* accounts.read(accountId)
      // It was removed since somebody looked.
      if (account === undefined) return
      yield* addEntries([{ request, self: ownAddresses(account), trace }])
      yield* markHere
    })
  )
}, asDatabaseError('marking a thread as read'))
