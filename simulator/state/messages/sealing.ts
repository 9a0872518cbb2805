// Add-ons to a message (votes, edits, reactions, comments, answers) are sealed under a key made from the message's secret, its
// author, the author of the add-on and its use case.
import { hkdfSync, randomBytes } from 'node:crypto'
import { aesDecryptGCM, aesEncryptGCM } from '@whiskeysockets/baileys'

export type UseCase =
  | 'Message Edit'
  | 'Event Edit'
  | 'Poll Edit'
  | 'Poll Add Option'
  | 'Enc Reaction'
  | 'Enc Comment'
  | 'Event Response'
  | 'Poll Vote'
  /** What a bot answers. */
  | ''

export interface Sealing {
  readonly secret: Uint8Array
  readonly useCase: UseCase
  /** The message that has the secret; of a bot's answer, the answer. */
  readonly id: string
  /** Addresses without a device. */
  readonly targetAuthor: string
  readonly author: string
}

export interface Sealed {
  readonly encIv: Uint8Array
  readonly encPayload: Uint8Array
}

/** What the tag covers besides the content. */
const COVERS_AUTHOR: ReadonlySet<UseCase> = new Set<UseCase>(['Poll Vote', 'Event Response', ''])

const coveredBy = ({ author, id, useCase }: Sealing): Buffer =>
  COVERS_AUTHOR.has(useCase) ? Buffer.from(`${id}\0${author}`) : Buffer.alloc(0)

const keyOf = ({ author, id, secret, targetAuthor, useCase }: Sealing): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, '', `${id}${targetAuthor}${author}${useCase}`, 32))

export const seal = (sealing: Sealing, plaintext: Uint8Array): Sealed => {
  const encIv = randomBytes(12)
  return { encIv, encPayload: aesEncryptGCM(plaintext, keyOf(sealing), encIv, coveredBy(sealing)) }
}

/** Nothing when it was not sealed so. */
export const unseal = (sealing: Sealing, { encIv, encPayload }: Sealed): Buffer | undefined => {
  try {
    return aesDecryptGCM(encPayload, keyOf(sealing), encIv, coveredBy(sealing))
  } catch {
    return undefined
  }
}

/** The secret that seals what a bot answers to a message. */
export const botSecret = (secret: Uint8Array): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, '', 'Bot Message', 32))
