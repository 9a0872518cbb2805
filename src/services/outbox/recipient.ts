// Where a request goes: the address, and the thread it belongs to.
import { Effect } from 'effect'
import { threadIdOf } from '../../domain/ids.ts'
import { isStatusJid, recipientJid, STATUS_JID } from '../../domain/jid.ts'
import { Identity } from '../conversations/identity.ts'
import { ThreadStore } from '../conversations/thread-store.ts'
import { refuse } from './errors.ts'
import type { OutboxOptions } from './options.ts'
import type { SendRequest } from './request.ts'

const statuses = (accountId: string, field: string, postStatuses: boolean) =>
  postStatuses
    ? Effect.succeed({ toJid: STATUS_JID, threadId: threadIdOf(accountId, STATUS_JID) })
    : refuse(field, 'Statuses are not posted by this server (setting WHATSAPP_POST_STATUSES)')

/** The address and the id of its thread, which may have yet to be stored. */
export const findRecipient = Effect.fnUntraced(function* (
  accountId: string,
  { threadId, to }: Pick<SendRequest, 'to' | 'threadId'>,
  { postStatuses }: OutboxOptions
) {
  const threads = yield* ThreadStore
  if ((to === undefined) === (threadId === undefined)) {
    return yield* refuse('to', 'Expected either to or threadId')
  }
  if (threadId !== undefined) {
    const thread = yield* threads.read(threadId)
    if (thread?.accountId !== accountId) return yield* refuse('threadId', 'This account has no such thread')
    if (isStatusJid(thread.clientJid)) return yield* statuses(accountId, 'threadId', postStatuses)
    // People of other messengers, bots and lists can be read here and not be written to.
    return recipientJid(thread.clientJid) === undefined
      ? yield* refuse('threadId', 'Nothing can be sent to this thread')
      : { toJid: thread.clientJid, threadId: thread.threadId }
  }
  if (to === STATUS_JID) return yield* statuses(accountId, 'to', postStatuses)
  const toJid = recipientJid(to ?? '')
  if (toJid === undefined) {
    return yield* refuse('to', 'Expected a phone number with country code, or the jid of a person or group')
  }
  const identity = yield* Identity
  const person = yield* identity.find(accountId, toJid)
  return { toJid, threadId: threadIdOf(accountId, person ?? toJid) }
})
