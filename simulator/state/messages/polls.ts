// Poll votes: the options a voter chose, as hashes, sealed under a key made from the poll's secret, its author and the voter.
// Whoever holds the poll can open them; which address form author and voter were named by is not said, so all are tried.
import { createHash, hkdfSync, randomBytes } from 'node:crypto'
import { aesDecryptGCM, aesEncryptGCM, proto } from '@whiskeysockets/baileys'
import type { Account } from '../account.ts'
import { unwrap } from './content.ts'

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

/** A poll carries the secret its votes are sealed with; one that comes without gets one. */
export const withSecret = (message: proto.IMessage): proto.IMessage =>
  pollCreationOf(message) && !message.messageContextInfo?.messageSecret
    ? {
        ...message,
        messageContextInfo: { ...message.messageContextInfo, messageSecret: randomBytes(32) }
      }
    : message

export const pollOf = (id: string, author: Account, message: proto.IMessage): Poll | undefined => {
  const creation = pollCreationOf(message)
  const secret =
    message.messageContextInfo?.messageSecret ?? unwrap(message).messageContextInfo?.messageSecret
  if (!creation || !secret?.length) return undefined
  const options = (creation.options ?? []).map(({ optionName }) => optionName ?? '')
  return { id, author, secret, options }
}

export const hashOfOption = (option: string): Buffer => createHash('sha256').update(option).digest()

interface Names {
  readonly author: string
  readonly voter: string
}

const keyFor = ({ id, secret }: Poll, { author, voter }: Names): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, '', `${id}${author}${voter}Poll Vote`, 32))

const namedIn = ({ id }: Poll, { voter }: Names): Buffer => Buffer.from(`${id}\0${voter}`)

export const sealVote = (
  poll: Poll,
  names: Names,
  options: readonly string[]
): proto.Message.IPollEncValue => {
  const unknown = options.find(option => !poll.options.includes(option))
  if (unknown !== undefined) throw new Error(`the poll has no option called ${unknown}`)
  const vote = proto.Message.PollVoteMessage.encode({ selectedOptions: options.map(hashOfOption) }).finish()
  const encIv = randomBytes(12)
  return { encIv, encPayload: aesEncryptGCM(vote, keyFor(poll, names), encIv, namedIn(poll, names)) }
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
      const names = { author, voter: name }
      const vote = tryToOpen(encPayload, keyFor(poll, names), encIv, namedIn(poll, names))
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

const tryToOpen = (
  sealed: Uint8Array,
  key: Uint8Array,
  iv: Uint8Array,
  named: Uint8Array
): Buffer | undefined => {
  try {
    return aesDecryptGCM(sealed, key, iv, named)
  } catch {
    return undefined
  }
}
