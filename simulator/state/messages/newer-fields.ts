// Fields of messages that are newer than Baileys' generated classes: they follow the fields that the classes encode, wherever the
// message is encoded (alone, in a copy for another device, in a history chunk).
import { proto } from '@whiskeysockets/baileys'

export interface NewerField {
  /** Its number in `Message`. */
  readonly field: number
  readonly value: Uint8Array
}

const LENGTH_DELIMITED = 2

/** A property that copies of a message have, too, and that the classes do not encode. */
const NEWER_FIELDS = Symbol('fields that are newer than the generated classes')

export interface Extended extends proto.IMessage {
  readonly [NEWER_FIELDS]?: readonly NewerField[]
}

const encodeKnown = proto.Message.encode.bind(proto.Message)
// The generated classes call this function for messages within messages, too.
proto.Message.encode = (message: Extended, writer) => {
  const encoded = encodeKnown(message, writer)
  for (const { field, value } of message[NEWER_FIELDS] ?? [])
    encoded.uint32(((field << 3) | LENGTH_DELIMITED) >>> 0).bytes(value)
  return encoded
}

/** The number of the first such field; nothing when the message has none. */
export const newerFieldOf = (message: Extended): number | undefined => message[NEWER_FIELDS]?.[0]?.field

export const withNewerFields = (message: proto.IMessage, fields: readonly NewerField[]): proto.IMessage => {
  const extended: Extended = { ...message, [NEWER_FIELDS]: fields }
  return extended
}

/** Its value is a message of its own; this one ends in the middle of a field, so that the whole message cannot be decoded. */
const SENDER_KEY_DISTRIBUTION = 2
const CUT_OFF = new Uint8Array([0x0a, 0xff])

export const unreadablePlaintext = (message: proto.IMessage): proto.IMessage =>
  withNewerFields(message, [{ field: SENDER_KEY_DISTRIBUTION, value: CUT_OFF }])
