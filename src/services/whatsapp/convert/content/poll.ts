// Polls, and the forwarded results of a poll. Votes are changes, not content.
import type { proto } from '@whiskeysockets/baileys'
import { MOST_OPTIONS, pollText } from '../../../../domain/poll.ts'
import { numberOf } from '../numbers.ts'
import type { Family, Parts } from './parts.ts'

export const optionNamesOf = (poll: proto.Message.IPollCreationMessage): ReadonlyArray<string> =>
  (poll.options ?? []).slice(0, MOST_OPTIONS).map(({ optionName }) => optionName ?? '')

const poll = (asked: proto.Message.IPollCreationMessage): Parts => {
  const question = asked.name ?? ''
  const names = optionNamesOf(asked)
  return {
    type: 'poll',
    body: pollText(question, names),
    poll: {
      question,
      options: names.map(name => ({ name, voters: [] })),
      selectable: asked.selectableOptionsCount ?? 0
    },
    ...(names.length < (asked.options ?? []).length ? { shortened: ['poll'] } : {})
  }
}

const results = ({ name, pollVotes }: proto.Message.IPollResultSnapshotMessage): Parts => ({
  type: 'poll',
  body: [
    name ?? '',
    ...(pollVotes ?? [])
      .slice(0, MOST_OPTIONS)
      .map(({ optionName, optionVoteCount }) => `• ${optionName ?? ''} (${numberOf(optionVoteCount) ?? 0})`)
  ].join('\n')
})

export const POLL: Family = {
  pollCreationMessage: poll,
  pollCreationMessageV2: poll,
  pollCreationMessageV3: poll,
  pollCreationMessageV5: poll,
  pollResultSnapshotMessage: results,
  pollResultSnapshotMessageV3: results
}
