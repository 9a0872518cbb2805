// Events in the form of WAHA, with its engine NOWEB.
import { MISSED_TYPE, TEST_TYPE } from '../../../domain/events/server-events.ts'
import type { Call } from '../../../domain/message.ts'
import { isGroupJid, isPhoneJid } from '../../../domain/jid.ts'
import { callEventOf, WORDS } from './account-words.ts'
import {
  changedIn,
  chatOf,
  type EventMessage,
  type Format,
  type FormatPayload,
  type Material,
  messageOf,
  secondsOf
} from './format.ts'
import { contentOf, newestReaction, statusNumber } from './wa-message.ts'

const ENGINE = 'NOWEB'
const ENVIRONMENT = { version: 'backscroll', engine: ENGINE, tier: 'CORE', browser: null }

/** Numbers are written with another server. */
const chatId = (jid: string): string => (isPhoneJid(jid) ? jid.replace(/@.*/, '@c.us') : jid)

const meOf = ({ account }: Material): string | null => {
  const jid = account?.jid ?? null
  return jid === null ? null : chatId(jid)
}

const payload = (material: Material, event: string, told: unknown): FormatPayload => {
  const { account } = material
  const id = meOf(material)
  return {
    event,
    body: {
      id: `evt_${material.event.id}`,
      timestamp: Date.parse(material.event.time),
      event,
      session: account?.name ?? '',
      metadata: account === undefined ? {} : { accountId: account.accountId },
      me: id === null ? null : { id, pushName: null },
      payload: told,
      engine: ENGINE,
      environment: ENVIRONMENT
    }
  }
}

/** `false_11111111111@c.us_AAAA`. */
const idOf = (message: EventMessage): string =>
  `${message.direction === 'outbound'}_${chatId(chatOf(message))}_${message.whatsAppId}`

const ACKS = ['ERROR', 'PENDING', 'SERVER', 'DEVICE', 'READ', 'PLAYED']

/** One less than the number of WhatsApp. */
const ackOf = (message: EventMessage) => {
  const status = statusNumber(message) ?? 1
  return { ack: status - 1, ackName: ACKS[status] ?? 'UNKNOWN' }
}

/** From whom to whom something went in the chat of a message; `me` is this account. */
const wayOf = (message: EventMessage, person: string | null, material: Material) => {
  const chat = chatId(chatOf(message))
  const fromMe = person === null || person === 'me'
  const me = meOf(material)
  return {
    from: fromMe ? me : chat,
    fromMe,
    to: fromMe ? chat : isGroupJid(chat) ? chat : me,
    participant: isGroupJid(chat) ? (fromMe ? me : chatId(person)) : null
  }
}

const mediaOf = ({ media, messageKey }: EventMessage) =>
  media === null
    ? null
    : {
        url: `/v1/messages/${encodeURIComponent(messageKey)}/media`,
        mimetype: media.mimeType,
        filename: media.fileName,
        error: null
      }

const replyOf = ({ quoted, quotedWhatsAppId }: EventMessage) =>
  quotedWhatsAppId === null
    ? null
    : { id: quotedWhatsAppId, participant: null, body: quoted?.excerpt ?? null }

const bodyOf = (message: EventMessage, material: Material) => {
  const media = mediaOf(message)
  const { location } = message
  return {
    id: idOf(message),
    timestamp: secondsOf(message.tsClient),
    ...wayOf(message, message.sender, material),
    body: message.body,
    hasMedia: media !== null,
    media,
    mediaUrl: media?.url ?? null,
    ...ackOf(message),
    location:
      location === null
        ? null
        : {
            latitude: String(location.latitude),
            longitude: String(location.longitude),
            description: location.name ?? location.address
          },
    vCards: message.contacts.flatMap(({ vcard }) => vcard ?? []),
    replyTo: replyOf(message),
    _data: { message: contentOf(message, material), pushName: message.senderName }
  }
}

const reactionOf = (message: EventMessage, material: Material) => {
  const { at, emoji, sender } = newestReaction(message)
  return {
    id: `${idOf(message)}_reaction_${material.event.id}`,
    timestamp: secondsOf(at === 0 ? Date.parse(material.event.time) : at),
    ...wayOf(message, sender === 'them' ? message.sender : sender, material),
    reaction: { text: emoji, messageId: idOf(message) }
  }
}

/** One for each person who has voted: which of them voted now is not known. */
const votesOf = (message: EventMessage, material: Material) => {
  const options = message.poll?.options ?? []
  const voters = new Set(options.flatMap(option => option.voters))
  const { participant: _, ...way } = wayOf(message, message.sender, material)
  return [...voters].map(person => {
    const { participant: __, ...voted } = wayOf(message, person, material)
    return {
      vote: {
        id: `${idOf(message)}_vote_${material.event.id}`,
        ...voted,
        selectedOptions: options.filter(option => option.voters.includes(person)).map(({ name }) => name),
        timestamp: Date.parse(material.event.time)
      },
      poll: { id: idOf(message), ...way }
    }
  })
}

const changeOf = (message: EventMessage, material: Material): ReadonlyArray<FormatPayload> => {
  const changed = changedIn(material.event)
  if (message.type === 'revoked')
    return [
      payload(material, 'message.revoked', {
        after: bodyOf(message, material),
        before: null,
        revokedMessageId: message.whatsAppId
      })
    ]
  return changed.includes('body') || changed.includes('edits')
    ? [
        payload(material, 'message.edited', {
          ...bodyOf(message, material),
          editedMessageId: message.whatsAppId
        })
      ]
    : []
}

const storedOf = (message: EventMessage, material: Material): ReadonlyArray<FormatPayload> => {
  const told = bodyOf(message, material)
  const any = payload(material, 'message.any', told)
  return message.direction === 'inbound' ? [payload(material, 'message', told), any] : [any]
}

const ackPayload = (message: EventMessage, material: Material): FormatPayload =>
  payload(material, 'message.ack', {
    id: idOf(message),
    ...wayOf(message, message.sender, material),
    ...ackOf(message)
  })

const CALL_EVENTS: Readonly<Partial<Record<Call['outcome'], string>>> = {
  ringing: 'call.received',
  answered: 'call.accepted',
  declined: 'call.rejected'
}

const callOf = (message: EventMessage, material: Material): ReadonlyArray<FormatPayload> => {
  const { call } = message
  const event = call === null ? undefined : CALL_EVENTS[call.outcome]
  if (call === null || event === undefined) return []
  const { from, id, isGroup, isVideo } = callEventOf(message, call)
  const timestamp = secondsOf(message.tsClient)
  return [payload(material, event, { id, from: chatId(from), timestamp, isVideo, isGroup })]
}

const ofMessage = (message: EventMessage, material: Material): ReadonlyArray<FormatPayload> => {
  switch (material.event.type) {
    case 'message.stored':
      return storedOf(message, material)
    case 'message.status':
      return statusNumber(message) === undefined ? [] : [ackPayload(message, material)]
    case 'message.vote':
      return votesOf(message, material).map(told => payload(material, 'poll.vote', told))
    case 'message.reaction':
      return [payload(material, 'message.reaction', reactionOf(message, material))]
    case 'message.changed':
      return changeOf(message, material)
    case 'call.ringing':
    case 'call.ended':
      return callOf(message, material)
    default:
      return []
  }
}

const toldOf = (material: Material): ReadonlyArray<FormatPayload> => {
  const { event } = material
  const message = messageOf(event)
  if (message !== undefined) return ofMessage(message, material)
  if (event.type === 'account.state') {
    const status = WORDS[event.data.state].session
    return [payload(material, 'session.status', { name: material.account?.name ?? '', status })]
  }
  return event.type === TEST_TYPE || event.type === MISSED_TYPE
    ? [payload(material, event.type, event.data)]
    : []
}

/** Each request has an id of its own, by which consumers notice repetitions: `message` and `message.any` are two. */
const payloadsOf = (material: Material): ReadonlyArray<FormatPayload> => {
  const told = toldOf(material)
  return told.length === 1
    ? told
    : told.map(({ body, event }, place) => ({
        event,
        body: { ...body, id: `evt_${material.event.id}_${place}` }
      }))
}

export const waha: Format = {
  events: [
    'message',
    'message.any',
    'message.ack',
    'message.edited',
    'message.reaction',
    'message.revoked',
    'poll.vote',
    'session.status',
    'call.received',
    'call.accepted',
    'call.rejected',
    TEST_TYPE,
    MISSED_TYPE
  ],
  payloadsOf
}
