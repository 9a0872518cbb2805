// Seals add-ons as phones do: HKDF of the message's secret over message, authors and use case, then AES-GCM.
import { randomBytes } from 'node:crypto'
import { aesEncryptGCM, hkdf } from '@whiskeysockets/baileys'

export interface Sealing {
  readonly secret: Uint8Array
  readonly useCase: string
  /** The message that has the secret. */
  readonly targetId: string
  readonly targetAuthor: string
  readonly author: string
  readonly plaintext: Uint8Array
}

const COVERS_AUTHOR = new Set(['Poll Vote', 'Event Response', ''])

export const seal = ({ author, plaintext, secret, targetAuthor, targetId, useCase }: Sealing) => {
  const info = `${targetId}${targetAuthor}${author}${useCase}`
  const key = hkdf(Buffer.from(secret), 32, { salt: Buffer.alloc(32), info })
  const covered = COVERS_AUTHOR.has(useCase) ? Buffer.from(`${targetId}\0${author}`) : Buffer.alloc(0)
  const encIv = randomBytes(12)
  return { encIv, encPayload: aesEncryptGCM(plaintext, Buffer.from(key), encIv, covered) }
}
