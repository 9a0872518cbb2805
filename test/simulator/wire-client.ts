// A client of our own for what Baileys cannot do: it resumes handshakes, announces any dictionary, and sends any stanza.
// It writes and reads stanzas with the dictionary that it is given, and shares nothing with the server's code.
import { createCipheriv, createDecipheriv, createHash } from 'node:crypto'
import {
  type AuthenticationCreds,
  type BinaryNode,
  Curve,
  decodeDecompressedBinaryNode,
  DEFAULT_CONNECTION_CONFIG,
  encodeBinaryNode,
  generateLoginNode,
  generateRegistrationNode,
  hkdf,
  proto
} from '@whiskeysockets/baileys'
import * as current from '@whiskeysockets/baileys/lib/WABinary/constants.js'
import { WebSocket } from 'ws'
import type { Simulator } from '../../simulator/simulator.ts'

type Words = Parameters<typeof decodeDecompressedBinaryNode>[1] & {
  readonly TOKEN_MAP: typeof current.TOKEN_MAP
}

export interface WireOptions {
  readonly creds: AuthenticationCreds
  /** The four bytes that a connection begins with. */
  readonly header?: Uint8Array
  readonly words?: Words
  /** The server's static key, to resume with. */
  readonly resumeWith?: Uint8Array
  /** Further fields of the first message. */
  readonly hello?: proto.HandshakeMessage.IClientHello
}

const HEADER = Buffer.from([0x57, 0x41, 6, 3])

/** The mixing of a Noise initiator. */
class Mixer {
  private hash: Buffer
  private salt: Buffer
  private key: Buffer
  private counter = 0

  constructor(name: string) {
    const bytes = Buffer.from(name)
    this.hash = bytes.length === 32 ? bytes : createHash('sha256').update(bytes).digest()
    this.salt = this.hash
    this.key = this.hash
  }

  authenticate(data: Uint8Array): void {
    this.hash = createHash('sha256').update(this.hash).update(data).digest()
  }

  agree(secret: Uint8Array, key: Uint8Array): void {
    const both = Buffer.from(hkdf(Curve.sharedKey(secret, key), 64, { salt: this.salt, info: '' }))
    this.salt = both.subarray(0, 32)
    this.key = both.subarray(32)
    this.counter = 0
  }

  seal(plain: Uint8Array): Buffer {
    const sealed = seal(this.key, this.counter++, plain, this.hash)
    this.authenticate(sealed)
    return sealed
  }

  open(sealed: Uint8Array): Buffer {
    const plain = open(this.key, this.counter++, sealed, this.hash)
    this.authenticate(sealed)
    return plain
  }

  keys(): readonly [Buffer, Buffer] {
    const both = Buffer.from(hkdf(Buffer.alloc(0), 64, { salt: this.salt, info: '' }))
    return [both.subarray(0, 32), both.subarray(32)]
  }
}

const nonce = (counter: number): Buffer => {
  const bytes = Buffer.alloc(12)
  bytes.writeUInt32BE(counter, 8)
  return bytes
}

const seal = (key: Uint8Array, counter: number, plain: Uint8Array, data: Uint8Array): Buffer => {
  const cipher = createCipheriv('aes-256-gcm', key, nonce(counter)).setAAD(data)
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}

const open = (key: Uint8Array, counter: number, sealed: Uint8Array, data: Uint8Array): Buffer => {
  const decipher = createDecipheriv('aes-256-gcm', key, nonce(counter)).setAAD(data)
  decipher.setAuthTag(sealed.subarray(-16))
  return Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()])
}

const frame = (payload: Uint8Array): Buffer => {
  const head = Buffer.alloc(3)
  head.writeUIntBE(payload.length, 0, 3)
  return Buffer.concat([head, payload])
}

export class WireClient {
  readonly stanzas: BinaryNode[] = []
  /** How the handshake went: in full, resumed, or resumed in vain. */
  handshake: 'XX' | 'IK' | 'XXfallback' | undefined
  /** The server's static key, as the last full handshake told it. */
  serverKey: Buffer | undefined
  /** Set once the server has closed the connection. */
  closed: { readonly code: number; readonly reason: string } | undefined
  private readonly socket: WebSocket
  private readonly options: WireOptions
  private readonly words: Words
  private readonly ephemeral = Curve.generateKeyPair()
  private mixer = new Mixer('Noise_XX_25519_AESGCM_SHA256\0\0\0\0')
  private keys: readonly [Buffer, Buffer] | undefined
  private received = 0
  private sent = 0
  private buffered = Buffer.alloc(0)
  private readonly waiting = new Set<() => void>()

  constructor(simulator: Simulator, options: WireOptions) {
    this.options = options
    this.words = options.words ?? current
    this.socket = new WebSocket(simulator.whatsappUrl)
    this.socket.on('open', () => this.begin())
    this.socket.on('message', data => this.take(data as Buffer))
    this.socket.on('close', (code, reason) => {
      this.closed = { code, reason: reason.toString() }
      this.ask()
    })
    this.socket.on('error', () => undefined)
  }

  send(stanza: BinaryNode): void {
    if (!this.keys) throw new Error('The handshake is not over')
    const plain = encodeBinaryNode(stanza, this.words)
    this.socket.send(frame(seal(this.keys[0], this.sent++, plain, Buffer.alloc(0))))
  }

  /** The answer to this stanza. */
  answerTo(id: string): Promise<BinaryNode> {
    return this.until(() => this.stanzas.find(({ attrs }) => attrs['id'] === id), `an answer to ${id}`)
  }

  stanza(tag: string): Promise<BinaryNode> {
    return this.until(() => this.stanzas.find(stanza => stanza.tag === tag), `<${tag}>`)
  }

  /** Resolves with the first answer that is one, asked after everything that comes. */
  until<A>(question: () => A | undefined, what: string): Promise<A> {
    return new Promise((resolve, reject) => {
      const ask = (): void => {
        const answer = question()
        if (answer === undefined) return
        clearTimeout(timer)
        this.waiting.delete(ask)
        resolve(answer)
      }
      const timer = setTimeout(() => {
        this.waiting.delete(ask)
        reject(new Error(`${what} did not come; ${JSON.stringify(this.closed ?? this.stanzas.at(-1))}`))
      }, 25_000)
      this.waiting.add(ask)
      ask()
    })
  }

  [Symbol.dispose](): void {
    this.socket.terminate()
  }

  private ask(): void {
    for (const ask of this.waiting) ask()
  }

  private get payload(): Uint8Array {
    const { creds } = this.options
    const config = { ...DEFAULT_CONNECTION_CONFIG, auth: { creds, keys: {} as never } }
    const payload = creds.me
      ? generateLoginNode(creds.me.id, config)
      : generateRegistrationNode(creds, config)
    return proto.ClientPayload.encode({ ...payload, passive: true }).finish()
  }

  private begin(): void {
    const { creds, header = HEADER, hello = {}, resumeWith } = this.options
    const { noiseKey } = creds
    let sealed = {}
    if (resumeWith) {
      this.mixer = new Mixer('Noise_IK_25519_AESGCM_SHA256\0\0\0\0')
      for (const data of [header, resumeWith, this.ephemeral.public]) this.mixer.authenticate(data)
      this.mixer.agree(this.ephemeral.private, resumeWith)
      const key = this.mixer.seal(noiseKey.public)
      this.mixer.agree(noiseKey.private, resumeWith)
      sealed = { static: key, payload: this.mixer.seal(this.payload) }
    } else for (const data of [header, this.ephemeral.public]) this.mixer.authenticate(data)
    const clientHello = { ephemeral: this.ephemeral.public, ...sealed, ...hello }
    this.socket.send(Buffer.concat([header, frame(proto.HandshakeMessage.encode({ clientHello }).finish())]))
  }

  private take(data: Buffer): void {
    this.buffered = Buffer.concat([this.buffered, data])
    while (this.buffered.length >= 3 && this.buffered.length >= this.buffered.readUIntBE(0, 3) + 3) {
      const end = this.buffered.readUIntBE(0, 3) + 3
      const payload = this.buffered.subarray(3, end)
      this.buffered = this.buffered.subarray(end)
      if (!this.keys) this.shake(payload)
      else {
        const plain = open(this.keys[1], this.received++, payload, Buffer.alloc(0))
        if (plain[0] !== 0) throw new Error('Compressed stanzas are not expected here')
        this.stanzas.push(decodeDecompressedBinaryNode(plain.subarray(1), this.words))
      }
    }
    this.ask()
  }

  private shake(payload: Uint8Array): void {
    const { creds, header = HEADER, resumeWith } = this.options
    const { serverHello } = proto.HandshakeMessage.decode(payload)
    const serverEphemeral = serverHello!.ephemeral!
    const { noiseKey } = creds
    if (resumeWith && !serverHello?.static?.length) {
      this.mixer.authenticate(serverEphemeral)
      this.mixer.agree(this.ephemeral.private, serverEphemeral)
      this.mixer.agree(noiseKey.private, serverEphemeral)
      this.mixer.open(serverHello!.payload!)
      this.handshake = 'IK'
    } else {
      this.handshake = resumeWith ? 'XXfallback' : 'XX'
      if (resumeWith) {
        this.mixer = new Mixer('Noise_XXfallback_25519_AESGCM_SHA256')
        for (const data of [header, this.ephemeral.public]) this.mixer.authenticate(data)
      }
      this.mixer.authenticate(serverEphemeral)
      this.mixer.agree(this.ephemeral.private, serverEphemeral)
      this.serverKey = this.mixer.open(serverHello!.static!)
      this.mixer.agree(this.ephemeral.private, this.serverKey)
      this.mixer.open(serverHello!.payload!)
      const staticKey = this.mixer.seal(noiseKey.public)
      this.mixer.agree(noiseKey.private, serverEphemeral)
      const clientFinish = { static: staticKey, payload: this.mixer.seal(this.payload) }
      this.socket.send(frame(proto.HandshakeMessage.encode({ clientFinish }).finish()))
    }
    this.keys = this.mixer.keys()
  }
}
