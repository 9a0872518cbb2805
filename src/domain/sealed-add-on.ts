// Add-ons (edits, reactions, comments, answers, votes) are encrypted with the secret of the message they belong to: only who
// has that message can open them. What an opened one says is read by services/whatsapp/convert.
import { createDecipheriv, hkdfSync } from 'node:crypto'
import { Schema } from 'effect'
import { MAX_ENVELOPES, MESSAGE_ENVELOPES, NEWER_ENVELOPES } from './message-envelopes.ts'
import { bytesField, bytesFields } from './protobuf.ts'

interface Sealing {
  /** A part of the key; the first is the usual one. */
  readonly useCases: ReadonlyArray<string>
  /** Whether the authentication tag also covers the id and the author of the add-on. */
  readonly coversAuthor: boolean
  /** The key is made of a secret that is derived from the message's, for this purpose. */
  readonly derivedFor?: string
}

/** How each kind of add-on is sealed. */
const SEALINGS = {
  messageEdit: { useCases: ['Message Edit'], coversAuthor: false },
  eventEdit: { useCases: ['Event Edit'], coversAuthor: false },
  pollEdit: { useCases: ['Poll Edit'], coversAuthor: false },
  pollAddOption: { useCases: ['Poll Add Option', 'Poll Edit'], coversAuthor: false },
  reaction: { useCases: ['Enc Reaction'], coversAuthor: false },
  comment: { useCases: ['Enc Comment'], coversAuthor: false },
  eventResponse: { useCases: ['Event Response'], coversAuthor: true },
  pollVote: { useCases: ['Poll Vote'], coversAuthor: true },
  botAnswer: { useCases: [''], coversAuthor: true, derivedFor: 'Bot Message' },
  botAnswerEdit: { useCases: [''], coversAuthor: true, derivedFor: 'Bot Message' },
  /** Newer than this server: it is shown that there is something. */
  unknown: { useCases: [], coversAuthor: false }
} as const satisfies Readonly<Record<string, Sealing>>

export type AddOnKind = keyof typeof SEALINGS

const isAddOnKind = (name: string): name is AddOnKind => Object.hasOwn(SEALINGS, name)
export const ADD_ON_KINDS: ReadonlyArray<AddOnKind> = Object.keys(SEALINGS).filter(isAddOnKind)

const Address = Schema.Struct({ jid: Schema.String, alt: Schema.optional(Schema.String) })
const Party = Schema.Union([Schema.Literal('me'), Address])

/** An add-on as it arrived, with everything that is needed to read it once it is opened. It is a fact, and kept until then. */
export const SealedAddOn = Schema.Struct({
  kind: Schema.Literal('sealed'),
  addOn: Schema.Literals(ADD_ON_KINDS),
  chat: Address,
  /** The message that has the secret. */
  target: Schema.Struct({ sender: Party, whatsAppId: Schema.String }),
  by: Party,
  /** WhatsApp's id of the add-on itself. */
  whatsAppId: Schema.String,
  /** Milliseconds since 1970, as claimed by the sender's phone. */
  timestamp: Schema.Finite,
  pushName: Schema.optional(Schema.String),
  live: Schema.Boolean,
  /** The account's own addresses when it arrived. */
  self: Schema.Struct({ jid: Schema.String, lid: Schema.optional(Schema.String) }),
  /** Base64; ends with the authentication tag. */
  payload: Schema.String,
  /** Base64. */
  iv: Schema.String,
  /** The id that is a part of the key: the target's, of a bot's answer the answer's. */
  keyId: Schema.String,
  /** The forms of the target's author's address that the key may be made with: the add-on does not say which. */
  targetAuthors: Schema.Array(Schema.String),
  /** The same for the author of the add-on. */
  authors: Schema.Array(Schema.String),
  /** The secret that an edit brings for the next one; base64. */
  secret: Schema.optional(Schema.String)
})
export type SealedAddOn = typeof SealedAddOn.Type

/** Identifies an add-on among those of one target. */
export const addOnIdOf = ({ addOn, by, whatsAppId }: SealedAddOn): string =>
  `${addOn} ${by === 'me' ? 'me' : by.jid} ${whatsAppId}`

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

/** The secret of one layer. A field that is there more than once is merged, as protobuf does. */
const secretOfLayer = (layer: Uint8Array): Uint8Array | undefined =>
  bytesFields(layer, MESSAGE_CONTEXT_INFO)
    ?.flatMap(info => bytesField(info, MESSAGE_SECRET) ?? [])
    .at(-1)

/** The secret in an encoded `Message`: on the outermost of its envelopes that has one. */
export const messageSecretIn = (encoded: Uint8Array): Uint8Array | undefined => {
  let layer: Uint8Array | undefined = encoded
  for (let depth = 0; layer !== undefined && depth <= MAX_ENVELOPES; depth += 1) {
    const secret: Uint8Array | undefined = secretOfLayer(layer)
    if (secret !== undefined && secret.length > 0) return secret
    layer = innerMessage(layer)
  }
  return undefined
}

const NO_SALT = new Uint8Array(32)
const TAG_BYTES = 16

const derived = (secret: Uint8Array, info: string): Uint8Array =>
  new Uint8Array(hkdfSync('sha256', secret, NO_SALT, info, 32))

interface Attempt {
  readonly key: Uint8Array
  readonly covered: string | undefined
  readonly payload: Uint8Array
  readonly iv: Uint8Array
}

/** `undefined` when it was encrypted under another key, or is damaged. */
const decrypted = ({ covered, iv, key, payload }: Attempt): Uint8Array | undefined => {
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES })
    if (covered !== undefined) decipher.setAAD(Buffer.from(covered))
    decipher.setAuthTag(payload.subarray(-TAG_BYTES))
    return Buffer.concat([decipher.update(payload.subarray(0, -TAG_BYTES)), decipher.final()])
  } catch {
    return undefined
  }
}

/** Opens an add-on with the secrets its target has; `undefined` when none of them opens it, in no form of the addresses. */
export const openSealedAddOn = (
  { addOn, authors, iv, keyId, payload, targetAuthors }: SealedAddOn,
  secrets: ReadonlyArray<Uint8Array>
): Uint8Array | undefined => {
  const sealing: Sealing = SEALINGS[addOn]
  const sealed = { payload: Buffer.from(payload, 'base64'), iv: Buffer.from(iv, 'base64') }
  if (sealed.payload.length < TAG_BYTES) return undefined
  for (const secret of secrets) {
    const base = sealing.derivedFor === undefined ? secret : derived(secret, sealing.derivedFor)
    for (const author of authors) {
      const covered = sealing.coversAuthor ? `${keyId}\0${author}` : undefined
      for (const targetAuthor of targetAuthors) {
        for (const useCase of sealing.useCases) {
          const key = derived(base, `${keyId}${targetAuthor}${author}${useCase}`)
          const opened = decrypted({ ...sealed, key, covered })
          if (opened !== undefined) return opened
        }
      }
    }
  }
  return undefined
}
