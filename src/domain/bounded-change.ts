// A change of a message within its bounds: what is longer was made to do harm, and some changes wait long for their message.
import type { ChangeFact } from './fact.ts'
import { beginningOf, LONGEST } from './lengths.ts'
import { plausibleTime } from './message.ts'
import { boundedPollChange, validHashes } from './poll.ts'

type Change = ChangeFact['change']

/** `shortened` names the fields of which something was cut, beside those that were cut before. */
const boundedEdit = (change: Extract<Change, { to: 'edited' }>): Change => {
  if (change.body === null || change.body.length <= LONGEST.body) return change
  const shortened = [...new Set([...(change.shortened ?? []), 'body'])]
  return { ...change, body: beginningOf(change.body, LONGEST.body), shortened }
}

const boundedPollEdit = (edit: Extract<Change, { to: 'pollChanged' }>): Change => {
  const change = boundedPollChange(edit.change)
  const isCut = JSON.stringify(change).length < JSON.stringify(edit.change).length
  return isCut ? { ...edit, change, shortened: ['poll'] } : edit
}

/**
 * The change with the time at which it was made; `known` (milliseconds since 1970) in place of one in the far future: otherwise nothing could
 * replace it for years.
 */
export const datedChange = (change: Change, known: number): Change => {
  const dated = (at: number): number => plausibleTime(at, known)
  switch (change.to) {
    case 'called':
      return change
    case 'pollChanged':
      return { ...change, change: { ...change.change, at: dated(change.change.at) } }
    case 'attached':
      return { ...change, alone: { ...change.alone, at: dated(change.alone.at) } }
    default:
      return { ...change, at: dated(change.at) }
  }
}

export const boundedChange = (change: Change): Change => {
  switch (change.to) {
    case 'edited':
      return boundedEdit(change)
    case 'continued':
      return { ...change, body: change.body === null ? null : beginningOf(change.body, LONGEST.body) }
    case 'pollChanged':
      return boundedPollEdit(change)
    case 'reacted':
      return { ...change, emoji: beginningOf(change.emoji, LONGEST.emoji) }
    case 'voted':
      return { ...change, hashes: validHashes(change.hashes) }
    default:
      return change
  }
}
