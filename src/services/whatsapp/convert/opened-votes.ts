// Votes that the phone has opened already, beside the polls of the history it shares.
import type { proto } from '@whiskeysockets/baileys'
import type { Party, VoteFact } from '../../../domain/fact.ts'
import type { Poll } from '../../../domain/message.ts'
import { hex, optionHash } from '../../../domain/poll-vote.ts'
import { millisecondsOf } from './numbers.ts'

/** The votes in a poll; `voterOf` says who voted. */
export const openedVotes = (
  poll: Poll,
  updates: ReadonlyArray<proto.IPollUpdate>,
  voterOf: (key: proto.IMessageKey | null | undefined) => Party | undefined
): ReadonlyArray<VoteFact> => {
  const names = [...new Set(poll.options.map(({ name }) => name))]
  return updates.flatMap(({ pollUpdateMessageKey, senderTimestampMs, vote }) => {
    const by = voterOf(pollUpdateMessageKey)
    if (by === undefined || !vote) return []
    const chosen = new Set((vote.selectedOptions ?? []).map(hex))
    const options = names.filter(name => chosen.has(optionHash(name)))
    return [{ by, options, at: millisecondsOf(senderTimestampMs) ?? 0 }]
  })
}
