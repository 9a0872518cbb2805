// A change of a message within its bounds: what is longer was made to do harm, and some changes wait long for their message.
import type { ChangeFact } from './fact.ts'
import { beginningOf, LONGEST } from './lengths.ts'
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
