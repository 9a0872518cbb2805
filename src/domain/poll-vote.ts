// Votes of polls: a vote names the hashes of options and is encrypted with the secret that only the poll's message carries.
import { createHash } from 'node:crypto'
import { Schema } from 'effect'
import { bytesFields } from './protobuf.ts'
import { openWithMessageSecret } from './sealed-add-on.ts'

/**
 * A vote as it travels, payload and IV in base64. `voters` and `authors` are the forms of the voter's address and of the poll
 * author's that it may be encrypted with: the vote does not say which.
 */
export const SealedVote = Schema.Struct({
  payload: Schema.String,
  iv: Schema.String,
  pollId: Schema.String,
  voters: Schema.Array(Schema.String),
  authors: Schema.Array(Schema.String)
})
export type SealedVote = typeof SealedVote.Type

/** How votes name an option: SHA-256 of its name, in hexadecimal. */
export const optionHash = (optionName: string): string =>
  createHash('sha256').update(optionName).digest('hex')

export const hex = (hash: Uint8Array): string => Buffer.from(hash).toString('hex')

const SELECTED_OPTIONS = 1

const selectedHashes = (secret: Uint8Array, vote: SealedVote): ReadonlyArray<Uint8Array> | undefined => {
  const sealed = {
    secret,
    targetId: vote.pollId,
    useCase: 'Poll Vote',
    payload: Buffer.from(vote.payload, 'base64'),
    iv: Buffer.from(vote.iv, 'base64')
  }
  for (const voter of vote.voters) {
    for (const author of vote.authors) {
      const aad = `${vote.pollId}\0${voter}`
      const opened = openWithMessageSecret({ ...sealed, targetAuthor: author, addOnAuthor: voter, aad })
      const hashes = opened && bytesFields(opened, SELECTED_OPTIONS)
      if (hashes !== undefined) return hashes
    }
  }
  return undefined
}

/** The names of the options a vote chose, none when it was withdrawn; `undefined` when the poll's secret does not open it. */
export const openVote = (
  poll: { readonly secret: Uint8Array; readonly optionNames: ReadonlyArray<string> },
  vote: SealedVote
): ReadonlyArray<string> | undefined => {
  const hashes = selectedHashes(poll.secret, vote)
  if (hashes === undefined) return undefined
  const selected = new Set(hashes.map(hex))
  return [...new Set(poll.optionNames)].filter(name => selected.has(optionHash(name)))
}
