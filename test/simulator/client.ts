// An unmodified Baileys client for the simulator's tests: it pairs, reconnects when told to, and keeps what it saw.
// Nothing waits by sleeping: `until` asks again after every event the client emits.
import makeWASocket, {
  type AuthenticationCreds,
  type BaileysEventMap,
  Browsers,
  initAuthCreds,
  type SignalDataSet,
  type SignalDataTypeMap,
  type SignalKeyStore,
  type UserFacingSocketConfig,
  WA_CERT_DETAILS,
  type WAMessage,
  type WASocket
} from '@whiskeysockets/baileys'
import pino from 'pino'
import type { Phone } from '../../simulator/phone.ts'
import { silenceSessionDumps } from '../../simulator/signal/session-dumps.ts'
import type { Simulator } from '../../simulator/simulator.ts'

export class MemoryKeys implements SignalKeyStore {
  readonly stored = new Map<string, unknown>()

  get<T extends keyof SignalDataTypeMap>(type: T, ids: string[]): { [id: string]: SignalDataTypeMap[T] } {
    const found: { [id: string]: SignalDataTypeMap[T] } = {}
    for (const id of ids) {
      const value = this.stored.get(`${type}:${id}`)
      if (value !== undefined) found[id] = value as SignalDataTypeMap[T]
    }
    return found
  }

  set(data: SignalDataSet): void {
    for (const [type, entries] of Object.entries(data)) {
      for (const [id, value] of Object.entries(entries ?? {})) {
        if (value === null || value === undefined) this.stored.delete(`${type}:${id}`)
        else this.stored.set(`${type}:${id}`, value)
      }
    }
  }
}

type Config = Partial<UserFacingSocketConfig>

/** Baileys fetches chunks and snapshots from WhatsApp's media host, whatever the server says: they are the simulator's here. */
const routeMediaTo = ({ mediaUrl }: Simulator): void => {
  const fetchAnything = globalThis.fetch
  globalThis.fetch = (input, init) =>
    fetchAnything(
      typeof input === 'string' || input instanceof URL
        ? String(input).replace(/^https:\/\/mmg\.whatsapp\.net/, mediaUrl)
        : input,
      init
    )
}

export class Client {
  readonly creds: AuthenticationCreds = initAuthCreds()
  readonly keys = new MemoryKeys()
  readonly messages: (WAMessage & { upsertType: string })[] = []
  readonly updates: BaileysEventMap['messages.update'] = []
  readonly groupReceipts: BaileysEventMap['message-receipt.update'] = []
  readonly history: BaileysEventMap['messaging-history.set'][] = []
  readonly events: { name: string; data: unknown }[] = []
  readonly closes: number[] = []
  readonly sent = new Map<string, WAMessage>()
  state: 'connecting' | 'open' | 'close' = 'connecting'
  qr: string | undefined
  socket!: WASocket
  private readonly simulator: Simulator
  private readonly config: Config
  private readonly waiting = new Set<() => void>()
  private stopped = false
  reconnects = true

  constructor(simulator: Simulator, config: Config = {}) {
    silenceSessionDumps()
    WA_CERT_DETAILS.PUBLIC_KEY = Buffer.from(simulator.trustRoot, 'base64')
    this.simulator = simulator
    this.config = config
    routeMediaTo(simulator)
  }

  static async linked(simulator: Simulator, phone: Phone, config: Config = {}): Promise<Client> {
    const client = new Client(simulator, config)
    client.connect()
    await phone.scanQr(await client.until(() => client.qr, 'a QR'))
    await client.until(() => client.state === 'open', 'open', 60_000)
    return client
  }

  connect(): void {
    this.state = 'connecting'
    const socket = makeWASocket({
      auth: { creds: this.creds, keys: this.keys },
      waWebSocketUrl: this.simulator.whatsappUrl,
      logger: pino({ level: process.env.SIM_LOG ?? 'silent' }),
      browser: Browsers.macOS('Desktop'),
      shouldSyncHistoryMessage: () => true,
      getMessage: key => Promise.resolve(this.sent.get(key.id ?? '')?.message ?? undefined),
      ...this.config
    })
    this.socket = socket
    socket.ev.process(events => {
      for (const [name, data] of Object.entries(events)) this.take(name as keyof BaileysEventMap, data)
    })
    socket.ev.on('creds.update', update => void Object.assign(this.creds, update))
    socket.ev.on('connection.update', update => {
      if (update.qr) this.qr = update.qr
      if (update.connection) this.state = update.connection
      if (update.connection === 'close') {
        const error = update.lastDisconnect?.error as { output?: { statusCode?: number } } | undefined
        const code = error?.output?.statusCode ?? 0
        this.closes.push(code)
        if (!this.stopped && (code === 515 || (this.reconnects && code !== 401 && code !== 440)))
          this.connect()
      }
      this.ask()
    })
  }

  /** Resolves once the phone's history and app state have been taken in. */
  async firstSync(): Promise<void> {
    await this.until(() => (this.creds.accountSyncCounter ?? 0) > 0, 'the first sync')
  }

  /** Resolves with the first truthy answer; asked after every event. */
  until<T>(question: () => T | undefined | false, what: string, timeoutMs = 25_000): Promise<T> {
    return new Promise((resolve, reject) => {
      const ask = (): void => {
        const answer = question()
        if (!answer) return
        clearTimeout(timer)
        this.waiting.delete(ask)
        resolve(answer)
      }
      const timer = setTimeout(() => {
        this.waiting.delete(ask)
        reject(new Error(`${what} did not come within ${timeoutMs} ms`))
      }, timeoutMs)
      this.waiting.add(ask)
      ask()
    })
  }

  text(text: string, timeoutMs?: number): Promise<WAMessage & { upsertType: string }> {
    return this.until(() => this.messages.find(message => textOf(message) === text), `"${text}"`, timeoutMs)
  }

  /** The highest status a message of ours reached; Baileys folds an update into an upsert it still holds back. */
  statusOf(id: string | null | undefined): number {
    const statuses = [
      ...this.updates.filter(({ key }) => key.id === id).map(({ update }) => update.status),
      ...this.messages.filter(({ key }) => key.id === id).map(({ status }) => status)
    ]
    return Math.max(0, ...statuses.map(status => status ?? 0))
  }

  /** Who read a group message of ours, as far as this client knows. */
  readersOf(id: string | null | undefined): Set<string> {
    const receipts = [
      ...this.groupReceipts.filter(({ key }) => key.id === id).map(({ receipt }) => receipt),
      ...this.messages.filter(({ key }) => key.id === id).flatMap(({ userReceipt }) => userReceipt ?? [])
    ]
    return new Set(receipts.filter(one => one.readTimestamp).map(({ userJid }) => userJid ?? ''))
  }

  async say(jid: string, text: string): Promise<WAMessage> {
    const message = await this.socket.sendMessage(jid, { text })
    this.sent.set(message?.key.id ?? '', message!)
    return message!
  }

  async stop(): Promise<void> {
    this.stopped = true
    await this.socket.end(undefined)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  private take(name: keyof BaileysEventMap, data: unknown): void {
    this.events.push({ name, data })
    if (name === 'messages.upsert') {
      const { messages, type } = data as BaileysEventMap['messages.upsert']
      for (const message of messages) this.messages.push(Object.assign(message, { upsertType: type }))
    }
    if (name === 'messages.update') this.updates.push(...(data as BaileysEventMap['messages.update']))
    if (name === 'message-receipt.update') {
      this.groupReceipts.push(...(data as BaileysEventMap['message-receipt.update']))
    }
    if (name === 'messaging-history.set') this.history.push(data as BaileysEventMap['messaging-history.set'])
    this.ask()
  }

  private ask(): void {
    for (const ask of this.waiting) ask()
  }
}

/** The edit that a message of a history is shown as. */
const editIn = ({ message }: WAMessage) => message?.editedMessage?.message?.protocolMessage

/** The id a message was sent with: one that was edited is in a history under the id of the edit. */
export const originalIdOf = (message: WAMessage) => editIn(message)?.key?.id ?? message.key.id

export const textOf = (message: WAMessage): string | undefined => {
  const content = editIn(message)?.editedMessage ?? message.message
  return content?.conversation ?? content?.extendedTextMessage?.text ?? undefined
}
