// Events in the form of Baileys: its own names and arguments of events, in an envelope with the account.
import type { Contact } from '../../../domain/contact.ts'
import { MISSED_TYPE, TEST_TYPE } from '../../../domain/events/server-events.ts'
import type { Thread } from '../../../domain/thread.ts'
import { callEventOf, WORDS } from './account-words.ts'
import {
  changedIn,
  chatOf,
  type EventMessage,
  type Format,
  type FormatPayload,
  type Material,
  messageOf,
  secondsOf,
  threadOf
} from './format.ts'
import {
  contentOf,
  infoOf,
  keyBy,
  keyOf,
  newestReaction,
  pollUpdatesOf,
  REVOKED_STUB,
  statusNumber
} from './wa-message.ts'

const payload = ({ account }: Material, event: string, data: unknown): FormatPayload => ({
  event,
  body: { event, sessionId: account?.accountId ?? null, data }
})

const upsertOf = (message: EventMessage, material: Material) => {
  const status = statusNumber(message)
  return {
    messages: [
      {
        ...infoOf(message, material),
        message: contentOf(message, material),
        ...(message.direction === 'outbound' && status !== undefined ? { status } : {})
      }
    ],
    type: 'notify'
  }
}

/** What has changed of a message, as `messages.update` tells it; `undefined` when Baileys has no words for it. */
const updateOf = (message: EventMessage, material: Material): object | undefined => {
  const changed = changedIn(material.event)
  if (message.type === 'revoked') return { message: null, messageStubType: REVOKED_STUB }
  if (changed.includes('body') || changed.includes('edits'))
    return {
      message: { editedMessage: { message: contentOf(message, material) } },
      messageTimestamp: secondsOf(message.edits.at(-1)?.editedAt ?? message.tsClient)
    }
  if (changed.includes('starred')) return { starred: message.starred }
  return undefined
}

const chatUpdateOf = (thread: Thread) => ({
  id: chatOf(thread),
  ...(thread.displayName === null ? {} : { name: thread.displayName }),
  unreadCount: thread.unreadCount,
  archived: thread.archived,
  pinned: thread.pinnedAt === null ? null : secondsOf(thread.pinnedAt),
  muteEndTime: thread.mutedUntil,
  ...(thread.lastMessageAt === null ? {} : { conversationTimestamp: secondsOf(thread.lastMessageAt) })
})

const ofMessage = (message: EventMessage, material: Material): ReadonlyArray<FormatPayload> => {
  const key = keyOf(message, material)
  const update = (told: object) => [payload(material, 'messages.update', [{ key, update: told }])]
  switch (material.event.type) {
    case 'message.stored':
      return [payload(material, 'messages.upsert', upsertOf(message, material))]
    case 'message.status': {
      const status = statusNumber(message)
      return status === undefined ? [] : update({ status })
    }
    case 'message.vote':
      return update({ pollUpdates: pollUpdatesOf(message, material) })
    case 'message.reaction': {
      const { at, emoji, sender } = newestReaction(message)
      const reaction = {
        key: keyBy(message, sender, message.whatsAppId, material),
        text: emoji,
        senderTimestampMs: at
      }
      return [payload(material, 'messages.reaction', [{ key, reaction }])]
    }
    case 'message.changed': {
      const told = updateOf(message, material)
      return told === undefined ? [] : update(told)
    }
    case 'call.ringing':
    case 'call.ended':
      return message.call === null ? [] : [payload(material, 'call', [callEventOf(message, message.call)])]
    default:
      return []
  }
}

const payloadsOf = (material: Material): ReadonlyArray<FormatPayload> => {
  const { event } = material
  const message = messageOf(event)
  if (message !== undefined) return ofMessage(message, material)
  const thread = threadOf(event)
  if (thread !== undefined) return [payload(material, 'chats.update', [chatUpdateOf(thread)])]
  switch (event.type) {
    case 'account.state':
      return [payload(material, 'connection.update', { connection: WORDS[event.data.state].connection })]
    case 'account.pairing':
      return event.data.offer?.method === 'qr'
        ? [payload(material, 'connection.update', { qr: event.data.offer.text })]
        : []
    case 'contact.changed':
      return event.data.contact === null
        ? []
        : [payload(material, 'contacts.update', [contactOf(event.data.contact)])]
    case TEST_TYPE:
    case MISSED_TYPE:
      return [payload(material, event.type, event.data)]
    default:
      return []
  }
}

const contactOf = ({ contactJid, name, pushName }: Contact) => ({
  id: contactJid,
  ...(name === null ? {} : { name }),
  ...(pushName === null ? {} : { notify: pushName })
})

export const baileysRaw: Format = {
  events: [
    'messages.upsert',
    'messages.update',
    'messages.reaction',
    'chats.update',
    'contacts.update',
    'connection.update',
    'call',
    TEST_TYPE,
    MISSED_TYPE
  ],
  payloadsOf
}
