// An example of each resource, for documentation and contracts.
import type { Contact } from './contact.ts'
import type { Incident } from './incident.ts'
import type { Message } from './message.ts'
import { NO_DETAILS } from './message.ts'
import type { OutboxEntry } from './outbox.ts'
import type { Thread } from './thread.ts'

export const ACCOUNT_ID = 'acc-0f1e2d3c4b5a697887'
export const JID = '15550100200@s.whatsapp.net'
export const THREAD_ID = `${ACCOUNT_ID}__${JID}`
export const MESSAGE_ID = '3EB0C431C26A1916E07E_them'
export const AT = 1_796_000_000_000

const message: Message = {
  accountId: ACCOUNT_ID,
  threadId: THREAD_ID,
  messageId: MESSAGE_ID,
  messageKey: `${THREAD_ID}~${MESSAGE_ID}`,
  whatsAppId: '3EB0C431C26A1916E07E',
  direction: 'inbound',
  sender: JID,
  senderName: 'Ada',
  type: 'text',
  body: 'Is the bicycle still for sale?',
  ...NO_DETAILS,
  media: null,
  association: null,
  albumMessageId: null,
  quotedWhatsAppId: null,
  quotedMessageId: null,
  quoted: null,
  reactions: [{ sender: 'me', emoji: '👍', at: AT + 60_000 }],
  edits: [],
  starred: false,
  labels: [],
  deletedForMeAt: null,
  unreadableAddOns: 0,
  status: 'received',
  statusReason: null,
  tsClient: AT,
  tsClaimed: null,
  tsServer: AT + 400
}

const thread: Thread = {
  accountId: ACCOUNT_ID,
  threadId: THREAD_ID,
  clientJid: JID,
  kind: 'direct',
  displayName: 'Ada',
  lastMessageAt: AT,
  lastMessageText: 'Is the bicycle still for sale?',
  lastMessageDirection: 'inbound',
  unreadCount: 1,
  markedUnread: false,
  archived: false,
  pinnedAt: null,
  mutedUntil: null,
  ephemeralSeconds: 0,
  clearedAt: null,
  deletedAt: null,
  labels: [],
  createdAt: AT - 86_400_000
}

const entry: OutboxEntry = {
  accountId: ACCOUNT_ID,
  entryId: '3EB0D1A2B3C4D5E6F7A8B9',
  threadId: THREAD_ID,
  messageId: '3EB0D1A2B3C4D5E6F7A8B9_me',
  kind: 'text',
  status: 'sent',
  attempts: 1,
  reason: null,
  createdAt: AT + 120_000,
  sendAt: null,
  expiresAt: null,
  nextAttemptAt: null
}

const incident: Incident = {
  incidentId: 'inc-5d41402abc4b2a76b971',
  accountId: ACCOUNT_ID,
  kind: 'account.loggedOut',
  severity: 'error',
  threadId: null,
  messageId: null,
  subject: '',
  happened: 'The phone unlinked this device',
  did: 'The account is offline; what is stored stays',
  advice: 'Link the account again',
  firstSeenAt: AT,
  lastSeenAt: AT,
  count: 1,
  acknowledgedAt: null,
  resolvedAt: null
}

const contact: Contact = {
  accountId: ACCOUNT_ID,
  contactJid: JID,
  name: 'Ada (bicycle)',
  pushName: 'Ada',
  phoneNumber: '+15550100200',
  addresses: [JID, '102003004005006@lid']
}

/** By the name of the schema. */
export const EXAMPLES = {
  Message: message,
  Thread: thread,
  OutboxEntry: entry,
  Incident: incident,
  Contact: contact
} as const
