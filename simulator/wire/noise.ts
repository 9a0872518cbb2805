// The responder's side of Noise_XX_25519_AESGCM_SHA256 as WhatsApp speaks it, and the transport ciphers it ends in.
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

const NO_DATA = Buffer.alloc(0)

const nonce = (counter: number): Buffer => {
  const iv = Buffer.alloc(12)
  iv.writeUInt32BE(counter, 8)
  return iv
}

export interface ClientFinish {
  readonly staticKey: Buffer
  readonly payload: proto.ClientPayload
}

export class NoiseResponder {
  private hash: Buffer = Buffer.from(NOISE_MODE)
  private salt: Buffer = this.hash
  private key: Buffer = this.hash
  private counter = 0
  private readonly identity: ServerIdentity
  private readonly ephemeral: KeyPair = Curve.generateKeyPair()

  constructor(identity: ServerIdentity) {
    this.identity = identity
  }

  /** Answers the client's first message with the server's. */
  serverHello(header: Buffer, frame: Buffer): Uint8Array {
    const { clientHello } = proto.HandshakeMessage.decode(frame)
    const clientEphemeral = requireKey(clientHello?.ephemeral, 'client ephemeral')
    this.authenticate(header)
    this.authenticate(clientEphemeral)
    this.authenticate(this.ephemeral.public)
    this.mix(Curve.sharedKey(this.ephemeral.private, clientEphemeral))
    const staticKey = this.encrypt(this.identity.staticKey.public)
    this.mix(Curve.sharedKey(this.identity.staticKey.private, clientEphemeral))
    const payload = this.encrypt(this.identity.chain)
    return proto.HandshakeMessage.encode({
      serverHello: { ephemeral: this.ephemeral.public, static: staticKey, payload }
    }).finish()
  }

  /** Reads the client's last message: who it is and what it wants. */
  clientFinish(frame: Buffer): ClientFinish {
    const { clientFinish } = proto.HandshakeMessage.decode(frame)
    if (!clientFinish?.static || !clientFinish.payload) throw new Error('handshake without client finish')
    const staticKey = requireKey(this.decrypt(clientFinish.static), 'client static')
    this.mix(Curve.sharedKey(this.ephemeral.private, staticKey))
    const payload = proto.ClientPayload.decode(this.decrypt(clientFinish.payload))
    return { staticKey, payload }
  }

  transport(): Transport {
    const keys = Buffer.from(hkdf(NO_DATA, 64, { salt: this.salt, info: '' }))
    return new Transport(keys.subarray(0, 32), keys.subarray(32))
  }

  private authenticate(data: Uint8Array): void {
    this.hash = sha256(Buffer.concat([this.hash, data]))
  }

  private mix(secret: Uint8Array): void {
    const keys = Buffer.from(hkdf(Buffer.from(secret), 64, { salt: this.salt, info: '' }))
    this.salt = keys.subarray(0, 32)
    this.key = keys.subarray(32)
    this.counter = 0
  }

  private encrypt(plaintext: Uint8Array): Buffer {
    const ciphertext = aesEncryptGCM(plaintext, this.key, nonce(this.counter++), this.hash)
    this.authenticate(ciphertext)
    return ciphertext
  }

  private decrypt(ciphertext: Uint8Array): Buffer {
    const plaintext = aesDecryptGCM(ciphertext, this.key, nonce(this.counter++), this.hash)
    this.authenticate(ciphertext)
    return plaintext
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
