// States of accounts and calls, as other servers call them.
import type { AccountState } from '../../../domain/account.ts'
import { isGroupJid } from '../../../domain/jid.ts'
import type { Call } from '../../../domain/message.ts'
import { chatOf, type EventMessage } from './format.ts'

interface Words {
  /** `ConnectionState.connection` of Baileys, which Evolution API has too. */
  readonly connection: 'open' | 'connecting' | 'close'
  /** `WAHASessionStatus`. */
  readonly session: 'STOPPED' | 'STARTING' | 'SCAN_QR_CODE' | 'WORKING' | 'FAILED'
}

const ONLINE: Words = { connection: 'open', session: 'WORKING' }
const STARTING: Words = { connection: 'connecting', session: 'STARTING' }
const LINKING: Words = { connection: 'connecting', session: 'SCAN_QR_CODE' }
const STOPPED: Words = { connection: 'close', session: 'STOPPED' }
const FAILED: Words = { connection: 'close', session: 'FAILED' }

export const WORDS: Readonly<Record<AccountState, Words>> = {
  stopped: STOPPED,
  pairing: LINKING,
  'pairing.passkey.requested': LINKING,
  'pairing.passkey.submitted': LINKING,
  'pairing.passkey.confirming': LINKING,
  connecting: STARTING,
  open: ONLINE,
  backfilling: ONLINE,
  loggingOut: STOPPED,
  reconnecting: STARTING,
  suspended: STARTING,
  loggedOut: STOPPED,
  replaced: FAILED,
  banned: FAILED,
  locked: FAILED,
  failed: FAILED
}

const CALL_STATUSES: Readonly<Record<Call['outcome'], string>> = {
  ringing: 'offer',
  answered: 'accept',
  declined: 'reject',
  missed: 'timeout'
}

/** A call, as `WACallEvent` of Baileys. */
export const callEventOf = (message: EventMessage, { outcome, video }: Call) => {
  const chat = chatOf(message)
  return {
    chatId: chat,
    from: message.sender ?? chat,
    id: message.whatsAppId,
    date: new Date(message.tsClient).toISOString(),
    offline: false,
    status: CALL_STATUSES[outcome],
    isVideo: video,
    isGroup: isGroupJid(chat)
  }
}
