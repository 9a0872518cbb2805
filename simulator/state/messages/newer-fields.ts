// Fields of messages that are newer than Baileys' generated classes: they follow the fields that the classes encode, wherever the
// message is encoded (alone, in a copy for another device, in a history chunk).
import { proto } from '@whiskeysockets/baileys'

export interface NewerField {
  /** Its number in `Message`. */
  readonly field: number
  readonly value: Uint8Array
}

const LENGTH_DELIMITED = 2

const newerFields = new WeakMap<proto.IMessage, readonly NewerField[]>()

const encodeKnown = proto.Message.encode.bind(proto.Message)
// The generated classes call this function for messages within messages, too.
proto.Message.encode = (message, writer) => {
  const encoded = encodeKnown(message, writer)
  for (const { field, value } of newerFields.get(message) ?? [])
    encoded.uint32(((field << 3) | LENGTH_DELIMITED) >>> 0).bytes(value)
  return encoded
}

/** The message with these fields. It is a new object, and copies of it do not have them. */
export const withNewerFields = (message: proto.IMessage, fields: readonly NewerField[]): proto.IMessage => {
  const extended = { ...message }
  newerFields.set(extended, fields)
  return extended
}
