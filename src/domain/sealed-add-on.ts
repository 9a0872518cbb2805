// Add-ons such as votes are encrypted with the secret of the message they belong to: only who has that message can open them.
import { createDecipheriv, hkdfSync } from 'node:crypto'
import { MAX_ENVELOPES, MESSAGE_ENVELOPES, NEWER_ENVELOPES } from './message-envelopes.ts'
import { bytesField } from './protobuf.ts'

/** The field of `Message` with what accompanies its content, and the field of the secret in that. */
export const MESSAGE_CONTEXT_INFO = 35
export const MESSAGE_SECRET = 3

const innerMessage = (message: Uint8Array): Uint8Array | undefined => {
  for (const { field, inner } of [...MESSAGE_ENVELOPES, ...NEWER_ENVELOPES]) {
    const envelope = bytesField(message, field)
    const wrapped = envelope && bytesField(envelope, inner)
    if (wrapped !== undefined) return wrapped
  }
  return undefined
}

/** The secret in an encoded `Message`: on the outermost of its envelopes that has one. */
export const messageSecretIn = (encoded: Uint8Array): Uint8Array | undefined => {
  let layer: Uint8Array | undefined = encoded
  for (let depth = 0; layer !== undefined && depth <= MAX_ENVELOPES; depth += 1) {
    const info: Uint8Array | undefined = bytesField(layer, MESSAGE_CONTEXT_INFO)
    const secret = info && bytesField(info, MESSAGE_SECRET)
    if (secret !== undefined && secret.length > 0) return secret
    layer = innerMessage(layer)
  }
  return undefined
}

const NO_SALT = new Uint8Array(32)
const TAG_BYTES = 16

/**
 * Decrypts an add-on; `undefined` when it was not encrypted for this message by this author. The authors are jids without a
 * device. `payload` ends with the authentication tag; `aad` is what else the tag covers.
 */
export const openWithMessageSecret = (sealed: {
  readonly secret: Uint8Array
  /** WhatsApp's id of the message that has the secret. */
  readonly targetId: string
  readonly targetAuthor: string
  readonly addOnAuthor: string
  /** Such as `Poll Vote`. */
  readonly useCase: string
  readonly aad: string
  readonly payload: Uint8Array
  readonly iv: Uint8Array
}): Uint8Array | undefined => {
  const { aad, addOnAuthor, iv, payload, secret, targetAuthor, targetId, useCase } = sealed
  if (payload.length < TAG_BYTES) return undefined
  const info = `${targetId}${targetAuthor}${addOnAuthor}${useCase}`
  const key = new Uint8Array(hkdfSync('sha256', secret, NO_SALT, info, 32))
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES })
    decipher.setAAD(Buffer.from(aad))
    decipher.setAuthTag(payload.subarray(-TAG_BYTES))
    return Buffer.concat([decipher.update(payload.subarray(0, -TAG_BYTES)), decipher.final()])
  } catch {
    // Encrypted under another key (other forms of the addresses, another message), or damaged.
    return undefined
  }
}
