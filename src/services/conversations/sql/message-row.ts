// A message as a row, and back.
import { Effect, Schema } from 'effect'
import {
  Album,
  Answer,
  Association,
  Call,
  ChatEvent,
  ContactCard,
  type Details,
  EarlierBody,
  EventResponse,
  Forwarded,
  Location,
  MEDIA_ALBUM,
  Media,
  Message,
  MessageStatus,
  NO_DETAILS,
  Poll,
  Reaction,
  shownMedia
} from '../../../domain/message.ts'
import { isStatusThread, messageKeyOf } from '../../../domain/ids.ts'
import { bodyAfterEdit, type Held } from '../../../domain/change.ts'
import { changedPoll, pollAfter, PollChange, Vote } from '../../../domain/poll.ts'

/** What only some messages have, in one JSON object that names only what is there. */
const DetailsColumn = Schema.Struct({
  location: Schema.optionalKey(Location),
  contacts: Schema.optionalKey(Schema.Array(ContactCard)),
  poll: Schema.optionalKey(Poll),
  votes: Schema.optionalKey(Schema.Array(Vote)),
  pollChanges: Schema.optionalKey(Schema.Array(PollChange)),
  call: Schema.optionalKey(Call),
  answer: Schema.optionalKey(Answer),
  event: Schema.optionalKey(ChatEvent),
  eventResponses: Schema.optionalKey(Schema.Array(EventResponse)),
  mentions: Schema.optionalKey(Schema.Array(Schema.String)),
  viewOnce: Schema.optionalKey(Schema.Boolean),
  forwarded: Schema.optionalKey(Forwarded),
  album: Schema.optionalKey(Album),
  association: Schema.optionalKey(Association),
  sharedBy: Schema.optionalKey(Schema.String),
  shortened: Schema.optionalKey(Schema.Array(Schema.String)),
  secrets: Schema.optionalKey(Schema.Array(Schema.String)),
  unreadable: Schema.optionalKey(Schema.Array(Schema.String))
})

const jsonList = <S extends Schema.Top>(item: S) => Schema.NullOr(Schema.fromJsonString(Schema.Array(item)))

/** The `labels` column of a message or thread. */
export const LabelIds = Schema.NullOr(Schema.fromJsonString(Schema.Array(Schema.String)))

const Changeable = {
  type: Schema.String,
  body: Schema.NullOr(Schema.String),
  media: Schema.NullOr(Schema.fromJsonString(Media)),
  details: Schema.NullOr(Schema.fromJsonString(DetailsColumn)),
  reactions: jsonList(Reaction),
  edits: jsonList(EarlierBody),
  status: MessageStatus,
  statusReason: Schema.NullOr(Schema.String),
  tsClient: Schema.Finite,
  broadcast: Schema.BooleanFromBit,
  starred: Schema.BooleanFromBit,
  deletedForMeAt: Schema.NullOr(Schema.Finite)
}

const HeldRow = Schema.Struct({
  ...Changeable,
  starredAt: Schema.NullOr(Schema.Finite),
  raw: Schema.NullOr(Schema.Uint8Array)
})
type HeldRow = typeof HeldRow.Type

const MessageRow = Schema.Struct({
  ...Changeable,
  accountId: Schema.String,
  threadId: Schema.String,
  messageId: Schema.String,
  whatsAppId: Schema.String,
  direction: Message.fields.direction,
  sender: Schema.NullOr(Schema.String),
  senderName: Schema.NullOr(Schema.String),
  quotedWhatsAppId: Schema.NullOr(Schema.String),
  quotedThreadId: Schema.NullOr(Schema.String),
  quotedExcerpt: Schema.NullOr(Schema.String),
  quotedThreadHeld: Schema.NullOr(Schema.String),
  quotedMessageHeld: Schema.NullOr(Schema.String),
  parentMessageHeld: Schema.NullOr(Schema.String),
  labels: LabelIds,
  tsClaimed: Schema.NullOr(Schema.Finite),
  tsServer: Schema.Finite
})

export const decodeHeld = (row: unknown) => Effect.map(Schema.decodeUnknownEffect(HeldRow)(row), heldOf)
export const decodeMessage = (row: unknown) =>
  Effect.map(Schema.decodeUnknownEffect(MessageRow)(row), messageOf)

const heldOf = (row: HeldRow): Held => {
  const { pollChanges = [], secrets = [], unreadable = [], votes = [], ...details } = row.details ?? {}
  return {
    ...NO_DETAILS,
    ...details,
    votes,
    pollChanges,
    secrets,
    unreadable,
    media: row.media,
    type: row.type,
    body: row.body,
    reactions: row.reactions ?? [],
    edits: row.edits ?? [],
    status: row.status,
    statusReason: row.statusReason,
    tsClient: row.tsClient,
    broadcast: row.broadcast,
    raw: row.raw,
    starred: row.starred,
    starredAt: row.starredAt,
    deletedForMeAt: row.deletedForMeAt
  }
}

/** The quoted message, pointed to only where it is held. */
const quotedOf = (row: typeof MessageRow.Type): Pick<Message, 'quoted' | 'quotedMessageId'> => {
  if (row.quotedWhatsAppId === null) return { quoted: null, quotedMessageId: null }
  const isStatus = row.quotedThreadId !== null && isStatusThread(row.quotedThreadId)
  const messageId = row.quotedMessageHeld
  return {
    quotedMessageId: row.quotedThreadId === null ? messageId : null,
    quoted: {
      threadId: row.quotedThreadId === null ? row.threadId : row.quotedThreadHeld,
      messageId,
      excerpt: row.quotedExcerpt,
      isStatus
    }
  }
}

/** The message that this one belongs to, pointed to only where it is held. */
const associationOf = (
  association: Association | null,
  messageId: string | null
): Pick<Message, 'association' | 'albumMessageId'> => ({
  association: association && { ...association, messageId },
  albumMessageId: association?.type === MEDIA_ALBUM ? messageId : null
})

const messageOf = (row: typeof MessageRow.Type): Message => {
  const {
    edits,
    pollChanges,
    raw: _raw,
    reactions,
    secrets: _secrets,
    starredAt: _starredAt,
    unreadable,
    votes,
    ...held
  } = heldOf({ ...row, raw: null, starredAt: null })
  return {
    ...held,
    media: held.media === null ? null : shownMedia(held.media),
    // The edit of a message that was already edited when it was stored may be reported again: it changes nothing.
    edits: edits.filter((edit, index) => edit.body !== bodyAfterEdit({ body: held.body, edits }, index)),
    poll: held.poll && pollAfter(changedPoll(held.poll, pollChanges), votes),
    unreadableAddOns: unreadable.length,
    reactions: reactions.filter(reaction => reaction.emoji !== ''),
    accountId: row.accountId,
    threadId: row.threadId,
    messageId: row.messageId,
    messageKey: messageKeyOf(row.threadId, row.messageId),
    whatsAppId: row.whatsAppId,
    direction: row.direction,
    sender: row.sender,
    senderName: row.senderName,
    quotedWhatsAppId: row.quotedWhatsAppId,
    ...quotedOf(row),
    ...associationOf(held.association, row.parentMessageHeld),
    labels: row.labels ?? [],
    tsClaimed: row.tsClaimed,
    tsServer: row.tsServer
  }
}

export const jsonOrNull = (value: ReadonlyArray<unknown> | object | null): string | null => {
  if (value === null) return null
  const isEmpty = Array.isArray(value) ? value.length === 0 : Object.keys(value).length === 0
  return isEmpty ? null : JSON.stringify(value)
}

/** What the column has of a message that is stored; one that is new has nothing of it. */
type AddedLater = Partial<Pick<Held, 'pollChanges' | 'secrets' | 'unreadable'>> & {
  readonly votes?: Held['votes'] | undefined
}

/** The `details` column of a message. */
export const detailsColumn = (message: Omit<Details, 'media' | 'broadcast'> & AddedLater): string | null => {
  const { album, answer, association, call, contacts, event, eventResponses, location } = message
  const { mentions, poll, pollChanges = [], secrets = [], sharedBy, shortened, unreadable = [] } = message
  const { forwarded, viewOnce, votes = [] } = message
  const lists =
    contacts.length +
    votes.length +
    pollChanges.length +
    eventResponses.length +
    mentions.length +
    shortened.length +
    secrets.length +
    unreadable.length
  const isPlain = [location, poll, call, answer, event, forwarded, album, association, sharedBy].every(
    detail => detail === null
  )
  // Almost every message of a history.
  if (isPlain && lists === 0 && !viewOnce) return null
  return jsonOrNull({
    ...(location === null ? {} : { location }),
    ...(contacts.length === 0 ? {} : { contacts }),
    ...(poll === null ? {} : { poll }),
    ...(votes.length === 0 ? {} : { votes }),
    ...(pollChanges.length === 0 ? {} : { pollChanges }),
    ...(call === null ? {} : { call }),
    ...(answer === null ? {} : { answer }),
    ...(event === null ? {} : { event }),
    ...(eventResponses.length === 0 ? {} : { eventResponses }),
    ...(mentions.length === 0 ? {} : { mentions }),
    ...(viewOnce ? { viewOnce } : {}),
    ...(forwarded === null ? {} : { forwarded }),
    ...(album === null ? {} : { album }),
    ...(association === null ? {} : { association }),
    ...(sharedBy === null ? {} : { sharedBy }),
    ...(shortened.length === 0 ? {} : { shortened }),
    ...(secrets.length === 0 ? {} : { secrets }),
    ...(unreadable.length === 0 ? {} : { unreadable })
  })
}
