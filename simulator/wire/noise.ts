// The responder's side of the Noise handshakes as WhatsApp speaks them (XX, IK, XXfallback), and the transport ciphers they end in.
import {
  aesDecryptGCM,
  aesEncryptGCM,
  Curve,
  hkdf,
  type KeyPair,
  NOISE_MODE,
  proto,
  sha256
} from '@whiskeysockets/baileys'
import type { ServerIdentity } from './certificate-chain.ts'
import { NotServed } from './not-served.ts'

const NO_DATA = Buffer.alloc(0)

const nonce = (counter: number): Buffer => {
  const iv = Buffer.alloc(12)
  iv.writeUInt32BE(counter, 8)
  return iv
}

/** Who a client is, and what it wants. */
export interface ClientIdentity {
  readonly staticKey: Buffer
  readonly payload: proto.ClientPayload
}

/** The server's answer to a client's first message; with `client` the handshake is over. */
export interface Hello {
  readonly answer: Uint8Array
  readonly client: ClientIdentity | undefined
}

/** Handshakes by their names in Noise. A name of 32 bytes is the first hash, a longer one is hashed. */
const PATTERNS = {
  XX: NOISE_MODE,
  IK: 'Noise_IK_25519_AESGCM_SHA256\0\0\0\0',
  XXfallback: 'Noise_XXfallback_25519_AESGCM_SHA256'
} as const

/**
 * The responder of one handshake. A client that connects for the first time begins XX; one that knows the server's static key
 * resumes with IK, in one round. If it knows an older key, the server goes on with XXfallback: the first message counts as that of an XX
 * handshake, whatever it carried beside the ephemeral key.
 */
export class NoiseResponder {
  private state: SymmetricState
  private readonly identity: ServerIdentity
  private readonly ephemeral: KeyPair = Curve.generateKeyPair()

  constructor(identity: ServerIdentity) {
    this.identity = identity
    this.state = new SymmetricState(PATTERNS.XX)
  }

  /** Answers the client's first message with the server's. */
  hello(header: Buffer, frame: Buffer): Hello {
    const { clientHello } = proto.HandshakeMessage.decode(frame)
    if (clientHello?.useExtended || clientHello?.extendedCiphertext?.length)
      throw new NotServed(501, 'extended handshakes are not served: XX, IK and XXfallback are')
    const ephemeral = requireKey(clientHello?.ephemeral, 'client ephemeral')
    const { payload, static: staticKey } = clientHello ?? {}
    if (!staticKey?.length && !payload?.length) return this.full('XX', header, ephemeral)
    if (!staticKey?.length || !payload?.length)
      throw new NotServed(400, 'a client that resumes sends its static key and its payload')
    return (
      this.resumed(header, ephemeral, Buffer.from(staticKey), Buffer.from(payload)) ??
      this.full('XXfallback', header, ephemeral)
    )
  }

  /** Reads the client's last message of a full handshake. */
  finish(frame: Buffer): ClientIdentity {
    const { clientFinish } = proto.HandshakeMessage.decode(frame)
    if (!clientFinish?.static || !clientFinish.payload) throw new Error('handshake without client finish')
    return this.readClient(Buffer.from(clientFinish.static), Buffer.from(clientFinish.payload))
  }

  transport(): Transport {
    const [readKey, writeKey] = this.state.split()
    return new Transport(readKey, writeKey)
  }

  private full(pattern: 'XX' | 'XXfallback', header: Buffer, clientEphemeral: Buffer): Hello {
    const state = new SymmetricState(PATTERNS[pattern])
    this.state = state
    state.authenticate(header)
    state.authenticate(clientEphemeral)
    state.authenticate(this.ephemeral.public)
    state.mix(Curve.sharedKey(this.ephemeral.private, clientEphemeral))
    const staticKey = state.encrypt(this.identity.staticKey.public)
    state.mix(Curve.sharedKey(this.identity.staticKey.private, clientEphemeral))
    return { answer: this.serverHello(staticKey), client: undefined }
  }

  /** `undefined` when the client resumes with another static key than the server's. */
  private resumed(
    header: Buffer,
    clientEphemeral: Buffer,
    sealedKey: Buffer,
    sealedPayload: Buffer
  ): Hello | undefined {
    const { private: serverPrivate, public: serverPublic } = this.identity.staticKey
    const state = new SymmetricState(PATTERNS.IK)
    this.state = state
    state.authenticate(header)
    state.authenticate(Buffer.from(serverPublic))
    state.authenticate(clientEphemeral)
    state.mix(Curve.sharedKey(serverPrivate, clientEphemeral))
    if (!state.opens(sealedKey)) return undefined
    const client = this.readClient(sealedKey, sealedPayload, serverPrivate)
    state.authenticate(this.ephemeral.public)
    state.mix(Curve.sharedKey(this.ephemeral.private, clientEphemeral))
    state.mix(Curve.sharedKey(this.ephemeral.private, client.staticKey))
    return { answer: this.serverHello(), client }
  }

  /** The certificate chain is in every first answer of the server; its static key only where the client does not have it. */
  private serverHello(staticKey?: Buffer): Uint8Array {
    const payload = this.state.encrypt(this.identity.chain)
    return proto.HandshakeMessage.encode({
      serverHello: {
        ephemeral: this.ephemeral.public,
        payload,
        ...(staticKey === undefined ? {} : { static: staticKey })
      }
    }).finish()
  }

  private readClient(
    sealedKey: Buffer,
    sealedPayload: Buffer,
    secret: Uint8Array = this.ephemeral.private
  ): ClientIdentity {
    const staticKey = requireKey(this.state.decrypt(sealedKey), 'client static')
    this.state.mix(Curve.sharedKey(secret, staticKey))
    const payload = proto.ClientPayload.decode(this.state.decrypt(sealedPayload))
    return { staticKey, payload }
  }
}

/** What both sides of a Noise handshake mix in the same order, and so agree about. */
class SymmetricState {
  private hash: Buffer
  private salt: Buffer
  private key: Buffer
  private counter = 0

  constructor(pattern: string) {
    const name = Buffer.from(pattern)
    this.hash = name.length === 32 ? name : sha256(name)
    this.salt = this.hash
    this.key = this.hash
  }

  authenticate(data: Uint8Array): void {
    this.hash = sha256(Buffer.concat([this.hash, data]))
  }

  mix(secret: Uint8Array): void {
    const keys = this.derive(secret)
    this.salt = keys.subarray(0, 32)
    this.key = keys.subarray(32)
    this.counter = 0
  }

  encrypt(plaintext: Uint8Array): Buffer {
    const ciphertext = aesEncryptGCM(plaintext, this.key, nonce(this.counter++), this.hash)
    this.authenticate(ciphertext)
    return ciphertext
  }

  decrypt(ciphertext: Uint8Array): Buffer {
    const plaintext = aesDecryptGCM(ciphertext, this.key, nonce(this.counter++), this.hash)
    this.authenticate(ciphertext)
    return plaintext
  }

  /** Whether the next ciphertext was made with the same secrets; changes nothing. */
  opens(ciphertext: Uint8Array): boolean {
    try {
      aesDecryptGCM(ciphertext, this.key, nonce(this.counter), this.hash)
      return true
    } catch {
      return false
    }
  }

  split(): readonly [Buffer, Buffer] {
    const keys = this.derive(NO_DATA)
    return [keys.subarray(0, 32), keys.subarray(32)]
  }

  private derive(secret: Uint8Array): Buffer {
    return Buffer.from(hkdf(Buffer.from(secret), 64, { salt: this.salt, info: '' }))
  }
}

/** One key and one counter for each direction, from the end of the handshake to the end of the connection. */
export class Transport {
  private received = 0
  private sent = 0
  private readonly readKey: Buffer
  private readonly writeKey: Buffer

  constructor(readKey: Buffer, writeKey: Buffer) {
    this.readKey = readKey
    this.writeKey = writeKey
  }

  decrypt(frame: Uint8Array): Buffer {
    return aesDecryptGCM(frame, this.readKey, nonce(this.received++), NO_DATA)
  }

  encrypt(plaintext: Uint8Array): Buffer {
    return aesEncryptGCM(plaintext, this.writeKey, nonce(this.sent++), NO_DATA)
  }
}

const requireKey = (key: Uint8Array | null | undefined, name: string): Buffer => {
  if (key?.length !== 32) throw new Error(`${name} is not a key`)
  return Buffer.from(key)
}
