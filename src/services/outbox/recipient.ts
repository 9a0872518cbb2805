// Where a request goes: the address, and the thread it belongs to.
import { Effect } from 'effect'
import { threadIdOf } from '../../domain/ids.ts'
import { recipientJid } from '../../domain/jid.ts'
import { ThreadStore } from '../conversations/thread-store.ts'
import { refuse } from './errors.ts'
import type { SendRequest } from './request.ts'

/** The address and the id of its thread, which may have yet to be stored. */
export const findRecipient = Effect.fnUntraced(function* (
  accountId: string,
  { threadId, to }: Pick<SendRequest, 'to' | 'threadId'>
) {
  const threads = yield* ThreadStore
  if ((to === undefined) === (threadId === undefined)) {
    return yield* refuse('to', 'Expected either to or threadId')
  }
  if (threadId !== undefined) {
    const thread = yield* threads.read(threadId)
    if (thread?.accountId !== accountId) return yield* refuse('threadId', 'This account has no such thread')
    // People of other messengers, bots and lists can be read here and not be written to.
    return recipientJid(thread.clientJid) === undefined
      ? yield* refuse('threadId', 'Nothing can be sent to this thread')
      : { toJid: thread.clientJid, threadId: thread.threadId }
  }
  const toJid = recipientJid(to ?? '')
  if (toJid === undefined) {
    return yield* refuse('to', 'Expected a phone number with country code, or the jid of a person or group')
  }
  const thread = yield* threads.ofAddress(accountId, toJid)
  return { toJid, threadId: thread?.threadId ?? threadIdOf(accountId, toJid) }
})
