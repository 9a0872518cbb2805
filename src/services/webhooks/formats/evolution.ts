// Events in the form of Evolution API 2.
import type { Contact } from '../../../domain/contact.ts'
import type { Offer } from '../../../domain/events/account-events.ts'
import { MISSED_TYPE, TEST_TYPE } from '../../../domain/events/server-events.ts'
import { callEventOf, WORDS } from './account-words.ts'
import {
  changedIn,
  chatOf,
  type EventMessage,
  type Format,
  type FormatPayload,
  type Material,
  messageOf,
  threadOf
} from './format.ts'
import { contentOf, infoOf, keyBy, keyOf, newestReaction, statusNumber } from './wa-message.ts'

/** By their numbers. */
const STATUSES = ['ERROR', 'PENDING', 'SERVER_ACK', 'DELIVERY_ACK', 'READ', 'PLAYED']

const instanceOf = ({ account }: Material): string => account?.name ?? ''
const instanceIdOf = ({ account }: Material): string | null => account?.accountId ?? null

/** `apikey` is there, as for servers that do not expose theirs: consumers that want one get it in a header of the webhook. */
const payload = (material: Material, event: string, data: unknown): FormatPayload => ({
  event,
  body: {
    event,
    instance: instanceOf(material),
    data,
    destination: material.url,
    date_time: material.event.time,
    sender: material.account?.jid ?? null,
    server_url: null,
    apikey: null
  }
})

const statusOf = (message: EventMessage): string | undefined => STATUSES[statusNumber(message) ?? -1]

type Content = Readonly<Record<string, unknown>>

const textIn = (extended: unknown): unknown =>
  typeof extended === 'object' && extended !== null && 'text' in extended ? extended.text : undefined

const partOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined

/** As the server simplifies contents: texts are `conversation`, documents with a caption are documents. */
const simplified = (content: Content): Content => {
  const { documentWithCaptionMessage: captioned, extendedTextMessage: extended, ...rest } = content
  if (extended !== undefined) return { conversation: textIn(extended), ...rest }
  const document = partOf(partOf(captioned, 'message'), 'documentMessage')
  return document === undefined ? content : { documentMessage: document, ...rest }
}

const NO_CONTENT = new Set(['messageContextInfo', 'senderKeyDistributionMessage'])

const typeOf = (content: Content): string =>
  Object.keys(content).find(name => !NO_CONTENT.has(name)) ?? 'unknown'

/** What the writer says the message is about, such as the message that it answers. */
const contextOf = (content: Content): unknown =>
  Object.values(content)
    .map(part => partOf(part, 'contextInfo'))
    .find(context => context !== undefined) ?? null

const recordOf = (message: EventMessage, original: Content, material: Material) => {
  const content = simplified(original)
  const { broadcast: _, ...info } = infoOf(message, material)
  return {
    ...info,
    status: statusOf(message) ?? null,
    message: content,
    messageType: typeOf(content),
    contextInfo: contextOf(original),
    instanceId: instanceIdOf(material),
    source: 'unknown'
  }
}

/** What was written on another device and what was sent from here cannot be told apart. */
const storedOf = (message: EventMessage, material: Material): ReadonlyArray<FormatPayload> => {
  const record = recordOf(message, contentOf(message, material), material)
  const upsert = payload(material, 'messages.upsert', record)
  return message.direction === 'outbound' ? [upsert, payload(material, 'send.message', record)] : [upsert]
}

const updateOf = (message: EventMessage, material: Material, told: object) => {
  const { fromMe, id, participant, remoteJid } = keyOf(message, material)
  return payload(material, 'messages.update', {
    messageId: message.messageId,
    keyId: id,
    remoteJid,
    fromMe,
    participant: participant ?? null,
    instanceId: instanceIdOf(material),
    ...told
  })
}

/** A message of its own, as on WhatsApp. What its id is, is not kept. */
const reactionOf = (message: EventMessage, material: Material) => {
  const { at, emoji, sender } = newestReaction(message)
  const reactionMessage = {
    key: keyOf(message, material),
    text: emoji,
    senderTimestampMs: String(at)
  }
  const record = recordOf(message, { reactionMessage }, material)
  const key = keyBy(message, sender, `reaction-${material.event.id}`, material)
  const { pushName: _, ...rest } = record
  return payload(material, 'messages.upsert', {
    ...rest,
    key,
    messageTimestamp: Math.floor(Date.parse(material.event.time) / 1000)
  })
}

const changeOf = (message: EventMessage, material: Material): ReadonlyArray<FormatPayload> => {
  const changed = changedIn(material.event)
  const key = keyOf(message, material)
  if (message.type === 'revoked') return [payload(material, 'messages.delete', key)]
  if (!changed.includes('body') && !changed.includes('edits')) return []
  const edit = {
    key,
    type: 'MESSAGE_EDIT',
    editedMessage: simplified(contentOf(message, material)),
    timestampMs: String(message.edits.at(-1)?.editedAt ?? message.tsClient)
  }
  return [payload(material, 'messages.edited', edit)]
}

const ofMessage = (message: EventMessage, material: Material): ReadonlyArray<FormatPayload> => {
  switch (material.event.type) {
    case 'message.stored':
      return storedOf(message, material)
    case 'message.status': {
      const status = statusOf(message)
      return status === undefined ? [] : [updateOf(message, material, { status })]
    }
    case 'message.vote':
      return [
        updateOf(message, material, { status: statusOf(message), pollUpdates: message.poll?.options ?? [] })
      ]
    case 'message.reaction':
      return [reactionOf(message, material)]
    case 'message.changed':
      return changeOf(message, material)
    case 'call.ringing':
    case 'call.ended':
      return message.call === null ? [] : [payload(material, 'call', callEventOf(message, message.call))]
    default:
      return []
  }
}

const payloadsOf = (material: Material): ReadonlyArray<FormatPayload> => {
  const { event } = material
  const message = messageOf(event)
  if (message !== undefined) return ofMessage(message, material)
  const thread = threadOf(event)
  if (thread !== undefined)
    return [
      payload(material, 'chats.update', [
        {
          remoteJid: chatOf(thread),
          instanceId: instanceIdOf(material),
          name: thread.displayName,
          unreadMessages: thread.unreadCount
        }
      ])
    ]
  switch (event.type) {
    case 'account.state':
      return [
        payload(material, 'connection.update', {
          instance: instanceOf(material),
          state: WORDS[event.data.state].connection,
          statusReason: 200
        })
      ]
    case 'account.pairing':
      return event.data.offer === null
        ? []
        : [payload(material, 'qrcode.updated', { qrcode: qrCodeOf(material, event.data.offer) })]
    case 'contact.changed':
      return event.data.contact === null
        ? []
        : [payload(material, 'contacts.update', [contactOf(material, event.data.contact)])]
    case TEST_TYPE:
    case MISSED_TYPE:
      return [payload(material, event.type, event.data)]
    default:
      return []
  }
}

const qrCodeOf = (material: Material, { method, text }: Offer) => ({
  instance: instanceOf(material),
  pairingCode: method === 'code' ? text : null,
  code: method === 'qr' ? text : null,
  base64: null
})

const contactOf = (material: Material, { contactJid, name, pushName }: Contact) => ({
  remoteJid: contactJid,
  pushName: pushName ?? name,
  profilePicUrl: null,
  instanceId: instanceIdOf(material)
})

export const evolution: Format = {
  events: [
    'messages.upsert',
    'messages.update',
    'messages.edited',
    'messages.delete',
    'send.message',
    'chats.update',
    'contacts.update',
    'connection.update',
    'qrcode.updated',
    'call',
    TEST_TYPE,
    MISSED_TYPE
  ],
  payloadsOf
}
