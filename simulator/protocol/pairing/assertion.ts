// Verifies a WebAuthn assertion as WhatsApp's server does: its challenge, where it was made, and the signature of a passkey that
// the account's owner has registered.
import { createHash, verify } from 'node:crypto'
import { RELYING_PARTY, USER_PRESENT, USER_VERIFIED, WHATSAPP_ORIGIN } from '../../state/authenticator.ts'
import type { Passkeys } from '../../state/passkeys.ts'

/** What a client sends: the id of the credential, and the assertion as JSON. */
export interface SentAssertion {
  readonly credentialId: Buffer
  readonly json: Buffer
}

/** Why an assertion is refused; `undefined` when it is good. */
export const assertionFault = (
  { credentialId, json }: SentAssertion,
  challenge: string,
  passkeys: Passkeys
): string | undefined => {
  const assertion = parsed(json)
  if (assertion === undefined) return 'the assertion is not a PublicKeyCredential'
  const { authenticatorData, clientDataJSON, rawId, signature } = assertion
  if (!rawId.equals(credentialId)) return 'the credential id is not that of the assertion'
  const publicKey = passkeys.publicKey(credentialId)
  if (!publicKey) return 'nobody registered this passkey with the account'
  const clientData = asRecord(parseJson(clientDataJSON))
  if (clientData?.['type'] !== 'webauthn.get') return 'the client data is not of an assertion'
  if (clientData['challenge'] !== challenge) return 'the assertion answers another challenge'
  if (clientData['origin'] !== WHATSAPP_ORIGIN) return `the assertion was made on another origin`
  if (authenticatorData.length < 37) return 'the authenticator data is too short'
  if (!authenticatorData.subarray(0, 32).equals(sha256(Buffer.from(RELYING_PARTY)))) {
    return 'the assertion is for another relying party'
  }
  const flags = authenticatorData[32] ?? 0
  if ((flags & USER_PRESENT) === 0 || (flags & USER_VERIFIED) === 0) return 'the user was not verified'
  const signed = Buffer.concat([authenticatorData, sha256(clientDataJSON)])
  return verify('sha256', signed, publicKey, signature) ? undefined : 'the signature does not fit'
}

const parsed = (json: Buffer) => {
  const credential = asRecord(parseJson(json))
  const response = asRecord(credential?.['response'])
  const rawId = bytesIn(credential?.['rawId'])
  const clientDataJSON = bytesIn(response?.['clientDataJSON'])
  const authenticatorData = bytesIn(response?.['authenticatorData'])
  const signature = bytesIn(response?.['signature'])
  if (credential?.['type'] !== 'public-key') return undefined
  if (!rawId || !clientDataJSON || !authenticatorData || !signature) return undefined
  return { rawId, clientDataJSON, authenticatorData, signature }
}

const parseJson = (bytes: Buffer): unknown => {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    return undefined
  }
}

const asRecord = (value: unknown): Readonly<Record<string, unknown>> | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined

const bytesIn = (value: unknown): Buffer | undefined =>
  typeof value === 'string' && /^[\w-]+$/.test(value) ? Buffer.from(value, 'base64url') : undefined

const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest()
