// The simulator: a WhatsApp Web server for one machine. It opens the port, holds the network's state, and makes phones.
import type { RequestListener } from 'node:http'
import type { proto } from '@whiskeysockets/baileys'
import type { Account } from './state/account.ts'
import { serveVersionPage, VERSION_PAGE } from './protocol/client-version.ts'
import { addFault, disconnect } from './protocol/disconnections.ts'
import { announceIdentity } from './protocol/device-list.ts'
import type { ClientVersions } from './state/client-versions.ts'
import type { WhatsAppClock } from './state/clock.ts'
import type { ActiveFault, Fault, FaultScope, StreamError } from './state/faults.ts'
import { changeNumber, type NumberChange } from './protocol/number-change.ts'
import { type FileOptions, fileMessage } from './state/media/file-message.ts'
import { serveMedia } from './protocol/media/host.ts'
import { Network } from './state/network.ts'
import type { Phone } from './phone.ts'
import type { MessageCap, ReachoutTimelock } from './state/new-chat-limits.ts'
import { pushNameBehindQr } from './protocol/pairing/qr.ts'
import { refreshQrCodes, type REFRESH_CHILDREN } from './protocol/pairing/refresh.ts'
import { createPhone, type HistoryOptions, type PhoneOptions } from './phone-factory.ts'
import type { Refusal } from './state/refusals.ts'
import type { Signal, SignalListener } from './state/signals.ts'
import { useNativeCurve } from './signal/native-curve.ts'
import { silenceSessionDumps } from './signal/session-dumps.ts'
import { handlersFor } from './protocol/stanzas.ts'
import { makeServerIdentity, type ServerIdentity } from './wire/certificate-chain.ts'
import { Connection } from './wire/connection.ts'
import { openPort, type OpenPort } from './wire/port.ts'
import { makeTlsIdentity, type TlsIdentity } from './wire/tls-certificate.ts'

export type {
  Account,
  ActiveFault,
  Fault,
  FaultScope,
  MessageCap,
  Phone,
  PhoneOptions,
  ReachoutTimelock,
  Signal
}

export interface SimulatorOptions {
  /** 0 takes any free port. */
  readonly port?: number | undefined
  readonly host?: string | undefined
  readonly seed?: number | undefined
  /** The history of phones that are made for clients without one. */
  readonly history?: HistoryOptions | undefined
  /** Chunks smaller than this travel inside the message, for phones whose history says nothing else. */
  readonly inlineBelowBytes?: number | undefined
  /** Every account is asked for a passkey when it links a device, unless its phone says otherwise. */
  readonly passkeys?: boolean | undefined
  /** A group each of those phones is in. */
  readonly strangersGroup?: string | undefined
}

export class Simulator {
  readonly network: Network
  readonly host: string
  private identity: ServerIdentity
  private readonly tls: TlsIdentity
  readonly defaultHistory: HistoryOptions | undefined
  private readonly strangersGroup: string | undefined
  private readonly inlineBelowBytes: number | undefined
  private readonly strangers = new Map<string, Phone>()
  private readonly created: Phone[] = []
  private port: OpenPort | undefined
  private readonly requestHandlers = new Map<string, RequestListener>()
  private connections = 0

  private constructor(options: SimulatorOptions) {
    this.host = options.host ?? '127.0.0.1'
    this.network = new Network(options.seed ?? 1)
    this.network.passkeysDemanded = options.passkeys ?? false
    this.defaultHistory = options.history
    this.strangersGroup = options.strangersGroup
    this.inlineBelowBytes = options.inlineBelowBytes
    this.identity = makeServerIdentity()
    this.tls = makeTlsIdentity()
  }

  static async make(options: SimulatorOptions = {}): Promise<Simulator> {
    silenceSessionDumps()
    useNativeCurve()
    const simulator = new Simulator(options)
    await simulator.open(options)
    return simulator
  }

  get whatsappUrl(): string {
    return `ws://${this.network.mediaHost}/ws/chat`
  }

  get secureWhatsappUrl(): string {
    return `wss://${this.network.mediaHost}/ws/chat`
  }

  get mediaUrl(): string {
    return `http://${this.network.mediaHost}`
  }

  /** The page that tells the live version. */
  get versionUrl(): string {
    return `${this.mediaUrl}/${VERSION_PAGE}`
  }

  /** The root public key a client has to trust, base64. */
  get trustRoot(): string {
    return Buffer.from(this.identity.root.public).toString('base64')
  }

  /** The server gets another static key, as WhatsApp's does now and then: clients that resume with the old one are told the new one. */
  renewStaticKey(): void {
    this.identity = makeServerIdentity(this.identity.root)
  }

  /** What clients were refused lately, and why. */
  get refusals(): readonly Refusal[] {
    return this.network.refusals.latest
  }

  /** The authority behind the TLS certificate of this port, PEM. */
  get caCertificate(): string {
    return this.tls.caCertificate
  }

  get phones(): readonly Phone[] {
    return this.created
  }

  get events(): { on(listener: SignalListener): () => void } {
    return this.network.signals
  }

  createPhone(options: PhoneOptions = {}): Phone {
    const { history } = options
    const inlineBelowBytes = history?.inlineBelowBytes ?? this.inlineBelowBytes
    const phone = createPhone(
      this.network,
      history ? { ...options, history: { ...history, inlineBelowBytes } } : options,
      this.created.length
    )
    this.created.push(phone)
    return phone
  }

  /** A phone or a contact, by an address or a phone number. */
  account(address: string): Account | undefined {
    return this.network.directory.find(address) ?? this.network.directory.byPhoneNumber(address)
  }

  phone(address: string): Phone | undefined {
    const account = this.account(address)
    return this.created.find(phone => phone.account === account)
  }

  /** The phone for a client without one: the same push name gets the same phone; a client without a name gets a new one. */
  phoneForQr(qr: string): Phone {
    const name = pushNameBehindQr(this.network, qr)
    const known = name === undefined ? undefined : this.strangers.get(name)
    if (known) return known
    const phone = this.createPhone({ name, history: this.defaultHistory })
    if (this.strangersGroup !== undefined) phone.createGroup(this.strangersGroup, phone.contacts.slice(0, 3))
    if (name !== undefined) this.strangers.set(name, phone)
    return phone
  }

  /** Requests below `/folder/` on the WhatsApp port are answered by this handler instead of the media host. */
  handleRequests(folder: string, handler: RequestListener): void {
    this.requestHandlers.set(folder, handler)
  }

  /** The addresses and keys that a client is started with. */
  describe(): Record<string, unknown> {
    return {
      whatsappUrl: this.whatsappUrl,
      secureWhatsappUrl: this.secureWhatsappUrl,
      mediaUrl: this.mediaUrl,
      trustRoot: this.trustRoot,
      caCertificate: this.caCertificate,
      phones: this.created.map(phone => phone.phoneNumber)
    }
  }

  /** A person without a phone of the test: their primary device answers automatically. */
  createContact(options: { phoneNumber?: string; name?: string } = {}): Account {
    return this.network.directory.create(options)
  }

  /** A message with this file, for `receive` and `send`. */
  fileMessage(options: FileOptions): proto.IMessage {
    return fileMessage(this.network.media, options)
  }

  /** A contact reinstalls WhatsApp: a new identity; acquaintances are notified. */
  reinstall(contact: Account): void {
    if (contact.companions.size > 0) throw new Error('an account with linked devices cannot be reinstalled')
    contact.reinstall()
    this.network.senderKeys.deleteSender(contact)
    announceIdentity(this.network, contact)
  }

  /** A contact gets another number; whoever has it gets a free one. */
  changeNumber(contact: Account, change: NumberChange = {}): void {
    changeNumber(this.network, contact, change)
  }

  /** Resolves with the first truthy answer, asked after everything that happens here. */
  until<T>(
    question: () => T | undefined | null | false,
    options: { timeoutMs?: number; what?: string } = {}
  ): Promise<T> {
    return this.network.signals.until(question, options)
  }

  /**
   * The versions of linked devices by their last number: the one that the web page tells, and the lowest that is accepted.
   * `escaped` says whether the quotes in the page are.
   */
  get clientVersions(): ClientVersions {
    return this.network.clientVersions
  }

  /** WhatsApp's own clock: `aheadMs` beside this machine's, and what a login says the time is. */
  get clock(): WhatsAppClock {
    return this.network.clock
  }

  fault(fault: Fault, scope: FaultScope = {}): ActiveFault {
    return addFault(this.network, fault, scope)
  }

  /** Asks every device that is being linked for a QR code with a new secret. */
  refreshQrCodes(childTag?: (typeof REFRESH_CHILDREN)[number]): void {
    refreshQrCodes(this.network, childTag)
  }

  /** Ends every connection: with a stream error when a code or a condition is given, by a TCP drop otherwise. */
  disconnectAll(error: StreamError = {}): void {
    for (const { connection } of this.network.sessions.values()) disconnect(connection, error)
  }

  async stop(): Promise<void> {
    if (this.network.stopping) return
    this.network.stopping = true
    this.network.faults.clearAll()
    this.network.signals.emit('stopping')
    await this.port?.close()
    await this.network.background.settled()
    for (const account of this.network.directory.accounts.values()) account.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  private async open(options: SimulatorOptions): Promise<void> {
    const { network } = this
    const handlers = handlersFor(network)
    this.port = await openPort({
      host: this.host,
      port: options.port ?? 0,
      tls: this.tls,
      onRequest: (request, response) => {
        const [, folder = ''] = (request.url ?? '').split('/')
        const handler = this.requestHandlers.get(folder)
        if (handler) handler(request, response)
        else if (folder === VERSION_PAGE) serveVersionPage(network, request, response)
        else serveMedia(network, request, response)
      },
      refusedUpgrade: () => network.faults.take('refuseUpgrades', {})?.status,
      onSocket: socket => {
        network.signals.emit('connection', { connection: this.connections + 1 })
        new Connection(++this.connections, socket, this.identity, handlers)
      }
    })
    network.mediaHost = `${this.host}:${this.port.port}`
  }
}
