// One client's connection: frames in, stanzas out. It knows the handshake and nothing of what stanzas mean.
// A malformed frame ends this connection and no other; what a client may make the server hold is bounded.
import { setTimeout as wait } from 'node:timers/promises'
import { encodeBinaryNode, type proto } from '@whiskeysockets/baileys'
import type { WebSocket } from 'ws'
import { type BinaryNode, decodeStanza } from './binary-node.ts'
import type { ServerIdentity } from './certificate-chain.ts'
import { type Dictionary, dictionaryOf, SERVED_DICTIONARIES } from './dictionary.ts'
import { encodeFrame, FrameReader } from './frame.ts'
import { type ClientIdentity, NoiseResponder, type Transport } from './noise.ts'
import { NotServed } from './not-served.ts'

const HANDSHAKE_FRAME_LIMIT = 64 * 1024
const FRAME_LIMIT = 0xffffff
const HANDSHAKE_DEADLINE_MS = 20_000
const PENDING_HIGH = 8 * 1024 * 1024
const PENDING_LOW = 1024 * 1024
const OUTGOING_LIMIT = 256 * 1024 * 1024
const CLOSE_DEADLINE_MS = 1000
/**
 * From the end of the handshake to the server's first stanza: the way to WhatsApp and back. Some clients derive their keys in that
 * time, and lose what arrives earlier (Baileys 6.7).
 */
const ROUND_TRIP_MS = 25
/** Of WebSockets. */
const PROTOCOL_ERROR = 1002
const REASON_BYTES = 123

export interface ConnectionHandlers {
  authenticated(connection: Connection, payload: proto.ClientPayload, staticKey: Buffer): void
  stanza(connection: Connection, node: BinaryNode): void | Promise<void>
  closed(connection: Connection): void
  misbehaved(connection: Connection, error: unknown): void
}

export class Connection {
  readonly id: number
  readonly openedAt = Date.now()
  closed = false
  /** Whether only the front end still answers: what the server sends is lost, except for its answers to keep-alives. */
  isDeaf = false
  private readonly socket: WebSocket
  private readonly handlers: ConnectionHandlers
  private readonly reader: FrameReader
  private readonly noise: NoiseResponder
  private transport: Transport | undefined
  private dictionary: Dictionary | undefined
  private step: 'hello' | 'finish' | 'open' = 'hello'
  private work: Promise<void> = Promise.resolve()
  private pending = 0
  private failed = false
  private readonly deadline: NodeJS.Timeout

  constructor(id: number, socket: WebSocket, identity: ServerIdentity, handlers: ConnectionHandlers) {
    this.id = id
    this.socket = socket
    this.handlers = handlers
    this.noise = new NoiseResponder(identity)
    this.reader = new FrameReader(() => (this.step === 'open' ? FRAME_LIMIT : HANDSHAKE_FRAME_LIMIT))
    this.deadline = setTimeout(() => this.destroy(), HANDSHAKE_DEADLINE_MS).unref()
    socket.on('message', data => this.receive(toBuffer(data)))
    socket.on('error', error => this.fail(error))
    socket.on('close', () => this.onClose())
  }

  get bufferedBytes(): number {
    return this.socket.bufferedAmount
  }

  /** Resolves `true` when the bytes were handed to the operating system, `false` when the connection is closed. */
  send(node: BinaryNode): Promise<boolean> {
    // The server does not notice: what it wrote waits for its acknowledgement.
    if (this.isDeaf) return Promise.resolve(true)
    return this.write(node)
  }

  /** Answers a keep-alive, which a connection that is deaf still does. */
  answerKeepAlive(answer: BinaryNode): void {
    void this.write(answer)
  }

  deafen(): void {
    this.isDeaf = true
  }

  private write(node: BinaryNode): Promise<boolean> {
    if (!this.transport || this.closed) return Promise.resolve(false)
    if (this.socket.bufferedAmount > OUTGOING_LIMIT) {
      this.destroy()
      return Promise.resolve(false)
    }
    let frame: Buffer
    try {
      frame = encodeFrame(this.transport.encrypt(encodeBinaryNode(node, this.dictionary)))
    } catch (error) {
      this.fail(error)
      return Promise.resolve(false)
    }
    return new Promise(resolve => this.socket.send(frame, error => resolve(!error)))
  }

  /** Closes after everything sent so far was written. */
  end(): void {
    this.socket.close(1000)
  }

  /** Drops the TCP connection. */
  destroy(): void {
    this.socket.terminate()
  }

  private receive(data: Buffer): void {
    if (this.closed || this.failed) return
    let frames: Buffer[]
    try {
      frames = this.reader.push(data)
    } catch (error) {
      this.fail(error)
      return
    }
    for (const frame of frames) {
      this.pending += frame.length
      if (this.pending > PENDING_HIGH && !this.socket.isPaused) this.socket.pause()
      this.work = this.work.then(() => this.handle(frame)).catch((error: unknown) => this.fail(error))
    }
  }

  private async handle(frame: Buffer): Promise<void> {
    try {
      if (this.closed || this.failed) return
      if (this.step === 'hello') {
        const { header } = this.reader
        if (!header) throw new Error('frame before header')
        this.dictionary = requireDictionary(header)
        const { answer, client } = this.noise.hello(header, frame)
        this.socket.send(encodeFrame(answer))
        if (client) this.open(client)
        else this.step = 'finish'
      } else if (this.step === 'finish') {
        const client = this.noise.finish(frame)
        await wait(ROUND_TRIP_MS)
        if (!this.closed && !this.failed) this.open(client)
      } else if (this.transport && this.dictionary) {
        const node = await decodeStanza(this.transport.decrypt(frame), this.dictionary)
        await this.handlers.stanza(this, node)
      }
    } finally {
      this.pending -= frame.length
      if (this.pending < PENDING_LOW && this.socket.isPaused) this.socket.resume()
    }
  }

  private open({ payload, staticKey }: ClientIdentity): void {
    this.transport = this.noise.transport()
    this.step = 'open'
    clearTimeout(this.deadline)
    this.handlers.authenticated(this, payload, staticKey)
  }

  /** Closes with the reason; whoever does not answer that is dropped. */
  private fail(error: unknown): void {
    if (this.closed || this.failed) return
    this.failed = true
    this.handlers.misbehaved(this, error)
    this.socket.close(PROTOCOL_ERROR, closeReason(error))
    setTimeout(() => this.destroy(), CLOSE_DEADLINE_MS).unref()
  }

  private onClose(): void {
    if (this.closed) return
    this.closed = true
    clearTimeout(this.deadline)
    this.handlers.closed(this)
  }
}

/** The header's last byte is the version of the client's dictionary. */
const requireDictionary = (header: Buffer): Dictionary => {
  const version = header[3] ?? 0
  const dictionary = dictionaryOf(version)
  if (dictionary) return dictionary
  throw new NotServed(
    501,
    `dictionary version ${version} is not served: ${SERVED_DICTIONARIES.join(' and ')} are`
  )
}

const closeReason = (error: unknown): string =>
  Buffer.from(error instanceof Error ? error.message : String(error))
    .subarray(0, REASON_BYTES)
    .toString('utf8')
    .replace(/\uFFFD$/, '')

const toBuffer = (data: Buffer | ArrayBuffer | Buffer[]): Buffer => {
  if (Buffer.isBuffer(data)) return data
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data)
}
