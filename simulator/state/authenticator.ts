// A software authenticator: the owner's passkey, for clients that are tested without a browser. It makes assertions as
// `navigator.credentials.get` on web.whatsapp.com does.
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'

export const WHATSAPP_ORIGIN = 'https://web.whatsapp.com'
export const RELYING_PARTY = 'whatsapp.com'

export const USER_PRESENT = 0x01
export const USER_VERIFIED = 0x04

/** `PublicKeyCredential.toJSON()` of an assertion; bytes in base64url. */
export interface AssertionJson {
  readonly id: string
  readonly rawId: string
  readonly type: 'public-key'
  readonly authenticatorAttachment: string
  readonly clientExtensionResults: Readonly<Record<string, unknown>>
  readonly response: {
    readonly clientDataJSON: string
    readonly authenticatorData: string
    readonly signature: string
    readonly userHandle: string
  }
}

/** What may be wrong with an assertion. */
export interface AssertionOptions {
  readonly origin?: string | undefined
  readonly relyingParty?: string | undefined
  readonly isVerified?: boolean | undefined
}

export class Authenticator {
  readonly credentialId: Buffer = randomBytes(32)
  readonly publicKey: KeyObject
  private readonly privateKey: KeyObject
  private uses = 0

  constructor() {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    this.privateKey = privateKey
    this.publicKey = publicKey
  }

  /** Answers a challenge (base64url). */
  assert(challenge: string, options: AssertionOptions = {}): AssertionJson {
    const { isVerified = true, origin = WHATSAPP_ORIGIN, relyingParty = RELYING_PARTY } = options
    const clientData = Buffer.from(
      JSON.stringify({ type: 'webauthn.get', challenge, origin, crossOrigin: false })
    )
    const counter = Buffer.alloc(4)
    counter.writeUInt32BE((this.uses += 1))
    const authenticatorData = Buffer.concat([
      sha256(Buffer.from(relyingParty)),
      Buffer.of(isVerified ? USER_PRESENT | USER_VERIFIED : USER_PRESENT),
      counter
    ])
    const signature = sign('sha256', Buffer.concat([authenticatorData, sha256(clientData)]), this.privateKey)
    const id = this.credentialId.toString('base64url')
    return {
      id,
      rawId: id,
      type: 'public-key',
      authenticatorAttachment: 'platform',
      clientExtensionResults: {},
      response: {
        clientDataJSON: clientData.toString('base64url'),
        authenticatorData: authenticatorData.toString('base64url'),
        signature: signature.toString('base64url'),
        userHandle: randomBytes(16).toString('base64url')
      }
    }
  }
}

const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest()
