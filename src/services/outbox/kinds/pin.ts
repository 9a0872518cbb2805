// Pins a message for everyone in its chat, or ends that. Phones show it between the messages.
import { Effect, Schema } from 'effect'
import { Target } from '../../../domain/outbox.ts'
import { PIN_SECONDS, USUALLY_PINNED_SECONDS } from '../../../domain/pin.ts'
import { messageKey, PIN, type WireMessage } from '../../whatsapp/convert/outgoing.ts'
import { MessageId } from '../fields.ts'
import { refuse } from '../errors.ts'
import { findSentTarget } from '../targets.ts'
import { defineKind, newMessage, type Place, type WirePlace } from './kind.ts'

const Request = Schema.Struct({
  messageId: MessageId,
  /** Seconds: 86400, 604800 (the default) or 2592000. */
  seconds: Schema.optionalKey(Schema.Finite)
})

const Stored = Schema.Struct({ kind: Schema.Literal('pin'), target: Target, seconds: Schema.Finite })

const UnpinRequest = Schema.Struct({ messageId: MessageId })

const StoredUnpin = Schema.Struct({ kind: Schema.Literal('unpin'), target: Target })

const findPinnable = Effect.fnUntraced(function* (field: string, messageId: string, { threadId }: Place) {
  const { message, target } = yield* findSentTarget(threadId, field, messageId)
  return message.type === 'system' || message.type === 'call'
    ? yield* refuse(field, 'Only messages can be pinned')
    : target
})

const compose = Effect.fnUntraced(function* (
  { messageId, seconds = USUALLY_PINNED_SECONDS }: typeof Request.Type,
  place: Place
) {
  if (!PIN_SECONDS.some(known => known === seconds)) {
    return yield* refuse('pin.seconds', `Expected one of ${PIN_SECONDS.join(', ')}`)
  }
  return { kind: 'pin' as const, target: yield* findPinnable('pin.messageId', messageId, place), seconds }
})

const composeUnpin = Effect.fnUntraced(function* ({ messageId }: typeof UnpinRequest.Type, place: Place) {
  return { kind: 'unpin' as const, target: yield* findPinnable('unpin.messageId', messageId, place) }
})

const wire = (target: Target, seconds: number, { destination }: WirePlace): WireMessage => ({
  pinInChatMessage: {
    key: messageKey(target, destination),
    type: seconds === 0 ? PIN.unpin : PIN.pin,
    senderTimestampMs: destination.now
  },
  messageContextInfo: { messageAddOnDurationInSecs: seconds }
})

/** Parts of both. Others see a pin as news of the chat: it is a message of its own, which answers nothing. */
const both = { ...newMessage, canReply: false, canMention: false, stanza: () => ({ edit: '2' }) }

export const pin = defineKind(Stored, {
  ...both,
  request: Request,
  compose,
  wire: ({ seconds, target }, place) => ({ as: 'message', message: wire(target, seconds, place) }),
  redact: content => content
})

export const unpin = defineKind(StoredUnpin, {
  ...both,
  request: UnpinRequest,
  compose: composeUnpin,
  wire: ({ target }, place) => ({ as: 'message', message: wire(target, 0, place) }),
  redact: content => content
})
