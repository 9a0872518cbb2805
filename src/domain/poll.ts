// Polls: how votes name their options, and what edits, added options and votes make of a poll, whatever order they come in.
import { createHash } from 'node:crypto'
import { Schema } from 'effect'
import type { Poll } from './message.ts'

/** WhatsApp allows twelve. */
export const MOST_OPTIONS = 200
/** More changes than this are no use of a poll. */
const MOST_CHANGES = 200

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

const identityOf = (change: PollChange): string => JSON.stringify(change)

/** The changes with one more, in the order of their times; the same list when it is there already. */
export const withPollChange = (
  changes: ReadonlyArray<PollChange>,
  change: PollChange
): ReadonlyArray<PollChange> => {
  const identity = identityOf(change)
  if (changes.length >= MOST_CHANGES || changes.some(known => identityOf(known) === identity)) return changes
  return [...changes, change].toSorted((a, b) => a.at - b.at || (identityOf(a) < identityOf(b) ? -1 : 1))
}

/** The poll after these changes. An option that was added stays when the author edits: it may have crossed the edit. */
export const changedPoll = (poll: Poll, changes: ReadonlyArray<PollChange>): Poll => {
  if (changes.length === 0) return poll
  let { question } = poll
  let edited = poll.options.map(({ name }) => name)
  const added: Array<string> = []
  for (const change of changes) {
    question = change.question ?? question
    edited = change.options === undefined ? edited : [...change.options]
    if (change.added !== undefined) added.push(change.added)
  }
  const names = [...new Set([...edited, ...added])].slice(0, MOST_OPTIONS)
  const voters = new Map(poll.options.map(option => [option.name, option.voters]))
  return { ...poll, question, options: names.map(name => ({ name, voters: voters.get(name) ?? [] })) }
}

const textOf = ({ options, question }: Poll): string =>
  pollText(
    question,
    options.map(({ name }) => name)
  )

/** The poll's text after the changes, and what it was before each of them. */
export const pollTexts = (
  poll: Poll,
  changes: ReadonlyArray<PollChange>
): { readonly now: string; readonly before: ReadonlyArray<string> } => ({
  now: textOf(changedPoll(poll, changes)),
  before: changes.map((_, index) => textOf(changedPoll(poll, changes.slice(0, index))))
})

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
  const chosen = [...new Set(hashes)].slice(0, MOST_OPTIONS)
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
