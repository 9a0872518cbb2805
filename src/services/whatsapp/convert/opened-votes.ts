// Votes that the phone has opened already, in the polls of the history it shares.
import { optionHash } from '../../../domain/poll.ts'
import { hex } from './reference.ts'
import type { Poll } from '../../../domain/message.ts'

/** A vote that the phone opened before it shared its history. */
export interface OpenedVote {
  /** `me` or an address. */
  readonly voter: string
  readonly hashes: ReadonlyArray<Uint8Array>
  readonly at: number
}

/** The poll with these votes in it; the newest vote of each person counts. */
export const withVotes = (poll: Poll, votes: ReadonlyArray<OpenedVote>): Poll => {
  const newest = new Map<string, OpenedVote>()
  for (const vote of votes) {
    const earlier = newest.get(vote.voter)
    if (earlier === undefined || earlier.at <= vote.at) newest.set(vote.voter, vote)
  }
  const cast = [...newest.values()].map(({ hashes, voter }) => ({ voter, hashes: new Set(hashes.map(hex)) }))
  return {
    ...poll,
    options: poll.options.map(({ name, voters }) => {
      const hash = optionHash(name)
      const choosing = cast.filter(({ hashes }) => hashes.has(hash)).map(({ voter }) => voter)
      return { name, voters: [...new Set([...voters, ...choosing])] }
    })
  }
}
