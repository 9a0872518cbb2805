// The stored message that a request refers to: one it answers, or one it changes.
import { Effect } from 'effect'
import type { Target } from '../../domain/outbox.ts'
import { MessageStore } from '../conversations/message-store.ts'
import { refuse } from './errors.ts'

/** A message of the thread that is not deleted; `field` is the one that names it. */
export const findTarget = Effect.fnUntraced(function* (threadId: string, field: string, messageId: string) {
  const messages = yield* MessageStore
  const message = yield* messages.read(threadId, messageId)
  if (message === undefined) return yield* refuse(field, 'This thread has no such message')
  if (message.type === 'revoked') return yield* refuse(field, 'This message was deleted')
  const target: Target = { messageId, whatsAppId: message.whatsAppId, sender: message.sender }
  return { message, target }
})

/** A message that others have received: one that is not sent yet, or was never sent, cannot be changed for them. */
export const findSentTarget = Effect.fnUntraced(function* (
  threadId: string,
  field: string,
  messageId: string
) {
  const found = yield* findTarget(threadId, field, messageId)
  const { status } = found.message
  if (status === 'queued') {
    return yield* refuse(field, 'This message is not sent yet: cancel it with DELETE …/outbox/{entryId}')
  }
  if (status === 'cancelled' || status === 'failed') {
    return yield* refuse(field, `This message was never sent (${status})`)
  }
  return found
})
