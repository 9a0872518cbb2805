// Polls: how votes name their options, and what edits, added options and votes make of a poll, whatever order they come in.
import { createHash } from 'node:crypto'
import { Schema } from 'effect'
import { beginningOf, boundedName, LONGEST } from './lengths.ts'
import type { Poll } from './message.ts'

/** WhatsApp allows twelve. */
export const MOST_OPTIONS = 200
/** More changes than this are no use of a poll, and each makes the texts of all of them again. */
const MOST_CHANGES = 50

/** How votes name an option: SHA-256 of its name, in hexadecimal. */
export const optionHash = (optionName: string): string =>
  createHash('sha256').update(optionName).digest('hex')

/** A poll as text. */
export const pollText = (question: string, optionNames: ReadonlyArray<string>): string =>
  [question, ...optionNames.map(name => `• ${name}`)].join('\n')

/** Its author's edit, with what it replaces; or one option that somebody added. `at` in milliseconds since 1970. */
export const PollChange = Schema.Struct({
  at: Schema.Finite,
  question: Schema.optionalKey(Schema.String),
  options: Schema.optionalKey(Schema.Array(Schema.String)),
  added: Schema.optionalKey(Schema.String)
})
export type PollChange = typeof PollChange.Type

/** The change with names as long as they may be, and as many options. */
export const boundedPollChange = (change: PollChange): PollChange => {
  const { added, options, question } = change
  return {
    at: change.at,
    ...(question === undefined ? {} : { question: boundedName(question) }),
    ...(options === undefined ? {} : { options: options.slice(0, MOST_OPTIONS).map(boundedName) }),
    ...(added === undefined ? {} : { added: boundedName(added) })
  }
}

const identityOf = (change: PollChange): string => JSON.stringify(change)

const lengthOf = (changes: ReadonlyArray<PollChange>): number =>
  changes.reduce((sum, change) => sum + identityOf(change).length, 0)

/** The changes with one more, in the order of their times; the same list when it is there already, or there are too many. */
export const withPollChange = (
  changes: ReadonlyArray<PollChange>,
  change: PollChange
): ReadonlyArray<PollChange> => {
  const identity = identityOf(change)
  const isTooMuch = changes.length >= MOST_CHANGES || lengthOf(changes) + identity.length > LONGEST.edits
  if (isTooMuch || changes.some(known => identityOf(known) === identity)) return changes
  return [...changes, change].toSorted((a, b) => a.at - b.at || (identityOf(a) < identityOf(b) ? -1 : 1))
}

/** What the changes so far say: the options of the last edit, and those that were added. */
interface PollState {
  readonly question: string
  readonly edited: ReadonlyArray<string>
  readonly added: ReadonlyArray<string>
}

const firstState = ({ options, question }: Poll): PollState => ({
  question,
  edited: options.map(({ name }) => name),
  added: []
})

const nextState = ({ added, edited, question }: PollState, change: PollChange): PollState => ({
  question: change.question ?? question,
  edited: change.options ?? edited,
  added: change.added === undefined ? added : [...added, change.added]
})

/** An option that was added stays when the author edits: it may have crossed the edit. */
const optionsOf = ({ added, edited }: PollState): ReadonlyArray<string> =>
  [...new Set([...edited, ...added])].slice(0, MOST_OPTIONS)

/** The poll after these changes. */
export const changedPoll = (poll: Poll, changes: ReadonlyArray<PollChange>): Poll => {
  if (changes.length === 0) return poll
  const state = changes.reduce(nextState, firstState(poll))
  const voters = new Map(poll.options.map(option => [option.name, option.voters]))
  const options = optionsOf(state).map(name => ({ name, voters: voters.get(name) ?? [] }))
  return { ...poll, question: state.question, options }
}

const textOf = (state: PollState): string =>
  beginningOf(pollText(state.question, optionsOf(state)), LONGEST.body)

/** The poll's text after the changes, and what it was before each of them. */
export const pollTexts = (
  poll: Poll,
  changes: ReadonlyArray<PollChange>
): { readonly now: string; readonly before: ReadonlyArray<string> } => {
  let state = firstState(poll)
  const before: Array<string> = []
  for (const change of changes) {
    before.push(textOf(state))
    state = nextState(state, change)
  }
  return { now: textOf(state), before }
}

/**
 * Who chose what and when: a later vote of the same person replaces an earlier one. `options` are names; `unknown` are the
 * hashes that no option had when the vote was stored: the option may be added later.
 */
export const Vote = Schema.Struct({
  voter: Schema.String,
  options: Schema.Array(Schema.String),
  unknown: Schema.optionalKey(Schema.Array(Schema.String)),
  at: Schema.Finite
})
export type Vote = typeof Vote.Type

/** As many hashes as a poll has options, without what is no SHA-256. */
export const validHashes = (hashes: ReadonlyArray<string>): ReadonlyArray<string> =>
  [...new Set(hashes.filter(hash => hash.length === 64))].slice(0, MOST_OPTIONS)

/** A vote, by the names of the options that have the hashes. */
export const namedVote = (
  poll: Poll,
  {
    at,
    hashes,
    voter
  }: { readonly voter: string; readonly hashes: ReadonlyArray<string>; readonly at: number }
): Vote => {
  const names = new Map(poll.options.map(({ name }) => [optionHash(name), name]))
  const chosen = validHashes(hashes)
  const unknown = chosen.filter(hash => !names.has(hash))
  const options = poll.options.map(({ name }) => name).filter(name => chosen.includes(optionHash(name)))
  return { voter, options: [...new Set(options)], ...(unknown.length === 0 ? {} : { unknown }), at }
}

const chose = ({ options, unknown }: Vote, name: string): boolean =>
  options.includes(name) || (unknown !== undefined && unknown.includes(optionHash(name)))

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
        ...votes.filter(vote => chose(vote, option.name)).map(({ voter }) => voter)
      ]
    }))
  }
}
