// Votes that the phone has opened already, beside the polls of the history it shares.
import type { proto } from '@whiskeysockets/baileys'
import type { Party, VoteFact } from '../../../domain/fact.ts'
import { millisecondsOf } from './numbers.ts'
import { hex } from './reference.ts'

/** `voterOf` says who voted. */
export const openedVotes = (
  updates: ReadonlyArray<proto.IPollUpdate>,
  voterOf: (key: proto.IMessageKey | null | undefined) => Party | undefined
): ReadonlyArray<VoteFact> =>
  updates.flatMap(({ pollUpdateMessageKey, senderTimestampMs, vote }) => {
    const by = voterOf(pollUpdateMessageKey)
    if (by === undefined || !vote) return []
    return [{ by, hashes: (vote.selectedOptions ?? []).map(hex), at: millisecondsOf(senderTimestampMs) ?? 0 }]
  })
