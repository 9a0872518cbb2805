// The passkey that WhatsApp asks for while a device is linked: what is asked, and what the owner's authenticator answers (WebAuthn).
import { Schema } from 'effect'
import { Whole } from './whole.ts'

/** Where the passkeys of WhatsApp accounts are used. */
export const WHATSAPP_ORIGIN = 'https://web.whatsapp.com'

const base64Url = (mostBytes: number) =>
  Schema.String.check(
    Schema.isMaxLength(Math.ceil((mostBytes * 4) / 3)),
    Schema.isPattern(/^[A-Za-z0-9_-]+$/u, { message: 'Expected bytes in base64url, without padding' })
  )

const Challenge = base64Url(1024)
const CredentialId = base64Url(1023)

/** `PublicKeyCredentialRequestOptionsJSON`, as far as it concerns a browser. */
export const PasskeyOptions = Schema.Struct({
  challenge: Challenge,
  /** Milliseconds. */
  timeout: Schema.optionalKey(Whole),
  /** Never another party: an assertion for somebody else must not be asked of anybody here. */
  rpId: Schema.Literal('whatsapp.com'),
  allowCredentials: Schema.optionalKey(
    Schema.Array(
      Schema.Struct({
        id: CredentialId,
        type: Schema.Literal('public-key'),
        transports: Schema.optionalKey(Schema.Array(Schema.String.check(Schema.isMaxLength(20))))
      })
    ).check(Schema.isMaxLength(64))
  ),
  userVerification: Schema.optionalKey(Schema.Literals(['required', 'preferred', 'discouraged'])),
  extensions: Schema.optionalKey(Schema.Struct({ uvm: Schema.optionalKey(Schema.Boolean) }))
}).annotate({ identifier: 'PasskeyOptions' })
export type PasskeyOptions = typeof PasskeyOptions.Type

/** `PublicKeyCredential.toJSON()` of an assertion. */
export const PasskeyAssertion = Schema.Struct({
  id: CredentialId,
  rawId: CredentialId,
  // Not `Literal`: with that, a body without the field is refused without naming it.
  type: Schema.Literals(['public-key']),
  authenticatorAttachment: Schema.optionalKey(Schema.NullOr(Schema.String.check(Schema.isMaxLength(30)))),
  /** Not passed on: WhatsApp needs nothing of it. */
  clientExtensionResults: Schema.optionalKey(
    Schema.Record(Schema.String, Schema.Unknown).check(Schema.isMaxProperties(20))
  ),
  response: Schema.Struct({
    clientDataJSON: base64Url(4096),
    authenticatorData: base64Url(4096),
    signature: base64Url(1024),
    userHandle: Schema.optionalKey(Schema.NullOr(base64Url(256)))
  })
}).annotate({ identifier: 'PasskeyAssertion' })
export type PasskeyAssertion = typeof PasskeyAssertion.Type

const ClientData = Schema.fromJsonString(
  Schema.Struct({ type: Schema.String, challenge: Schema.String, origin: Schema.String })
)
const decodeClientData = Schema.decodeUnknownOption(ClientData)

/** Why WhatsApp would refuse an assertion, as far as it can be told without the passkey; `undefined` when it may be good. */
export const assertionFault = (
  { response }: PasskeyAssertion,
  { challenge }: Pick<PasskeyOptions, 'challenge'>
): string | undefined => {
  const clientData = decodeClientData(Buffer.from(response.clientDataJSON, 'base64url').toString())
  if (clientData._tag === 'None' || clientData.value.type !== 'webauthn.get')
    return 'Expected the client data of navigator.credentials.get'
  if (clientData.value.origin !== WHATSAPP_ORIGIN) return `The assertion must be made on ${WHATSAPP_ORIGIN}`
  if (clientData.value.challenge !== challenge)
    return 'The assertion answers another challenge than the present one'
  return undefined
}
