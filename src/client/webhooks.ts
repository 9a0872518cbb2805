// Verifies deliveries of webhooks by Standard Webhooks (https://www.standardwebhooks.com), with WebCrypto: in Node and in browsers.

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
    ? refuse('The secret is not base64')
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

/** The parsed body of a delivery that is genuine; rejects with `WebhookVerificationError` otherwise. */
export const verifyWebhook = async (delivery: Delivery): Promise<unknown> => {
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
