// From what an application wants sent to WhatsApp's protobuf, once, when the entry is accepted: every attempt then
// sends the same bytes under the same id.
import { proto } from '@whiskeysockets/baileys'
import type { OutboxContent } from '../../../domain/outbox.ts'

export const encodeOutgoing = (content: OutboxContent): Uint8Array =>
  proto.Message.encode({ extendedTextMessage: { text: content.text } }).finish()
