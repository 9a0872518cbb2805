// What a message that is stored becomes when the phone's history, or a second copy of it, shows it again: in each of its
// parts the newer state wins, and nothing that is newer here is undone.
import { applyChange, type Held, withVote } from './change.ts'
import type { Call, EventResponse, Location, Poll, Reaction } from './message.ts'
import type { Vote } from './poll.ts'

/** A message as a source showed it. Times are milliseconds since 1970. */
export interface MessageSnapshot {
  readonly type: string
  readonly body: string | null
  /** When the last edit was made; `null`: it has not been edited. */
  readonly editedAt: number | null
  /** A reaction without an emoji was taken back. */
  readonly reactions: ReadonlyArray<Reaction>
  readonly votes: ReadonlyArray<Vote>
  readonly poll: Poll | null
  readonly call: Call | null
  readonly location: Location | null
  readonly eventResponses: ReadonlyArray<EventResponse>
}

/** Since when the reactions and votes that a snapshot does not have are gone; `null`: it does not tell. */
export interface Completeness {
  readonly reactionsAsOf: number | null
  readonly votesAsOf: number | null
}

export const NOT_COMPLETE: Completeness = { reactionsAsOf: null, votesAsOf: null }

/** Clocks of phones differ, and a phone may be some minutes behind with what it has received. */
const TOLERATED_LAG_MS = 60 * 60 * 1000

export const afterSnapshot = (
  held: Held,
  snapshot: MessageSnapshot,
  completeness: Completeness = NOT_COMPLETE
): Held => {
  if (held.type === 'revoked') return held
  if (snapshot.type === 'revoked') return applyChange(held, { to: 'revoked', at: held.tsClient })
  return [withText, withReactions, withVotes, withCall, withResponses].reduce(
    (state, part) => part(state, snapshot, completeness),
    held
  )
}

type Part = (held: Held, snapshot: MessageSnapshot, completeness: Completeness) => Held

/** Another type, such as `undecryptable`, has other words: they are no edit. */
const withText: Part = (held, { body, editedAt: at, location, poll, type }) => {
  if (type !== held.type) return held
  if (at === null) return withFirstBody(held, body)
  if (held.poll !== null && poll !== null) return withPoll(held, poll, at)
  return applyChange(held, { to: 'edited', body, at, ...(type === 'event' ? { location } : {}) })
}

/** What a poll said already when it was stored is no change of it. */
const withPoll = (held: Held, { options, question }: Poll, at: number): Held =>
  held.edits.some(({ editedAt }) => editedAt >= at)
    ? held
    : applyChange(held, {
        to: 'pollChanged',
        change: { at, question, options: options.map(({ name }) => name) }
      })

/** A message that was first seen after its edit lacks the words from before it. */
const withFirstBody = (held: Held, body: string | null): Held => {
  const [first, ...others] = held.edits
  return first === undefined || first.body !== null || body === null || body === held.body
    ? held
    : { ...held, edits: [{ ...first, body }, ...others] }
}

const withReactions: Part = (held, { reactions }, { reactionsAsOf }) => {
  const named = new Set(reactions.map(({ sender }) => sender))
  const gone = held.reactions
    .filter(({ at, emoji, sender }) => emoji !== '' && !named.has(sender) && isBefore(at, reactionsAsOf))
    .map(({ at, sender }) => ({ sender, emoji: '', at: at + 1 }))
  return [...reactions, ...gone].reduce(
    (state, reaction) => applyChange(state, { to: 'reacted', ...reaction }),
    held
  )
}

const withVotes: Part = (held, { votes }, { votesAsOf }) => {
  if (held.poll === null) return held
  const named = new Set(votes.map(({ voter }) => voter))
  const gone = held.votes
    .filter(({ at, options, voter }) => options.length > 0 && !named.has(voter) && isBefore(at, votesAsOf))
    .map(({ at, voter }) => ({ voter, options: [], at: at + 1 }))
  return [...votes, ...gone].reduce(withVote, held)
}

const withCall: Part = (held, { call }) =>
  held.call === null || call === null ? held : applyChange(held, { to: 'called', call })

const withResponses: Part = (held, { eventResponses }) =>
  eventResponses.reduce((state, response) => applyChange(state, { to: 'answered', ...response }), held)

const isBefore = (at: number, asOf: number | null): boolean => asOf !== null && at < asOf - TOLERATED_LAG_MS
