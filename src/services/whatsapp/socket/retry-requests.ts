// Requests of recipients to send them a message again. Baileys opens a new session with whoever asks, and asks WhatsApp for their keys
// first, before it looks for the message: anybody could have it do so by naming messages that were never sent.
import type { BinaryNode, WASocket } from '@whiskeysockets/baileys'
import type { Self } from '../convert/message.ts'
import { chatJid } from '../../../domain/jid.ts'
import type { StanzaKind } from './stanza-gate.ts'

export const isRetryRequest = (kind: StanzaKind, { attrs }: BinaryNode): boolean =>
  kind === 'CB:receipt' && attrs['type'] === 'retry'

/** Answers whether the message that a request names was sent: by the owner's own devices, it may be one beside all chats. */
export const answersRetries = (options: {
  readonly socket: WASocket
  readonly self: () => Self
  /** The stored protobuf of a sent message. */
  readonly readSent: (whatsAppId: string) => Promise<Uint8Array | undefined>
}): ((stanza: BinaryNode) => Promise<boolean>) => {
  const { readSent, self, socket } = options
  return async ({ attrs }) => {
    const { from = '', id = '', participant } = attrs
    const { jid, lid } = self()
    const asking = chatJid(participant ?? from)
    if (asking === jid || (lid !== undefined && asking === lid)) return true
    if (socket.messageRetryManager?.getRecentMessage(from, id) !== undefined) return true
    return (await readSent(id)) !== undefined
  }
}
