// Poll votes: the options a voter chose, as hashes, sealed under a key made from the poll's secret, its author and the voter.
// Whoever holds the poll can open them; which address form author and voter were named by is not said, so all are tried.
import { createHash } from 'node:crypto'
import { proto } from '@whiskeysockets/baileys'
import type { Account } from '../account.ts'
import { unwrap } from './content.ts'
import { seal, type Sealing, unseal } from './sealing.ts'
import { secretIn } from './secrets.ts'

export interface Poll {
  readonly id: string
  readonly author: Account
  readonly secret: Uint8Array
  readonly options: readonly string[]
}

type PollCreation = proto.Message.IPollCreationMessage

export const pollCreationOf = (message: proto.IMessage): PollCreation | undefined => {
  const inner = unwrap(message)
  return (
    inner.pollCreationMessage ??
    inner.pollCreationMessageV2 ??
    inner.pollCreationMessageV3 ??
    inner.pollCreationMessageV5 ??
    undefined
  )
}

export const pollOf = (
  id: string,
  author: Account,
  message: proto.IMessage,
  secret = secretIn(message)
): Poll | undefined => {
  const creation = pollCreationOf(message)
  if (!creation || !secret?.length) return undefined
  const options = (creation.options ?? []).map(({ optionName }) => optionName ?? '')
  return { id, author, secret, options }
}

export const hashOfOption = (option: string): Buffer => createHash('sha256').update(option).digest()

interface Names {
  readonly author: string
  readonly voter: string
}

const sealingOf = ({ id, secret }: Poll, { author, voter }: Names): Sealing => ({
  secret,
  useCase: 'Poll Vote',
  id,
  targetAuthor: author,
  author: voter
})

export const sealVote = (
  poll: Poll,
  names: Names,
  options: readonly string[]
): proto.Message.IPollEncValue => {
  const unknown = options.find(option => !poll.options.includes(option))
  if (unknown !== undefined) throw new Error(`the poll has no option called ${unknown}`)
  const vote = proto.Message.PollVoteMessage.encode({ selectedOptions: options.map(hashOfOption) }).finish()
  return seal(sealingOf(poll, names), vote)
}

/** The options in a sealed vote, in the poll's order; nothing when it was not sealed for this poll by this voter. */
export const openVote = (
  poll: Poll,
  voter: Account,
  { encPayload, encIv }: proto.Message.IPollEncValue
): string[] | undefined => {
  if (!encPayload || !encIv) return undefined
  for (const author of [poll.author.lid, poll.author.jid]) {
    for (const name of [voter.lid, voter.jid]) {
      const vote = unseal(sealingOf(poll, { author, voter: name }), { encPayload, encIv })
      if (!vote) continue
      const chosen = new Set(
        proto.Message.PollVoteMessage.decode(vote).selectedOptions.map(hash =>
          Buffer.from(hash).toString('hex')
        )
      )
      return poll.options.filter(option => chosen.has(hashOfOption(option).toString('hex')))
    }
  }
  return undefined
}
