// Opens votes: a vote names hashes of options and is sealed with a secret that only the poll itself carries.
import { createHash } from 'node:crypto'
import { decryptPollVote, proto } from '@whiskeysockets/baileys'
import type { SealedVote } from '../../../domain/fact.ts'
import type { Poll } from '../../../domain/message.ts'
import { optionNamesOf, pollIn } from './content/poll.ts'
import { unwrap } from './unwrap.ts'

const hashOf = (optionName: string): string => createHash('sha256').update(optionName).digest('hex')

const hex = (hash: Uint8Array): string => Buffer.from(hash).toString('hex')

/** What a poll's message says that votes need. */
const pollOf = (encoded: Uint8Array) => {
  const { layers, message } = unwrap(proto.Message.decode(encoded))
  const secret = layers.map(layer => layer.messageContextInfo?.messageSecret).find(bytes => bytes?.length)
  const poll = pollIn(message)
  return secret && poll ? { secret, names: optionNamesOf(poll) } : undefined
}

const opened = (secret: Uint8Array, vote: SealedVote, voterJid: string, pollCreatorJid: string) => {
  try {
    const sealed = { encPayload: Buffer.from(vote.payload, 'base64'), encIv: Buffer.from(vote.iv, 'base64') }
    const keys = { pollCreatorJid, pollMsgId: vote.pollId, pollEncKey: secret, voterJid }
    return decryptPollVote(sealed, keys).selectedOptions
  } catch {
    // Sealed with another form of the addresses, or not a vote at all.
    return undefined
  }
}

/**
 * The names of the options a vote chose, none when it was withdrawn; `undefined` when it cannot be opened.
 * `poll` is the `Message` protobuf that asked.
 */
export const openVote = (poll: Uint8Array, vote: SealedVote): ReadonlyArray<string> | undefined => {
  try {
    const asked = pollOf(poll)
    if (asked === undefined) return undefined
    for (const voter of vote.voters) {
      for (const author of vote.authors) {
        const hashes = opened(asked.secret, vote, voter, author)
        if (hashes != null) return chosen(asked.names, hashes)
      }
    }
    return undefined
  } catch {
    // What is stored as the poll is no message.
    return undefined
  }
}

const chosen = (names: ReadonlyArray<string>, hashes: ReadonlyArray<Uint8Array>): ReadonlyArray<string> => {
  const selected = new Set(hashes.map(hex))
  return [...new Set(names)].filter(name => selected.has(hashOf(name)))
}

/** A vote that the phone had opened already before it shared its history. */
export interface OpenVote {
  /** `me` or an address. */
  readonly voter: string
  readonly hashes: ReadonlyArray<Uint8Array>
  readonly at: number
}

/** The poll with these votes in it; of several votes of one person the newest counts. */
export const withVotes = (poll: Poll, votes: ReadonlyArray<OpenVote>): Poll => {
  const newest = new Map<string, OpenVote>()
  for (const vote of votes) {
    const earlier = newest.get(vote.voter)
    if (earlier === undefined || earlier.at <= vote.at) newest.set(vote.voter, vote)
  }
  const cast = [...newest.values()].map(({ hashes, voter }) => ({ voter, hashes: new Set(hashes.map(hex)) }))
  return {
    ...poll,
    options: poll.options.map(({ name, voters }) => {
      const hash = hashOf(name)
      const choosing = cast.filter(({ hashes }) => hashes.has(hash)).map(({ voter }) => voter)
      return { name, voters: [...new Set([...voters, ...choosing])] }
    })
  }
}
