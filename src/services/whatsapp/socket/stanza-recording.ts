// Which stanzas are written down before Baileys handles them, because no decryption will do it.
import { type BinaryNode, getBinaryNodeChild, getBinaryNodeChildren } from '@whiskeysockets/baileys'
import { isStatusJid } from '../../../domain/jid.ts'
import { ONLY_ON_PHONE } from '../../../domain/message.ts'
import { isBotAnswer } from '../convert/bot-answer.ts'
import { isJournaledCall, isJournaledNotification, isPeer } from '../convert/journaled.ts'
import { isOfChannel } from '../convert/channel.ts'
import type { Self } from '../convert/message.ts'
import { isForPhoneOnly } from '../convert/without-content.ts'
import type { DurableDecryption } from './durable-decryption.ts'
import type { JournalWriter } from './journal-writer.ts'
import { isDecryptable, isOfStatus, isPlaced } from './own-stanzas.ts'
import type { PendingDecryptions } from './pending-decryptions.ts'
import { isRetryRequest } from './retry-requests.ts'
import type { RecordStanza } from './stanza-gate.ts'

export interface StanzaRecordingOptions {
  readonly writer: JournalWriter
  readonly pending: PendingDecryptions
  readonly self: () => Self
  readonly keepsStatuses: boolean
  /** Whether it is told who has seen the account's own statuses. */
  readonly keepsViews: boolean
  readonly decryptPeer: DurableDecryption['decryptPeer']
  /** Called with each peer message that could not be decrypted, once that is written down. */
  readonly onUnreadPeer: (stanza: BinaryNode) => void
}

const WITHOUT_CONTENT = 'WhatsApp delivered it without content; the phone has it'

/**
 * A peer message is decrypted here. Baileys gets those that could be: it confirms the others to the phone, which then never sends
 * them again.
 */
const recordPeer = async (
  stanza: BinaryNode,
  { decryptPeer, onUnreadPeer, pending, self, writer }: StanzaRecordingOptions
): Promise<void> => {
  const encrypted = getBinaryNodeChildren(stanza, 'enc')
  for (const { content } of encrypted) if (content instanceof Uint8Array) pending.link(content, stanza)
  if (encrypted.some(isDecryptable) && isPlaced(stanza, self())) {
    pending.expect(stanza)
    if (!(await decryptPeer(stanza))) onUnreadPeer(stanza)
    return
  }
  const reason = encrypted.length > 0 ? 'It is encrypted in a way this server does not know' : WITHOUT_CONTENT
  await writer.undecryptable(stanza, reason, [JSON.stringify(stanza.attrs)])
  onUnreadPeer(stanza)
}

const recordMessage = (stanza: BinaryNode, options: StanzaRecordingOptions): Promise<void> | undefined => {
  const { keepsStatuses, pending, writer } = options
  const self = options.self()
  if (isOfStatus(stanza) && !keepsStatuses) return undefined
  if (isOfChannel(stanza)) return writer.channel(stanza)
  if (isBotAnswer(stanza)) return writer.stanza('botAnswer', stanza)
  if (isPeer(stanza.attrs, self)) return recordPeer(stanza, options)
  const encrypted = getBinaryNodeChildren(stanza, 'enc')
  for (const { content } of encrypted) if (content instanceof Uint8Array) pending.link(content, stanza)
  if (encrypted.some(isDecryptable) && isPlaced(stanza, self)) {
    pending.expect(stanza)
    return undefined
  }
  const identity = [JSON.stringify(stanza.attrs)]
  if (encrypted.length > 0)
    return writer.undecryptable(stanza, 'It is encrypted in a way this server does not know', identity)
  if (getBinaryNodeChild(stanza, 'plaintext') !== undefined)
    return writer.undecryptable(stanza, 'It came without encryption', identity)
  const reason = isForPhoneOnly(stanza) ? ONLY_ON_PHONE : WITHOUT_CONTENT
  return writer.undecryptable(stanza, reason, identity)
}

export const makeStanzaRecording =
  (options: StanzaRecordingOptions): RecordStanza =>
  (kind, stanza) => {
    const { keepsViews, writer } = options
    switch (kind) {
      case 'CB:message':
        return recordMessage(stanza, options)
      case 'CB:receipt':
        // A retry request is between Baileys and the recipient.
        if (isRetryRequest(kind, stanza) || (isStatusJid(stanza.attrs['from'] ?? '') && !keepsViews))
          return undefined
        return writer.receipt(stanza)
      case 'CB:notification':
        if (isOfChannel(stanza)) return writer.channel(stanza)
        return isJournaledNotification(stanza) ? writer.stanza('notification', stanza) : undefined
      case 'CB:call':
        return isJournaledCall(stanza) ? writer.stanza('call', stanza) : undefined
    }
  }
