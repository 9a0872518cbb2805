// Encodes and decodes where a hostile message can make it fail.
import { proto } from '@whiskeysockets/baileys/WAProto/index.js'

/** The `Message` protobuf, or `null`: encoding needs a deeper stack than decoding, which a message nested deep enough exhausts. */
export const encodedMessage = (message: proto.IMessage): Uint8Array | null => {
  try {
    return proto.Message.encode(message).finish()
  } catch {
    return null
  }
}

/** Decodes what the sender wrote within a message that could be decoded: it may be damaged alone. */
export const decodedUnlessDamaged = <Message>(decode: () => Message): Message | undefined => {
  try {
    return decode()
  } catch {
    return undefined
  }
}
