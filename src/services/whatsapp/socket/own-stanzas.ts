// Stanzas that this server acknowledges itself. Baileys refuses some of them (NACK): WhatsApp then keeps a status, and holds
// everything else back behind it. Others it does not know, and leaves them unacknowledged: WhatsApp closes the stream after a while.
import {
  type AuthenticationCreds,
  type BinaryNode,
  decodeMessageNode,
  getBinaryNodeChild,
  getBinaryNodeChildren,
  type WASocket
} from '@whiskeysockets/baileys'
import { STATUS_JID } from '../../../domain/jid.ts'
import { isBotAnswer } from '../convert/bot-answer.ts'
import { isOfChannel } from '../convert/channel.ts'
import type { Self } from '../convert/message.ts'
import { isForPhoneOnly } from '../convert/without-content.ts'
import { isKnownNotification, isKnownStanza } from '../kinds/stanzas.ts'
import type { StanzaKind } from './stanza-gate.ts'

/** What Signal decrypts; Baileys cannot decrypt anything else in an `enc` node. */
const DECRYPTABLE = new Set(['msg', 'pkmsg', 'skmsg'])
export const isDecryptable = ({ attrs, content }: BinaryNode): boolean =>
  DECRYPTABLE.has(attrs['type'] ?? '') && content instanceof Uint8Array

export const isOfStatus = ({ attrs, tag }: BinaryNode): boolean =>
  tag === 'status' || (tag === 'message' && attrs['from'] === STATUS_JID)

/** Whether Baileys can tell whose a message is; it refuses others. */
export const isPlaced = (stanza: BinaryNode, { jid, lid }: Self): boolean => {
  try {
    decodeMessageNode({ ...stanza, content: [] }, jid, lid ?? '')
    return true
  } catch {
    return false
  }
}

/** Whether a message cannot be decrypted in any way: asking its sender again would not help. */
export const isSealedUnknown = (stanza: BinaryNode): boolean => {
  const encrypted = getBinaryNodeChildren(stanza, 'enc')
  if (encrypted.length === 0) return getBinaryNodeChild(stanza, 'plaintext') !== undefined
  return !encrypted.some(isDecryptable)
}

/** Whether this server handles a message, and Baileys is not to see it. */
export const isOwnMessage = (stanza: BinaryNode, self: Self): boolean =>
  isOfStatus(stanza) ||
  isOfChannel(stanza) ||
  isSealedUnknown(stanza) ||
  isForPhoneOnly(stanza) ||
  !isPlaced(stanza, self)

/** The name of what this version does not understand about a stanza. */
export const unknownKindOf = (kind: StanzaKind, stanza: BinaryNode, self: Self): string | undefined => {
  const { from = '', type = '' } = stanza.attrs
  if (kind === 'CB:notification') return isKnownNotification(type) ? undefined : `notification:${type}`
  if (kind !== 'CB:message' || isOfStatus(stanza) || isOfChannel(stanza)) return undefined
  if (isBotAnswer(stanza)) return undefined
  if (!isPlaced(stanza, self)) return `address:${from.slice(from.lastIndexOf('@') + 1)}`
  if (!isSealedUnknown(stanza)) return undefined
  const [encrypted] = getBinaryNodeChildren(stanza, 'enc')
  return encrypted === undefined ? 'enc:plaintext' : `enc:${encrypted.attrs['type'] ?? ''}`
}

const acknowledgement = ({ attrs, tag }: BinaryNode, ownDevice: string | undefined): BinaryNode => {
  const { from = '', id = '', participant, recipient, type } = attrs
  return {
    tag: 'ack',
    attrs: {
      id,
      to: from,
      class: tag,
      ...(participant === undefined ? {} : { participant }),
      ...(recipient === undefined ? {} : { recipient }),
      ...(type === undefined ? {} : { type }),
      ...(tag === 'message' && ownDevice !== undefined ? { from: ownDevice } : {})
    }
  }
}

/** Acknowledges stanzas, without a refusal. What could not be sent is delivered again. */
export const acknowledger =
  (socket: WASocket, creds: AuthenticationCreds) =>
  (stanza: BinaryNode): void => {
    const { from, id } = stanza.attrs
    if (!from || !id) return
    socket.sendNode(acknowledgement(stanza, creds.me?.id)).catch(() => undefined)
  }

/** A frame of Baileys' socket that is not part of the handshake. */
export const isStanza = (frame: unknown): frame is BinaryNode =>
  typeof frame === 'object' && frame !== null && 'tag' in frame && 'attrs' in frame

/** Calls `take` with each status, and with each stanza whose tag this version does not know. */
export const onUnhandled = (socket: WASocket, take: (stanza: BinaryNode) => void): void => {
  socket.ws.on('frame', (frame: unknown) => {
    if (!isStanza(frame) || !frame.attrs['id'] || !frame.attrs['from']) return
    if (frame.tag === 'status' || !isKnownStanza(frame.tag)) take(frame)
  })
}
