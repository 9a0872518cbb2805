// Envelopes around a message proper (disappearing, view once, document with caption, …), layer by layer.
// Baileys' own unwrapping knows about half of them and loses the view-once flag. Where the generated classes know no content,
// the encoded bytes are asked: what is newer than the classes is only there.
import { proto } from '@whiskeysockets/baileys/WAProto/index.js'
import { MAX_ENVELOPES, MESSAGE_ENVELOPES, NEWER_ENVELOPES } from '../../../domain/message-envelopes.ts'
import { bytesField, bytesFieldNumbers } from '../../../domain/protobuf.ts'
import { decodedUnlessDamaged } from './protobuf.ts'
import { messageFieldOf, NEWER_MESSAGE_FIELDS, outcomeOf } from '../kinds/message-fields.ts'

const VIEW_ONCE: ReadonlySet<string> = new Set<keyof proto.IMessage>([
  'viewOnceMessage',
  'viewOnceMessageV2',
  'viewOnceMessageV2Extension'
])

const ENVELOPES: ReadonlySet<string> = new Set(MESSAGE_ENVELOPES.map(({ name }) => name))

/** Hardly any message has one: those that a message has are looked at, not those that there are. */
const envelopeOf = (message: proto.IMessage) =>
  Object.keys(message).some(field => ENVELOPES.has(field))
    ? MESSAGE_ENVELOPES.find(({ name }) => message[name]?.message)
    : undefined

export interface Unwrapped {
  /** Inside all envelopes. */
  readonly message: proto.IMessage
  /** From the outermost to the message proper: context such as a secret may be on any of them. */
  readonly layers: ReadonlyArray<proto.IMessage>
  readonly viewOnce: boolean
  /** The number of the field with the content, when this server does not know that field. */
  readonly unknownField?: number | undefined
  /** The bytes of the message proper, where they are known. */
  readonly encoded?: Uint8Array | undefined
}

/** Of the fields of a decoded message those that say something. */
export const contentFieldsOf = (message: proto.IMessage): ReadonlyArray<string> =>
  Object.keys(message).filter(field => Reflect.get(message, field) != null && outcomeOf(field) !== 'nothing')

type NewerContent =
  | { readonly inner: proto.IMessage; readonly encoded: Uint8Array }
  | { readonly poll: proto.Message.IPollCreationMessage }
  | { readonly unknown: number }

/** A layer that the generated classes know nothing of: what follows from its encoded bytes. */
const newerContent = (encoded: Uint8Array): NewerContent | undefined => {
  for (const { field, inner } of NEWER_ENVELOPES) {
    const envelope = bytesField(encoded, field)
    const wrapped = envelope && bytesField(envelope, inner)
    const message = wrapped && decodedUnlessDamaged(() => proto.Message.decode(wrapped))
    if (wrapped !== undefined && message !== undefined) return { inner: message, encoded: wrapped }
  }
  const asked = bytesField(encoded, NEWER_MESSAGE_FIELDS.pollCreationMessageV6.field)
  const poll = asked && decodedUnlessDamaged(() => proto.Message.PollCreationMessage.decode(asked))
  if (poll !== undefined) return { poll }
  const unknown = bytesFieldNumbers(encoded).find(field => messageFieldOf(field)?.outcome !== 'nothing')
  return unknown === undefined ? undefined : { unknown }
}

/** `encoded` are the bytes of the message as WhatsApp encoded it; without them, newer fields are not seen. */
export const unwrap = (wrapped: proto.IMessage, encoded?: Uint8Array | null): Unwrapped => {
  const layers = [wrapped]
  let message = wrapped
  let bytes = encoded ?? undefined
  let viewOnce = false
  while (layers.length <= MAX_ENVELOPES) {
    const outer = message
    const envelope = envelopeOf(outer)
    const known = envelope === undefined ? undefined : outer[envelope.name]?.message
    if (envelope !== undefined && known) {
      const around: Uint8Array | undefined = bytes && bytesField(bytes, envelope.field)
      bytes = around && bytesField(around, envelope.inner)
      viewOnce ||= VIEW_ONCE.has(envelope.name)
      message = known
    } else {
      if (bytes === undefined || contentFieldsOf(outer).length > 0) break
      const newer = newerContent(bytes)
      if (newer === undefined) break
      if ('unknown' in newer)
        return { message, layers, viewOnce, unknownField: newer.unknown, encoded: bytes }
      if ('poll' in newer)
        return { message: { ...outer, pollCreationMessage: newer.poll }, layers, viewOnce, encoded: bytes }
      bytes = newer.encoded
      message = newer.inner
    }
    layers.push(message)
  }
  return { message, layers, viewOnce, encoded: bytes }
}
