// A stored message sent on to another chat, with its mark. A file that WhatsApp still has is not uploaded again.
import { Effect, Schema } from 'effect'
import type { Message } from '../../../domain/message.ts'
import { MediaType } from '../../../domain/outbox.ts'
import { MessageStore } from '../../conversations/message-store.ts'
import { type ForwardedCopy, forwardedCopy, forwardedMessage } from '../../whatsapp/convert/forwarding.ts'
import { Attachments } from '../attachments.ts'
import { refuse } from '../errors.ts'
import { MessageId } from '../fields.ts'
import { MessageFiles } from '../message-files.ts'
import { findSentTarget } from '../targets.ts'
import { defineKind, newMessage, type Place } from './kind.ts'
import { composeFile } from './media.ts'

const FIELD = 'forward.messageId'

const Request = Schema.Struct({
  /** The thread with the message, of the same account. */
  threadId: Schema.String.check(Schema.isMaxLength(256)),
  messageId: MessageId
})

const Stored = Schema.Struct({
  kind: Schema.Literal('forward'),
  /** The type of its document. */
  type: Schema.String,
  /** The `Message` protobuf without its context; base64. */
  message: Schema.String,
  /** How often it has been forwarded then; missing when the account forwards its own words. */
  forwardingScore: Schema.optionalKey(Schema.Finite)
})

/** What phones forward. */
const FORWARDED: ReadonlySet<string> = new Set([
  'text',
  'image',
  'video',
  'audio',
  'voice',
  'document',
  'sticker',
  'contact',
  'location',
  'poll'
])

const checkForwardable = ({ location, type, viewOnce }: Message) => {
  if (!FORWARDED.has(type)) return refuse(FIELD, `WhatsApp does not forward messages of type ${type}`)
  if (viewOnce) return refuse(FIELD, 'What is viewed once is not forwarded')
  return location?.live === true ? refuse(FIELD, 'WhatsApp does not forward live locations') : Effect.void
}

const scored = ({ forwardingScore }: ForwardedCopy) =>
  forwardingScore === undefined ? {} : { forwardingScore }

const isMediaType = Schema.is(MediaType)

/** The content with the file uploaded anew; fails with the reason why that cannot be. */
const withOwnCopy = Effect.fnUntraced(function* (message: Message, copy: ForwardedCopy) {
  const files = yield* MessageFiles
  const attachments = yield* Attachments
  const { body, media, type } = message
  if (!isMediaType(type) || media === null) return yield* refuse(FIELD, 'The message has no file')
  const attachment = yield* files.read(message).pipe(
    Effect.flatMap(content => attachments.take(content)),
    Effect.catchTags({
      FileNotHeld: ({ reason }) => refuse(FIELD, reason),
      AttachmentRefused: ({ message: reason }) => refuse(FIELD, reason)
    })
  )
  const content = yield* composeFile(FIELD, attachment, {
    type,
    mimeType: media.mimeType ?? undefined,
    fileName: media.fileName ?? undefined,
    caption: body === null || body === '' ? undefined : body
  })
  return { ...content, ...scored(copy) }
})

const compose = Effect.fnUntraced(function* (
  { messageId, threadId }: typeof Request.Type,
  { account, sendsLater }: Place
) {
  const messages = yield* MessageStore
  const files = yield* MessageFiles
  const { message } = yield* findSentTarget(threadId, FIELD, messageId)
  if (message.accountId !== account.accountId) return yield* refuse(FIELD, 'This account has no such message')
  yield* checkForwardable(message)
  const encoded = yield* messages.protobuf(message.threadId, messageId)
  const copy = encoded && forwardedCopy(encoded, message)
  if (copy === undefined) return yield* refuse(FIELD, 'Nothing of this message can be forwarded')
  const again = {
    kind: 'forward' as const,
    type: message.type,
    message: Buffer.from(copy.message).toString('base64'),
    ...scored(copy)
  }
  if (message.media === null) return again
  const isOnServer = message.media.download === null ? false : yield* files.isOnServer(message)
  // WhatsApp may have removed the file by the time that a scheduled message is sent.
  if (isOnServer === true && !sendsLater) return again
  const uploaded = withOwnCopy(message, copy)
  return yield* isOnServer === false ? uploaded : Effect.orElseSucceed(uploaded, () => again)
})

export const forward = defineKind(Stored, {
  ...newMessage,
  canReply: false,
  canMention: false,
  request: Request,
  compose,
  wire: ({ message }, { accompanying }) => ({
    as: 'message',
    message: forwardedMessage(Buffer.from(message, 'base64'), accompanying)
  }),
  stanza: ({ type }) => (type === 'poll' ? { meta: { polltype: 'creation' } } : {}),
  redact: ({ type }) => ({ kind: 'forward', type, message: '' })
})
