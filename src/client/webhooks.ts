// Verifies deliveries of webhooks by Standard Webhooks (https://www.standardwebhooks.com), with WebCrypto: in Node and in browsers.
import { BackscrollUsageError } from './errors.ts'

/** The delivery was not signed with the secret, or is too old. */
export class WebhookVerificationError extends Error {
  constructor(reason: string) {
    super(reason)
    this.name = 'WebhookVerificationError'
  }
}

type HeaderSource = Headers | Readonly<Record<string, string | ReadonlyArray<string> | undefined>>

export interface Delivery {
  /** As it came, before it is parsed. */
  readonly body: string | Uint8Array
  /** Of the request, in any case of letters. */
  readonly headers: HeaderSource
  /** `whsec_…`; several while one is being exchanged. */
  readonly secret: string | ReadonlyArray<string>
  /** Seconds by which a delivery may be older or newer than now; 300 by default. */
  readonly toleranceSeconds?: number
  /** Milliseconds since 1970; the present by default. */
  readonly now?: number
}

const PREFIX = 'whsec_'
const TOLERANCE_SECONDS = 300

const refuse = (reason: string): never => {
  throw new WebhookVerificationError(reason)
}

const misused = (reason: string): never => {
  throw new BackscrollUsageError(reason)
}

/** What programs without types give, too: nothing where the secret should be, or a body that a framework has parsed. */
const checkUse = ({ body, headers, secret }: Partial<Delivery>): void => {
  const secrets = typeof secret === 'string' ? [secret] : (secret ?? [])
  if (secrets.length === 0 || secrets.some(one => typeof one !== 'string' || one === ''))
    misused('secret: expected the secret of the webhook, whsec_…, or several')
  if (typeof body !== 'string' && !(body instanceof Uint8Array))
    misused('body: expected the text or the bytes as they came, before they are parsed')
  if (typeof headers !== 'object') misused('headers: expected those of the request')
}

const headerIn = (headers: HeaderSource, name: string): string => {
  const found =
    headers instanceof Headers
      ? headers.get(name)
      : Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1]
  return typeof found === 'string' ? found : refuse(`The header ${name} is missing`)
}

const bytesOf = (base64: string): Uint8Array<ArrayBuffer> | undefined => {
  try {
    return Uint8Array.from(atob(base64), character => character.charCodeAt(0))
  } catch {
    return undefined
  }
}

const keyOf = (secret: string) => {
  const bytes = bytesOf(secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : secret)
  return bytes === undefined
    ? misused('secret: expected whsec_ and base64, as the server showed it')
    : crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['verify'])
}

const checkTime = (
  timestamp: string,
  { now = Date.now(), toleranceSeconds = TOLERANCE_SECONDS }: Delivery
) => {
  const seconds = /^\d{1,12}$/.test(timestamp) ? Number(timestamp) : refuse('The timestamp is not a number')
  const age = now / 1000 - seconds
  if (age > toleranceSeconds) refuse('The delivery is too old')
  if (age < -toleranceSeconds) refuse('The delivery is from the future')
}

/** What is signed: id, timestamp and body. */
const signedBytes = (start: string, body: string | Uint8Array): Uint8Array<ArrayBuffer> => {
  const encoder = new TextEncoder()
  const [head, rest] = [encoder.encode(start), typeof body === 'string' ? encoder.encode(body) : body]
  const bytes = new Uint8Array(head.length + rest.length)
  bytes.set(head)
  bytes.set(rest, head.length)
  return bytes
}

/**
 * The parsed body of a delivery that is genuine; rejects with `WebhookVerificationError` otherwise, and with `BackscrollUsageError` when it
 * is not told what to verify, or by which secret.
 */
export const verifyWebhook = async (delivery: Delivery): Promise<unknown> => {
  checkUse(delivery)
  const { body, headers, secret } = delivery
  const id = headerIn(headers, 'webhook-id')
  const timestamp = headerIn(headers, 'webhook-timestamp')
  const signatures = headerIn(headers, 'webhook-signature').split(' ')
  checkTime(timestamp, delivery)
  const signed = signedBytes(`${id}.${timestamp}.`, body)
  for (const one of typeof secret === 'string' ? [secret] : secret) {
    const key = await keyOf(one)
    for (const signature of signatures) {
      const bytes = signature.startsWith('v1,') ? bytesOf(signature.slice(3)) : undefined
      if (bytes !== undefined && (await crypto.subtle.verify('HMAC', key, bytes, signed)))
        return JSON.parse(typeof body === 'string' ? body : new TextDecoder().decode(body))
    }
  }
  return refuse('No signature fits')
}
