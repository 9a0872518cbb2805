// What a change does to a held message, whatever order changes arrive in: the same for every database.
import { Schema } from 'effect'
import {
  type Call,
  Call as CallSchema,
  type Details,
  type EarlierBody,
  laterStatus,
  Media,
  MediaState,
  MessageStatus,
  NO_DETAILS,
  type Poll,
  Reaction
} from './message.ts'
import { openVote, SealedVote } from './poll-vote.ts'
import { messageSecretIn } from './sealed-add-on.ts'

export const MessageChange = Schema.Union([
  Schema.Struct({ to: Schema.Literal('edited'), body: Schema.NullOr(Schema.String), at: Schema.Finite }),
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
    vote: SealedVote,
    at: Schema.Finite
  }),
  Schema.Struct({ to: Schema.Literal('called'), call: CallSchema }),
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
    /** `null` when it is to be fetched anew. */
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
  })
])
export type MessageChange = typeof MessageChange.Type

/** Who chose what and when: a later vote of the same person replaces an earlier one. */
export const Vote = Schema.Struct({
  voter: Schema.String,
  options: Schema.Array(Schema.String),
  at: Schema.Finite
})
export type Vote = typeof Vote.Type

/** The parts of a stored message that can change. Reactions taken back stay, without an emoji, so that an older one cannot return. */
export interface Held extends Details {
  readonly type: string
  readonly body: string | null
  readonly reactions: ReadonlyArray<Reaction>
  readonly edits: ReadonlyArray<typeof EarlierBody.Type>
  readonly votes: ReadonlyArray<Vote>
  readonly status: MessageStatus
  readonly statusReason: string | null
  readonly tsClient: number
  readonly raw: Uint8Array | null
}

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

/** Puts the edit where its time says: an edit that arrives late becomes an earlier body and leaves the newest one alone. */
const edited = (held: Held, body: string | null, at: number): Held => {
  if (held.type === 'revoked') return held
  const { edits } = held
  if (edits.some((edit, index) => edit.editedAt === at && bodyAfterEdit(held, index) === body)) return held
  const index = edits.findIndex(edit => edit.editedAt > at)
  const next = edits[index]
  if (next === undefined) return { ...held, body, edits: [...edits, { body: held.body, editedAt: at }] }
  return {
    ...held,
    edits: edits.toSpliced(index, 1, { body: next.body, editedAt: at }, { ...next, body })
  }
}

/** What a vote chose; `undefined` when it cannot be opened with this message. */
const chosenOptions = ({ poll, raw }: Held, vote: SealedVote): ReadonlyArray<string> | undefined => {
  const secret = poll === null || raw === null ? undefined : messageSecretIn(raw)
  if (poll === null || secret === undefined) return undefined
  return openVote({ secret, optionNames: poll.options.map(({ name }) => name) }, vote)
}

/** The newest vote of each voter counts. */
export const withVote = (held: Held, vote: Vote): Held => {
  const known = held.votes.find(({ voter }) => voter === vote.voter)
  if (known !== undefined && (known.at > vote.at || isSameVote(known, vote))) return held
  return { ...held, votes: [...held.votes.filter(other => other !== known), vote] }
}

const isSameVote = (one: Vote, other: Vote): boolean =>
  one.at === other.at &&
  one.options.length === other.options.length &&
  one.options.every(option => other.options.includes(option))

/** How much an outcome says: that a call was answered is not undone by its end. */
const telling = ({ outcome }: Call): number => ['ringing', 'missed', 'declined', 'answered'].indexOf(outcome)

const fetched = (held: Held, change: Extract<MessageChange, { to: 'fetched' }>): Held => {
  const { media } = held
  if (media === null || media.download?.mediaKey !== change.mediaKey) return held
  const { fetched: before, ...described } = media
  const after = change.state === null ? undefined : { state: change.state, reason: change.reason }
  const download = {
    ...media.download,
    directPath: change.directPath ?? media.download.directPath,
    fileSha256: change.fileSha256 ?? media.download.fileSha256
  }
  const isNews =
    before?.state !== after?.state ||
    before?.reason !== after?.reason ||
    download.directPath !== media.download.directPath ||
    download.fileSha256 !== media.download.fileSha256
  if (!isNews) return held
  return { ...held, media: { ...described, download, ...(after === undefined ? {} : { fetched: after }) } }
}

export const applyChange = (held: Held, change: MessageChange): Held => {
  switch (change.to) {
    case 'edited':
      return edited(held, change.body, change.at)
    case 'revoked':
      return { ...held, ...NO_DETAILS, type: 'revoked', body: null, edits: [], votes: [], raw: null }
    case 'reacted':
      return reacted(held, change)
    case 'voted': {
      const options = chosenOptions(held, change.vote)
      return options === undefined ? held : withVote(held, { voter: change.voter, options, at: change.at })
    }
    case 'called': {
      const { call } = held
      if (call !== null && telling(call) >= telling(change.call)) return held
      return { ...held, call: call === null ? change.call : { ...call, outcome: change.call.outcome } }
    }
    case 'timed':
      return { ...held, tsClient: change.at }
    case 'fetched':
      return fetched(held, change)
    case 'prepared':
      return { ...held, raw: change.raw, media: change.media }
    case 'status': {
      const status = laterStatus(held.status, change.status)
      return status === held.status ? held : { ...held, status, statusReason: change.reason }
    }
  }
}

/** The poll as it stands after these votes. */
export const pollAfter = (poll: Poll | null, votes: ReadonlyArray<Vote>): Poll | null => {
  if (poll === null || votes.length === 0) return poll
  const voters = new Set(votes.map(({ voter }) => voter))
  return {
    ...poll,
    options: poll.options.map(option => ({
      name: option.name,
      voters: [
        ...option.voters.filter(voter => !voters.has(voter)),
        ...votes.filter(({ options }) => options.includes(option.name)).map(({ voter }) => voter)
      ]
    }))
  }
}
