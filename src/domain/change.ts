// What a change does to a held message, whatever order changes arrive in: the same for every database.
import { Schema } from 'effect'
import { withReport } from './call.ts'
import { LONGEST } from './lengths.ts'
import {
  Association,
  Call,
  type Details,
  type EarlierBody,
  EventResponse,
  filesOf,
  laterStatus,
  Location,
  MEDIA_VARIANTS,
  Media,
  MediaFile,
  MediaState,
  MessageStatus,
  NO_DETAILS,
  Reaction
} from './message.ts'
import { changedPoll, namedVote, PollChange, pollTexts, type Vote, withPollChange } from './poll.ts'
import { messageSecretIn } from './sealed-add-on.ts'

/** What a file is to the message it belongs to: in better quality, in another encoding, the film of a motion photo, an event's picture. */
export const AttachedAs = Schema.Literals(['hd', 'hevc', 'motion', 'cover'])
export type AttachedAs = typeof AttachedAs.Type

/** The message that brought a file, as it is stored by itself if the one it belongs to never comes. `at` in milliseconds since 1970. */
export const Alone = Schema.Struct({
  type: Schema.String,
  body: Schema.NullOr(Schema.String),
  at: Schema.Finite,
  association: Association
})
export type Alone = typeof Alone.Type

/** How far a message got with one recipient. */
export const ReceiptStatus = Schema.Literals(['delivered', 'read', 'played'])
export type ReceiptStatus = typeof ReceiptStatus.Type

export const MessageChange = Schema.Union([
  /** `mentions` are the people in the new body; without them it mentions those of the body before. */
  Schema.Struct({
    to: Schema.Literal('edited'),
    body: Schema.NullOr(Schema.String),
    at: Schema.Finite,
    mentions: Schema.optionalKey(Schema.Array(Schema.String)),
    /** Where an event takes place now. */
    location: Schema.optionalKey(Schema.NullOr(Location)),
    /** The fields of which something was cut. */
    shortened: Schema.optionalKey(Schema.Array(Schema.String)),
    /** The secret that seals the next edit; base64. */
    secret: Schema.optionalKey(Schema.String)
  }),
  /** A part of an answer that is still being written: it replaces the part before it. */
  Schema.Struct({ to: Schema.Literal('continued'), body: Schema.NullOr(Schema.String), at: Schema.Finite }),
  Schema.Struct({
    to: Schema.Literal('pollChanged'),
    change: PollChange,
    shortened: Schema.optionalKey(Schema.Array(Schema.String)),
    secret: Schema.optionalKey(Schema.String)
  }),
  /** `by` is there when it was not the writer: then it counts only if that person is an admin of the group. */
  Schema.Struct({
    to: Schema.Literal('revoked'),
    at: Schema.Finite,
    by: Schema.optionalKey(Schema.String)
  }),
  Schema.Struct({ to: Schema.Literal('reacted'), ...Reaction.fields }),
  Schema.Struct({
    to: Schema.Literal('voted'),
    voter: Schema.String,
    /** Of the names of the chosen options. */
    hashes: Schema.Array(Schema.String),
    at: Schema.Finite
  }),
  Schema.Struct({ to: Schema.Literal('answered'), ...EventResponse.fields }),
  /** An add-on that its secret does not open. */
  Schema.Struct({ to: Schema.Literal('unreadable'), addOnId: Schema.String }),
  /** An add-on that could be opened after all. */
  Schema.Struct({ to: Schema.Literal('readable'), addOnId: Schema.String }),
  /** Another report of the message had its secret (base64). */
  Schema.Struct({ to: Schema.Literal('secretLearned'), secret: Schema.String }),
  Schema.Struct({ to: Schema.Literal('called'), call: Call }),
  /** A file that came in a message of its own and belongs to this one. */
  Schema.Struct({
    to: Schema.Literal('attached'),
    as: AttachedAs,
    file: MediaFile,
    alone: Alone,
    /** Who sent it; `null` when the account itself did. */
    sender: Schema.NullOr(Schema.String)
  }),
  Schema.Struct({ to: Schema.Literal('starred'), starred: Schema.Boolean, at: Schema.Finite }),
  Schema.Struct({ to: Schema.Literal('deletedForMe'), deleted: Schema.Boolean, at: Schema.Finite }),
  /** WhatsApp says when it took the message; that is the time every other copy of it carries. */
  Schema.Struct({ to: Schema.Literal('timed'), at: Schema.Finite }),
  /** The protobuf became final: media of ours were uploaded. */
  Schema.Struct({
    to: Schema.Literal('prepared'),
    raw: Schema.Uint8ArrayFromBase64,
    media: Schema.NullOr(Media)
  }),
  /** What became of a download; `mediaKey` says of which file, should the message have another one by now. */
  Schema.Struct({
    to: Schema.Literal('fetched'),
    mediaKey: Schema.String,
    /** `null` when it is to be fetched again. */
    state: Schema.NullOr(MediaState),
    reason: Schema.NullOr(Schema.String),
    /** Where the phone uploaded it again. */
    directPath: Schema.optionalKey(Schema.String),
    /** Base64, as the file itself tells it; WhatsApp does not always. */
    fileSha256: Schema.optionalKey(Schema.String)
  }),
  Schema.Struct({
    to: Schema.Literal('status'),
    status: MessageStatus,
    reason: Schema.NullOr(Schema.String)
  }),
  /** Somebody got, read or played it. */
  Schema.Struct({
    to: Schema.Literal('receipt'),
    recipient: Schema.String,
    status: ReceiptStatus,
    at: Schema.Finite
  })
])
export type MessageChange = typeof MessageChange.Type

/** The parts of a stored message that can change. Reactions taken back stay, without an emoji, so that an older one cannot return. */
export interface Held extends Details {
  readonly type: string
  readonly body: string | null
  readonly reactions: ReadonlyArray<Reaction>
  readonly edits: ReadonlyArray<typeof EarlierBody.Type>
  readonly votes: ReadonlyArray<Vote>
  readonly pollChanges: ReadonlyArray<PollChange>
  /** The secrets that came with edits and in later reports, base64; the message's own is in its protobuf. */
  readonly secrets: ReadonlyArray<string>
  /** The ids of add-ons that no secret opens. */
  readonly unreadable: ReadonlyArray<string>
  readonly status: MessageStatus
  readonly statusReason: string | null
  readonly tsClient: number
  readonly raw: Uint8Array | null
  readonly starred: boolean
  /** When the star was set or removed; `null`: only a history says it. */
  readonly starredAt: number | null
  readonly deletedForMeAt: number | null
}

/** What others add to a message, of a message that nobody added anything to. */
const NOTHING_ADDED = { edits: [], votes: [], pollChanges: [], secrets: [], unreadable: [] }

const reacted = (held: Held, { at, emoji, sender }: Reaction): Held => {
  const known = held.reactions.find(reaction => reaction.sender === sender)
  if (known !== undefined && (known.at > at || (known.at === at && known.emoji === emoji))) return held
  return {
    ...held,
    reactions: [...held.reactions.filter(other => other !== known), { sender, emoji, at }]
  }
}

/** What the message said after one of its edits. */
export const bodyAfterEdit = (
  { body, edits }: Pick<Held, 'body' | 'edits'>,
  index: number
): string | null => {
  const next = edits[index + 1]
  return next === undefined ? body : next.body
}

/** Edits that are kept of a message. WhatsApp lets it be edited for a quarter of an hour. */
const MOST_EDITS = 200

const isTooMuch = (edits: Held['edits']): boolean =>
  edits.length > MOST_EDITS || edits.reduce((sum, { body }) => sum + (body?.length ?? 0), 0) > LONGEST.edits

/** What the message said first, and its newest edits: the others are forgotten when they are too many or too long. */
const keptEdits = (edits: Held['edits']): Held['edits'] => {
  let kept = edits
  while (isTooMuch(kept)) {
    const [first, second, ...others] = kept
    if (first === undefined || second === undefined) break
    kept = [{ body: first.body, editedAt: second.editedAt }, ...others]
  }
  return kept
}

/** Puts the edit where its time says: an edit that arrives late becomes an earlier body and leaves the newest one alone. */
const withBody = (held: Held, body: string | null, at: number): Held => {
  const { edits } = held
  if (edits.some((edit, index) => edit.editedAt === at && bodyAfterEdit(held, index) === body)) return held
  const index = edits.findIndex(edit => edit.editedAt > at)
  const next = edits[index]
  if (next === undefined) {
    const earlier = { body: held.body, editedAt: at }
    return { ...held, body, edits: keptEdits([...edits, earlier]) }
  }
  return {
    ...held,
    edits: keptEdits(edits.toSpliced(index, 1, { body: next.body, editedAt: at }, { ...next, body }))
  }
}

/** An edit brings a secret at most; older ones are not needed for ever. */
const MOST_SECRETS = 8

const withSecret = (held: Held, secret: string | undefined): Held =>
  secret === undefined || held.secrets.includes(secret)
    ? held
    : { ...held, secrets: [...held.secrets, secret].slice(-MOST_SECRETS) }

/** With the names of fields of which a change has cut something. */
const withShortened = (held: Held, names: ReadonlyArray<string> = []): Held => {
  const shortened = [...new Set([...held.shortened, ...names])]
  return shortened.length === held.shortened.length ? held : { ...held, shortened }
}

const isOwnSecret = ({ raw, type }: Held, secret: string): boolean => {
  const own = raw === null ? undefined : messageSecretIn(raw)
  return type === 'revoked' || (own !== undefined && Buffer.from(own).toString('base64') === secret)
}

const edited = (held: Held, change: Extract<MessageChange, { to: 'edited' }>): Held => {
  if (held.type === 'revoked') return held
  const { at, body, location, mentions, secret, shortened } = change
  const isNewest = held.edits.every(({ editedAt }) => editedAt <= at)
  const after = withShortened(withSecret(withBody(held, body, at), secret), shortened)
  if (!isNewest || after === held) return after
  return {
    ...after,
    location: location === undefined ? after.location : location,
    mentions: mentions ?? after.mentions
  }
}

/** Only the first part and the newest are kept: an answer comes in dozens of parts. */
const continued = (held: Held, body: string | null, at: number): Held => {
  const [first] = held.edits
  if (held.type === 'revoked' || (first !== undefined && first.editedAt > at)) return held
  // Of two parts of one millisecond the longer is the later: an answer grows.
  const isEarlier = first?.editedAt === at && (body?.length ?? 0) <= (held.body?.length ?? 0)
  if (isEarlier) return held
  return { ...held, body, edits: [{ body: first === undefined ? held.body : first.body, editedAt: at }] }
}

/** The texts are made again from the first one: a change that arrives late changes all that came after it. */
const pollChanged = (held: Held, change: PollChange): Held => {
  const { poll } = held
  if (poll === null) return held
  const pollChanges = withPollChange(held.pollChanges, change)
  if (pollChanges === held.pollChanges) return held
  const texts = pollTexts(poll, pollChanges)
  const times = new Set(held.pollChanges.map(({ at }) => at))
  const others = held.edits.filter(({ editedAt }) => !times.has(editedAt))
  const edits = pollChanges.map(({ at }, index) => ({ body: texts.before[index] ?? null, editedAt: at }))
  return { ...held, pollChanges, body: texts.now, edits: keptEdits([...others, ...edits]) }
}

const answered = (held: Held, { at, extraGuests, response, sender }: EventResponse): Held => {
  if (held.type === 'revoked') return held
  const known = held.eventResponses.find(other => other.sender === sender)
  const isKnown = known?.at === at && known.response === response && known.extraGuests === extraGuests
  if (known !== undefined && (known.at > at || isKnown)) return held
  const others = held.eventResponses.filter(other => other !== known)
  const all = [...others, { sender, response, extraGuests, at }]
  return { ...held, eventResponses: all.toSorted((a, b) => a.at - b.at || (a.sender < b.sender ? -1 : 1)) }
}

/** Enough to see that something is wrong. */
const MOST_UNREADABLE = 200

const withUnreadable = (held: Held, addOnId: string): Held =>
  held.type === 'revoked' || held.unreadable.includes(addOnId) || held.unreadable.length >= MOST_UNREADABLE
    ? held
    : { ...held, unreadable: [...held.unreadable, addOnId] }

const voted = (held: Held, change: Extract<MessageChange, { to: 'voted' }>): Held =>
  held.poll === null ? held : withVote(held, namedVote(changedPoll(held.poll, held.pollChanges), change))

/** The newest vote of each voter counts. */
export const withVote = (held: Held, vote: Vote): Held => {
  const known = held.votes.find(({ voter }) => voter === vote.voter)
  if (known !== undefined && (known.at > vote.at || isSameVote(known, vote))) return held
  return { ...held, votes: [...held.votes.filter(other => other !== known), vote] }
}

const isSameVote = (one: Vote, other: Vote): boolean =>
  one.at === other.at && namesOf(one).join('\n') === namesOf(other).join('\n')

const namesOf = ({ options, unknown = [] }: Vote): ReadonlyArray<string> =>
  [...options, ...unknown].toSorted()

type Fetched = Extract<MessageChange, { to: 'fetched' }>

/** What the download changes about this file; `undefined` when it is about another one or tells nothing new. */
const newsOf = (file: MediaFile, change: Fetched): Pick<MediaFile, 'download' | 'fetched'> | undefined => {
  if (file.download?.mediaKey !== change.mediaKey) return undefined
  const after = change.state === null ? undefined : { state: change.state, reason: change.reason }
  const download = {
    ...file.download,
    directPath: change.directPath ?? file.download.directPath,
    fileSha256: change.fileSha256 ?? file.download.fileSha256
  }
  const isNews =
    file.fetched?.state !== after?.state ||
    file.fetched?.reason !== after?.reason ||
    download.directPath !== file.download.directPath ||
    download.fileSha256 !== file.download.fileSha256
  return isNews ? { download, ...(after === undefined ? {} : { fetched: after }) } : undefined
}

const fetched = (held: Held, change: Fetched): Held => {
  const { media } = held
  if (media === null) return held
  const news = newsOf(media, change)
  if (news !== undefined) {
    const { fetched: _before, ...described } = media
    return { ...held, media: { ...described, ...news } }
  }
  const { variants = [] } = media
  if (!variants.some(variant => newsOf(variant, change) !== undefined)) return held
  const after = variants.map(variant => {
    const { fetched: _before, ...described } = variant
    const ofVariant = newsOf(variant, change)
    return ofVariant === undefined ? variant : { ...described, ...ofVariant }
  })
  return { ...held, media: { ...media, variants: after } }
}

/** The better file is shown; what was shown before stays beside it. A file that is there already changes nothing. */
const attached = (held: Held, { as, file }: Extract<MessageChange, { to: 'attached' }>): Held => {
  const { media } = held
  if (held.type === 'revoked') return held
  const isSame = (other: MediaFile) =>
    other.whatsAppId === file.whatsAppId ||
    (file.download !== null && other.download?.mediaKey === file.download.mediaKey)
  if (filesOf(media).some(isSame)) return held
  if (media === null || as === 'cover') return { ...held, media: file }
  const { variants = [], ...shown } = media
  if (as !== 'hd') {
    const inOrder = [...variants, { kind: as, ...file }].toSorted(
      (a, b) => MEDIA_VARIANTS.indexOf(a.kind) - MEDIA_VARIANTS.indexOf(b.kind)
    )
    return { ...held, media: { ...media, variants: inOrder } }
  }
  // There is one already.
  if (variants.some(({ kind }) => kind === 'sd')) return held
  return { ...held, media: { ...file, variants: [{ kind: 'sd', ...shown }, ...variants] } }
}

const withStatus = (held: Held, reached: MessageStatus, statusReason: string | null): Held => {
  const status = laterStatus(held.status, reached)
  return status === held.status ? held : { ...held, status, statusReason }
}

export const applyChange = (held: Held, change: MessageChange): Held => {
  switch (change.to) {
    case 'edited':
      return edited(held, change)
    case 'continued':
      return continued(held, change.body, change.at)
    case 'pollChanged':
      return withShortened(withSecret(pollChanged(held, change.change), change.secret), change.shortened)
    case 'revoked':
      return { ...held, ...NO_DETAILS, ...NOTHING_ADDED, type: 'revoked', body: null, raw: null }
    case 'reacted':
      return reacted(held, change)
    case 'voted':
      return voted(held, change)
    case 'answered':
      return answered(held, change)
    case 'unreadable':
      return withUnreadable(held, change.addOnId)
    case 'readable':
      return { ...held, unreadable: held.unreadable.filter(addOnId => addOnId !== change.addOnId) }
    case 'secretLearned':
      return isOwnSecret(held, change.secret) ? held : withSecret(held, change.secret)
    case 'called': {
      const call = withReport(held.call, change.call)
      return call === held.call ? held : { ...held, call }
    }
    case 'starred':
      if (held.starredAt !== null && held.starredAt > change.at) return held
      return { ...held, starred: change.starred, starredAt: change.at }
    case 'deletedForMe':
      if ((held.deletedForMeAt ?? 0) > change.at) return held
      return { ...held, deletedForMeAt: change.deleted ? change.at : null }
    case 'timed':
      return { ...held, tsClient: change.at }
    case 'attached':
      return attached(held, change)
    case 'fetched':
      return fetched(held, change)
    case 'prepared':
      return { ...held, raw: change.raw, media: change.media }
    case 'status':
      return withStatus(held, change.status, change.reason)
    case 'receipt':
      return withStatus(held, change.status, null)
  }
}
