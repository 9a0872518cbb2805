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
import type { RecordStanza, StanzaKind } from './stanza-gate.ts'

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

const linkCiphertexts = (stanza: BinaryNode, pending: PendingDecryptions): void => {
  for (const { content } of getBinaryNodeChildren(stanza, 'enc'))
    if (content instanceof Uint8Array) pending.link(content, stanza)
}

/**
 * A peer message is decrypted here. Baileys gets those that could be: it confirms the others to the phone, which then never sends
 * them again.
 */
const recordPeer = async (
  stanza: BinaryNode,
  { decryptPeer, onUnreadPeer, pending, self, writer }: StanzaRecordingOptions
): Promise<void> => {
  linkCiphertexts(stanza, pending)
  const encrypted = getBinaryNodeChildren(stanza, 'enc')
  if (encrypted.some(isDecryptable) && isPlaced(stanza, self())) {
    pending.expect(stanza)
    if (!(await decryptPeer(stanza))) onUnreadPeer(stanza)
    return
  }
  const reason = encrypted.length > 0 ? 'It is encrypted in a way this server does not know' : WITHOUT_CONTENT
  writer.undecryptable(stanza, reason, [JSON.stringify(stanza.attrs)])
  onUnreadPeer(stanza)
}

/** Why a message that is not a peer's is not going to be decrypted; `undefined` when it is. */
const undecryptableBecause = (stanza: BinaryNode, self: Self): string | undefined => {
  const encrypted = getBinaryNodeChildren(stanza, 'enc')
  if (encrypted.some(isDecryptable) && isPlaced(stanza, self)) return undefined
  if (encrypted.length > 0) return 'It is encrypted in a way this server does not know'
  if (getBinaryNodeChild(stanza, 'plaintext') !== undefined) return 'It came without encryption'
  return isForPhoneOnly(stanza) ? ONLY_ON_PHONE : WITHOUT_CONTENT
}

const recordMessage = (stanza: BinaryNode, options: StanzaRecordingOptions): Promise<void> | undefined => {
  const { keepsStatuses, pending, writer } = options
  const self = options.self()
  if (isOfStatus(stanza) && !keepsStatuses) return undefined
  if (isPeer(stanza.attrs, self)) return recordPeer(stanza, options)
  if (isOfChannel(stanza)) writer.channel(stanza)
  else if (isBotAnswer(stanza)) writer.stanza('botAnswer', stanza)
  else {
    linkCiphertexts(stanza, pending)
    const reason = undecryptableBecause(stanza, self)
    if (reason === undefined) pending.expect(stanza)
    else writer.undecryptable(stanza, reason, [JSON.stringify(stanza.attrs)])
  }
  return undefined
}

const recordOther = (
  kind: Exclude<StanzaKind, 'CB:message'>,
  stanza: BinaryNode,
  { keepsViews, writer }: StanzaRecordingOptions
): void => {
  switch (kind) {
    case 'CB:receipt':
      // A retry request is between Baileys and the recipient.
      if (isRetryRequest(kind, stanza) || (isStatusJid(stanza.attrs['from'] ?? '') && !keepsViews)) return
      return writer.receipt(stanza)
    case 'CB:notification':
      if (isOfChannel(stanza)) return writer.channel(stanza)
      if (isJournaledNotification(stanza)) writer.stanza('notification', stanza)
      return
    case 'CB:call':
      if (isJournaledCall(stanza)) writer.stanza('call', stanza)
  }
}

export const makeStanzaRecording =
  (options: StanzaRecordingOptions): RecordStanza =>
  (kind, stanza) => {
    if (kind === 'CB:message') return recordMessage(stanza, options)
    recordOther(kind, stanza, options)
    return undefined
  }
