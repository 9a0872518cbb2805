// The content of a message in the JSON form of its protobuf, as programs on Baileys write it: bytes in base64, long numbers as text.
import { proto } from '@whiskeysockets/baileys/WAProto/index.js'
import { decodedUnlessDamaged } from './protobuf.ts'

export type MessageJson = Readonly<Record<string, unknown>>

/** `undefined` when it is damaged. */
export const messageJson = (raw: Uint8Array): MessageJson | undefined =>
  decodedUnlessDamaged(() => proto.Message.decode(raw).toJSON())
