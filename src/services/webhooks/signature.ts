// Signatures by Standard Webhooks: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
import { createHmac, randomBytes } from 'node:crypto'

const PREFIX = 'whsec_'
const SECRET_BYTES = 32

export const newSecret = (): string => `${PREFIX}${randomBytes(SECRET_BYTES).toString('base64')}`

/** Whether it is a secret that signatures can be made with: `whsec_` and 24 to 64 bytes in base64. */
export const isSecret = (text: string): boolean => {
  const bytes = Buffer.from(text.slice(PREFIX.length), 'base64')
  return (
    text.startsWith(PREFIX) &&
    bytes.length >= 24 &&
    bytes.length <= 64 &&
    bytes.toString('base64').replace(/=+$/, '') === text.slice(PREFIX.length).replace(/=+$/, '')
  )
}

export interface Signed {
  readonly messageId: string
  /** Seconds since 1970. */
  readonly timestamp: number
  readonly body: string | Uint8Array
}

const signatureOf = (secret: string, { body, messageId, timestamp }: Signed): string =>
  `v1,${createHmac('sha256', Buffer.from(secret.slice(PREFIX.length), 'base64'))
    .update(`${messageId}.${timestamp}.`)
    .update(body)
    .digest('base64')}`

/** The headers of a delivery; with several secrets the receiver may know any of them. */
export const signatureHeaders = (
  secrets: ReadonlyArray<string>,
  signed: Signed
): Readonly<Record<string, string>> => ({
  'webhook-id': signed.messageId,
  'webhook-timestamp': String(signed.timestamp),
  'webhook-signature': secrets.map(secret => signatureOf(secret, signed)).join(' ')
})
