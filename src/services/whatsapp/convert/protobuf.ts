// Encodes decoded messages: the only step of a conversion that a hostile message can make fail.
import { proto } from '@whiskeysockets/baileys'

/** The `Message` protobuf, or `null`: encoding needs a deeper stack than decoding, which a message nested deep enough exhausts. */
export const encodedMessage = (message: proto.IMessage): Uint8Array | null => {
  try {
    return proto.Message.encode(message).finish()
  } catch {
    return null
  }
}
