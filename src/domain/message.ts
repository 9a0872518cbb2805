// A message as it is stored and read, and the rules by which two reports of one message become one document.
import { Schema } from 'effect'
import { Time, Whole } from './whole.ts'

/** How far a message got, in the order in which it can only move forward. */
export const MESSAGE_STATUSES = [
  'undecryptable',
  'queued',
  'cancelled',
  'failed',
  'sent',
  'received',
  'delivered',
  'read',
  'played'
] as const
export const MessageStatus = Schema.Literals(MESSAGE_STATUSES).annotate({ identifier: 'MessageStatus' })
export type MessageStatus = typeof MessageStatus.Type

/** Why some messages stay without content: nobody needs to be asked for these. */
export const ONLY_ON_PHONE = 'WhatsApp shows this message on the phone only'

export const statusRank = (status: MessageStatus): number => MESSAGE_STATUSES.indexOf(status)

/** Status never goes backwards: a late "sent" does not undo a "read". */
export const laterStatus = (a: MessageStatus, b: MessageStatus): MessageStatus =>
  statusRank(a) >= statusRank(b) ? a : b

const text = Schema.NullOr(Schema.String)
const number = Schema.NullOr(Whole)

/**
 * How far a media file got on its way here. `tooLarge` and `failed` were given up; `gone` is gone from the phone too; `removed` was
 * here, and is fetched again only for who asks.
 */
export const MEDIA_STATES = ['stored', 'waiting', 'gone', 'tooLarge', 'failed', 'removed'] as const
export const MediaState = Schema.Literals(MEDIA_STATES)
export type MediaState = typeof MediaState.Type

/** A file that came with a message, or with one that belongs to it. */
export const MediaFile = Schema.Struct({
  mimeType: text,
  fileName: text,
  /** Bytes. */
  size: number,
  /** Seconds, of audio and video. */
  duration: number,
  width: number,
  height: number,
  /** What it takes to fetch the file from WhatsApp and decrypt it; keys and hashes in base64. `null` when WhatsApp gave none. */
  download: Schema.NullOr(
    Schema.Struct({
      directPath: Schema.String,
      mediaKey: Schema.String,
      fileSha256: text,
      fileEncSha256: text
    })
  ),
  /** What became of the download; nothing until one was tried. */
  fetched: Schema.optionalKey(Schema.Struct({ state: MediaState, reason: text })),
  /** WhatsApp's id of the message that brought the file, when it was another one. The phone knows the file by it. */
  whatsAppId: Schema.optionalKey(Schema.String)
})
export type MediaFile = typeof MediaFile.Type

/** Files beside the one that is shown: the first, smaller one of a picture, a film in another encoding, the film of a motion photo. */
export const MEDIA_VARIANTS = ['sd', 'hevc', 'motion'] as const
export const MediaVariantKind = Schema.Literals(MEDIA_VARIANTS)
export type MediaVariantKind = typeof MediaVariantKind.Type

const MediaVariant = Schema.Struct({ kind: MediaVariantKind, ...MediaFile.fields })

export const Media = Schema.Struct({
  ...MediaFile.fields,
  variants: Schema.optionalKey(Schema.Array(MediaVariant))
})
export type Media = typeof Media.Type

const { whatsAppId: _broughtBy, ...shownFields } = MediaFile.fields

const MediaFileResource = Schema.Struct({
  ...shownFields,
  /** Whether the file is held here, so that it is answered at once. */
  stored: Schema.Boolean,
  /** What became of the download; `null` until one was tried. */
  fetched: Schema.NullOr(Schema.Struct({ state: MediaState, reason: text })),
  whatsAppId: text
})

/** Media as applications read them. */
export const MediaResource = Schema.Struct({
  ...MediaFileResource.fields,
  variants: Schema.Array(
    Schema.Struct({ kind: MediaVariantKind, ...MediaFileResource.fields }).annotate({
      identifier: 'MediaVariant'
    })
  )
}).annotate({ identifier: 'Media' })
export type MediaResource = typeof MediaResource.Type

const shownFile = <F extends MediaFile>(file: F) => ({
  ...file,
  stored: file.fetched?.state === 'stored',
  fetched: file.fetched ?? null,
  whatsAppId: file.whatsAppId ?? null
})

export const shownMedia = ({ variants = [], ...file }: Media): MediaResource => ({
  ...shownFile(file),
  variants: variants.map(shownFile)
})

/** All files of a message, the one that is shown first. */
export const filesOf = (media: Media | null): ReadonlyArray<MediaFile> =>
  media === null ? [] : [media, ...(media.variants ?? [])]

/** A place; a live location moves and names nothing. */
export const Location = Schema.Struct({
  latitude: Schema.Finite,
  longitude: Schema.Finite,
  name: text,
  address: text,
  live: Schema.Boolean,
  /** Metres. */
  accuracy: number
}).annotate({ identifier: 'Location' })
export type Location = typeof Location.Type

export const ContactCard = Schema.Struct({
  name: text,
  /** As the card writes them. */
  phoneNumbers: Schema.Array(Schema.String),
  vcard: text
}).annotate({ identifier: 'ContactCard' })
export type ContactCard = typeof ContactCard.Type

export const Poll = Schema.Struct({
  question: Schema.String,
  /** Each option with the people who chose it; `me` is this account. */
  options: Schema.Array(Schema.Struct({ name: Schema.String, voters: Schema.Array(Schema.String) })),
  /** How many options one person may choose; 0 is any number. */
  selectable: Whole
}).annotate({ identifier: 'Poll' })
export type Poll = typeof Poll.Type

export const CALL_OUTCOMES = ['ringing', 'answered', 'declined', 'missed'] as const
export const Call = Schema.Struct({
  video: Schema.Boolean,
  outcome: Schema.Literals(CALL_OUTCOMES),
  /** Seconds. */
  duration: number
}).annotate({ identifier: 'Call' })
export type Call = typeof Call.Type

export const ANSWER_KINDS = ['button', 'list', 'template', 'flow'] as const
/** What somebody pressed or chose in a message of a business, as the business needs it. */
export const Answer = Schema.Struct({
  kind: Schema.Literals(ANSWER_KINDS),
  /** The id that the business gave the button or row; of a flow its name. */
  id: text,
  /** What the person saw. */
  title: text,
  /** Of a flow: what was filled in, as JSON text. */
  parameters: text
}).annotate({ identifier: 'Answer' })
export type Answer = typeof Answer.Type

/** Something that happened to a chat, such as `subject`, `join`, `leave`, `promote`; `people` are those it happened to. */
export const ChatEvent = Schema.Struct({
  kind: Schema.String,
  people: Schema.Array(Schema.String),
  value: text
}).annotate({ identifier: 'ChatEvent' })
export type ChatEvent = typeof ChatEvent.Type

export const Reaction = Schema.Struct({ sender: Schema.String, emoji: Schema.String, at: Time }).annotate({
  identifier: 'Reaction'
})
export type Reaction = typeof Reaction.Type

export const EVENT_RESPONSES = ['going', 'notGoing', 'maybe'] as const
/** Who comes to an event; `sender` is `me` or an address, `at` milliseconds since 1970. */
export const EventResponse = Schema.Struct({
  sender: Schema.String,
  response: Schema.Literals(EVENT_RESPONSES),
  /** How many people they bring along. */
  extraGuests: Whole,
  at: Time
}).annotate({ identifier: 'EventResponse' })
export type EventResponse = typeof EventResponse.Type

/** The body before an edit, and when that edit was made (milliseconds since 1970). */
export const EarlierBody = Schema.Struct({ body: Schema.NullOr(Schema.String), editedAt: Time }).annotate({
  identifier: 'EarlierBody'
})

/** The message that another one answers. `threadId` and `messageId` are there only while that message is held here. */
export const Quoted = Schema.Struct({
  /** The thread with the quoted message, which may be another one; `null` for a status. */
  threadId: text,
  messageId: text,
  /** The beginning of what the quoted message says, as the answer repeats it; at most `EXCERPT_LENGTH` characters. */
  excerpt: text,
  isStatus: Schema.Boolean
}).annotate({ identifier: 'Quoted' })
export type Quoted = typeof Quoted.Type

/** Characters. */
export const EXCERPT_LENGTH = 200

/** The types of messages that nobody has written: they tell what happened, and are never unread. */
export const UNWRITTEN_TYPES = ['system', 'call'] as const

export const isWritten = (type: string): boolean => UNWRITTEN_TYPES.every(unwritten => unwritten !== type)

/** The message that another one belongs to, as its sender says: `mediaAlbum`, `mediaPoll`, … as WhatsApp calls it, in camelCase. */
export const Association = Schema.Struct({ type: Schema.String, whatsAppId: Schema.String })
export type Association = typeof Association.Type

export const MEDIA_ALBUM = 'mediaAlbum'

/** How many pictures and films an album announces. */
export const Album = Schema.Struct({ images: Whole, videos: Whole }).annotate({ identifier: 'Album' })
export type Album = typeof Album.Type

/** The mark of a forwarded message: how often it was forwarded, as it says. Phones show "many times" from five on, and write 127 then. */
export const Forwarded = Schema.Struct({ score: Whole, frequently: Schema.Boolean }).annotate({
  identifier: 'Forwarded'
})
export type Forwarded = typeof Forwarded.Type

/** What a message is about beside its words; a part that a message does not have is `null` or empty. */
export const Details = Schema.Struct({
  media: Schema.NullOr(Media),
  location: Schema.NullOr(Location),
  contacts: Schema.Array(ContactCard),
  poll: Schema.NullOr(Poll),
  call: Schema.NullOr(Call),
  answer: Schema.NullOr(Answer),
  event: Schema.NullOr(ChatEvent),
  /** The answers to an event that people plan, the last of each person. */
  eventResponses: Schema.Array(EventResponse),
  /** The people named in the body, where each stands as "@" and the part of the address before its server. */
  mentions: Schema.Array(Schema.String),
  viewOnce: Schema.Boolean,
  forwarded: Schema.NullOr(Forwarded),
  /** It was sent to a broadcast list, and to each recipient in a chat of their own. */
  broadcast: Schema.Boolean,
  album: Schema.NullOr(Album),
  association: Schema.NullOr(Association),
  /** The member whose phone shared the message as a part of a group's history; `me` for another device of this account. */
  sharedBy: text,
  /** The fields of which something was cut because it was longer than is kept. The message's protobuf has the whole. */
  shortened: Schema.Array(Schema.String)
})
export type Details = typeof Details.Type

export const NO_DETAILS: Details = {
  media: null,
  location: null,
  contacts: [],
  poll: null,
  call: null,
  answer: null,
  event: null,
  eventResponses: [],
  mentions: [],
  viewOnce: false,
  forwarded: null,
  broadcast: false,
  album: null,
  association: null,
  sharedBy: null,
  shortened: []
}

/** A message document as applications read it. Times are milliseconds since 1970. */
export const Message = Schema.Struct({
  accountId: Schema.String,
  threadId: Schema.String,
  messageId: Schema.String,
  /** `threadId~messageId`: names the message without its thread, as in `/v1/messages/{messageKey}/media`. */
  messageKey: Schema.String,
  /** The id WhatsApp uses; unique only together with thread and sender. */
  whatsAppId: Schema.String,
  direction: Schema.Literals(['inbound', 'outbound']),
  /** The writer's jid, the group member's in groups; `null` when the account itself wrote it. */
  sender: Schema.NullOr(Schema.String),
  senderName: Schema.NullOr(Schema.String),
  /**
   * text, image, video, audio, voice, document, sticker, stickerPack, album, contact, location, poll, event, product, order,
   * payment, invite, call, system, revoked, undecryptable, unsupported:…
   */
  type: Schema.String,
  body: Schema.NullOr(Schema.String),
  ...Details.fields,
  media: Schema.NullOr(MediaResource),
  /** `messageId` is `null` while the message it belongs to is not held. */
  association: Schema.NullOr(Schema.Struct({ ...Association.fields, messageId: text })),
  /** The album that a picture or film belongs to; `null` while that is not held. */
  albumMessageId: text,
  quotedWhatsAppId: Schema.NullOr(Schema.String),
  /** The quoted message's document in this thread; `null` when it is not held, or in another thread. */
  quotedMessageId: Schema.NullOr(Schema.String),
  quoted: Schema.NullOr(Quoted),
  reactions: Schema.Array(Reaction),
  edits: Schema.Array(EarlierBody),
  /** The owner has starred it. */
  starred: Schema.Boolean,
  /** The ids of its labels. */
  labels: Schema.Array(Schema.String),
  /** When the owner removed it from the own devices (alone, or with its chat); `null` otherwise. What is stored here stays. */
  deletedForMeAt: Schema.NullOr(Time),
  /** How many encrypted edits, reactions, votes and the like of this message could not be opened. */
  unreadableAddOns: Whole,
  status: MessageStatus,
  /** Why, when the status needs an explanation (failed, undecryptable). */
  statusReason: Schema.NullOr(Schema.String),
  /** When it was written according to WhatsApp; clamped when a phone's clock is ahead. */
  tsClient: Time,
  /** The time the phone claimed, when that was clamped. */
  tsClaimed: Schema.NullOr(Time),
  /** When this server first stored it. */
  tsServer: Time
}).annotate({ identifier: 'Message' })
export type Message = typeof Message.Type

/** How far a message got with one recipient. Times are milliseconds since 1970. */
export const Receipt = Schema.Struct({
  recipient: Schema.String,
  deliveredAt: number,
  readAt: number,
  playedAt: number
}).annotate({ identifier: 'Receipt' })
export type Receipt = typeof Receipt.Type

/** How long ahead of the time a message may claim to be before it is clamped: clocks drift, decades do not. */
export const TOLERATED_FUTURE_MS = 24 * 60 * 60 * 1000

/** Whether a claimed time is in the far future of a known one. Milliseconds since 1970, as below. */
export const isInFuture = (claimed: number, known: number): boolean => claimed > known + TOLERATED_FUTURE_MS

/** The time that somebody claims; `known` in place of one that is far after it. */
export const plausibleTime = (claimed: number, known: number): number =>
  isInFuture(claimed, known) ? known : claimed

/** A time as stored: phones sometimes claim decades in the future, which would pin a thread to the top for ever. */
export const clampTime = (claimed: number, now: number): { tsClient: number; tsClaimed: number | null } =>
  isInFuture(claimed, now)
    ? { tsClient: now, tsClaimed: claimed }
    : { tsClient: Math.max(0, claimed), tsClaimed: null }
