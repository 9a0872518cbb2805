// Which stanzas are written down before Baileys handles them, because no decryption will do it.
import { type BinaryNode, getBinaryNodeChildren } from '@whiskeysockets/baileys'
import { ONLY_ON_PHONE } from '../../../domain/message.ts'
import { isBotAnswer } from '../convert/bot-answer.ts'
import { isJournaledCall, isJournaledNotification } from '../convert/journaled.ts'
import type { JournalWriter } from './journal-writer.ts'
import type { PendingDecryptions } from './pending-decryptions.ts'
import type { RecordStanza } from './stanza-gate.ts'

/** What is never shared with linked devices: view-once messages, and those of bots and hosted businesses. */
const PHONE_ONLY = new Set([
  'view_once_unavailable_fanout',
  'bot_unavailable_fanout',
  'hosted_unavailable_fanout'
])

/** What Signal decrypts; Baileys cannot decrypt anything else in an `enc` node. */
const DECRYPTABLE = new Set(['msg', 'pkmsg', 'skmsg'])

const isDecryptable = ({ attrs, content }: BinaryNode): boolean =>
  DECRYPTABLE.has(attrs['type'] ?? '') && content instanceof Uint8Array

/** A retry request of a recipient is between Baileys and the recipient. */
const isRetryRequest = (stanza: BinaryNode): boolean => stanza.attrs['type'] === 'retry'

const recordMessage = (
  stanza: BinaryNode,
  writer: JournalWriter,
  pending: PendingDecryptions
): Promise<void> | undefined => {
  if (isBotAnswer(stanza)) return writer.stanza('botAnswer', stanza)
  const encrypted = getBinaryNodeChildren(stanza, 'enc')
  for (const { content } of encrypted) if (content instanceof Uint8Array) pending.link(content, stanza)
  if (encrypted.some(isDecryptable)) {
    pending.expect(stanza)
    return undefined
  }
  if (stanza.attrs['category'] === 'peer') return undefined
  const identity = [JSON.stringify(stanza.attrs)]
  if (encrypted.length > 0)
    return writer.undecryptable(stanza, 'It is encrypted in a way this server does not know', identity)
  const [unavailable] = getBinaryNodeChildren(stanza, 'unavailable')
  if (unavailable === undefined) return undefined
  const reason = PHONE_ONLY.has(unavailable.attrs['type'] ?? '')
    ? ONLY_ON_PHONE
    : 'WhatsApp delivered it without content; the phone has it'
  return writer.undecryptable(stanza, reason, identity)
}

export const makeStanzaRecording =
  (writer: JournalWriter, pending: PendingDecryptions): RecordStanza =>
  (kind, stanza) => {
    switch (kind) {
      case 'CB:message':
        return recordMessage(stanza, writer, pending)
      case 'CB:receipt':
        return isRetryRequest(stanza) ? undefined : writer.receipt(stanza)
      case 'CB:notification':
        return isJournaledNotification(stanza) ? writer.stanza('notification', stanza) : undefined
      case 'CB:call':
        return isJournaledCall(stanza) ? writer.stanza('call', stanza) : undefined
    }
  }
