// Another server that was linked to a phone: unmodified Baileys, 6.7 or 7, with its multi-file state in a folder.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as baileys7 from '@whiskeysockets/baileys'

import pino from 'pino'
import { temporaryFolder } from '../../harness/server-process.ts'
import type { Phone } from '../../simulator/phone.ts'
import { silenceSessionDumps } from '../../simulator/signal/session-dumps.ts'
import type { Simulator } from '../../simulator/simulator.ts'
import { baileys67 } from './baileys-6.7.ts'

export const VERSIONS = { '6.7': baileys67, '7': baileys7 } as const
export type BaileysVersion = keyof typeof VERSIONS

/** What is used of both versions. */
interface Socket {
  readonly user?: { readonly id: string } | undefined
  readonly ev: {
    on(event: 'creds.update', listener: () => void): void
    on(
      event: 'connection.update',
      listener: (update: {
        readonly qr?: string | undefined
        readonly connection?: string | undefined
        readonly lastDisconnect?: { readonly error?: unknown } | undefined
      }) => void
    ): void
    on(
      event: 'messages.upsert',
      listener: (upsert: { readonly messages: ReadonlyArray<Message> }) => void
    ): void
  }
  readonly sendMessage: (jid: string, content: { text: string }) => Promise<Message | undefined>
  readonly end: (error: Error | undefined) => unknown
}

interface Message {
  readonly key: { readonly id?: string | null }
  readonly message?: {
    readonly conversation?: string | null
    readonly extendedTextMessage?: { readonly text?: string | null } | null
  } | null
}

const textOf = ({ message }: Message) => message?.conversation ?? message?.extendedTextMessage?.text ?? ''

export class OtherServer implements AsyncDisposable {
  readonly folder: string
  readonly texts = new Set<string>()
  /** The codes with which its connections ended. */
  readonly closes: Array<number> = []
  socket: Socket | undefined
  isOpen = false
  /** Connects again whatever ended the connection, as many servers do. */
  reconnects = true
  private readonly waiting = new Set<() => void>()
  private qr: string | undefined
  private readonly removeFolder: () => void
  private readonly simulator: Simulator
  private readonly version: BaileysVersion

  private readonly phone: Phone
  private readonly writing = new Set<Promise<unknown>>()

  private constructor(simulator: Simulator, phone: Phone, version: BaileysVersion) {
    this.phone = phone
    const { path, remove } = temporaryFolder()
    this.folder = path
    this.removeFolder = remove
    this.simulator = simulator
    this.version = version
  }

  /** A server of this version that the phone has linked, with its first connection open. */
  static async linked(simulator: Simulator, phone: Phone, version: BaileysVersion): Promise<OtherServer> {
    silenceSessionDumps()
    baileys7.WA_CERT_DETAILS.PUBLIC_KEY = Buffer.from(simulator.trustRoot, 'base64')
    const server = new OtherServer(simulator, phone, version)
    await server.connect()
    await phone.scanQr(await server.until(() => server.qr))
    await server.until(() => server.isOpen)
    return server
  }

  async connect(): Promise<void> {
    const { makeWASocket, useMultiFileAuthState } = VERSIONS[this.version]
    const { saveCreds, state } = await useMultiFileAuthState(this.folder)
    const socket: Socket = makeWASocket({
      auth: {
        creds: state.creds,
        keys: { get: state.keys.get, set: (data: never) => this.written(state.keys.set(data)) }
      } as never,
      waWebSocketUrl: this.simulator.whatsappUrl,
      logger: pino({ level: process.env['SIM_LOG'] ?? 'silent' }) as never,
      browser: ['Mac OS', 'Desktop', '14.4.1'],
      // History is not what these tests are about, and each version fetches it from its own idea of the media host.
      shouldSyncHistoryMessage: () => false
    }) as never
    this.socket = socket
    socket.ev.on('creds.update', () => void this.written(saveCreds()))
    socket.ev.on('messages.upsert', ({ messages }) => {
      for (const message of messages) this.texts.add(textOf(message))
      this.ask()
    })
    socket.ev.on('connection.update', ({ connection, lastDisconnect, qr }) => {
      if (qr !== undefined) this.qr = qr
      if (connection === 'open') this.isOpen = true
      if (connection !== 'close') return this.ask()
      this.isOpen = false
      const error = lastDisconnect?.error as { output?: { statusCode?: number } } | undefined
      this.closes.push(error?.output?.statusCode ?? 0)
      if (this.reconnects) void this.connect()
      this.ask()
    })
  }

  /** Resolves with the first truthy answer; asked after every event. */
  until<T>(question: () => T | undefined | false, timeoutMs = 40_000): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`It did not come; there is ${[...this.texts].join(', ')}`)),
        timeoutMs
      )
      const ask = (): void => {
        const answer = question()
        if (!answer) return
        clearTimeout(timer)
        this.waiting.delete(ask)
        resolve(answer)
      }
      this.waiting.add(ask)
      ask()
    })
  }

  private ask(): void {
    for (const ask of this.waiting) ask()
  }

  private async written(work: unknown): Promise<void> {
    const write = Promise.resolve(work)
    this.writing.add(write)
    await write.finally(() => this.writing.delete(write))
  }

  async say(jid: string, text: string): Promise<void> {
    await this.socket!.sendMessage(jid, { text })
  }

  /** Stops for good, with everything acknowledged and written: its folder is complete then. */
  async stop(): Promise<void> {
    if (this.isOpen) await this.simulator.until(() => this.phone.truth().offlineQueue.length === 0)
    this.reconnects = false
    await this.socket?.end(undefined)
    await this.until(() => !this.isOpen)
    while (this.writing.size > 0) await Promise.all(this.writing)
  }

  /** Its files by their names. */
  files(): ReadonlyMap<string, Buffer> {
    return new Map(readdirSync(this.folder).map(name => [name, readFileSync(join(this.folder, name))]))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
    this.removeFolder()
  }
}
