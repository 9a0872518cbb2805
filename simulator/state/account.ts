// A person on the network: a phone number, a LID, a name, a primary device (number 0) and the linked devices. A contact and a
// phone are the same thing; a phone is an account whose owner the test plays. The two classes name each other: an account
// lists its linked devices, a linked device belongs to an account.
import { randomBytes } from 'node:crypto'
import { Curve, type KeyPair, type proto } from '@whiskeysockets/baileys'
import type { KeyBundle, PreKey, SignedPreKey } from '../signal/key-bundle.ts'
import { SignalDevice } from '../signal/signal-device.ts'
import type { Connection } from '../wire/connection.ts'
import { type Addressing, formatJid, LID_SERVER, PHONE_SERVER } from '../wire/jid.ts'
import { type HistorySharing, USUAL_SHARING } from './history/sharing.ts'
import { Passkeys } from './passkeys.ts'
import type { StanzaQueue } from './stanza-queue.ts'

export interface AccountOptions {
  readonly phoneNumber: string
  readonly lidUser: string
  readonly name: string
  readonly named: boolean
}

export const AUDIENCES = ['contacts', 'blacklist', 'whitelist'] as const

export interface StatusAudience {
  readonly type: (typeof AUDIENCES)[number]
  readonly people: readonly Account[]
}

/** What a phone shows as a status, of a contact or of its owner. */
export interface Status {
  readonly id: string
  readonly poster: Account
  readonly message: proto.IMessage
  /** Unix seconds. */
  readonly timestamp: number
}

/**
 * By which address the linked devices of an account write to people. `lid`: the account is migrated, and numbers are refused;
 * `either`: migrated, and numbers are still taken; `number`: not migrated, and LIDs are refused.
 */
export const DIRECT_ADDRESSINGS = ['lid', 'either', 'number'] as const
export type DirectAddressing = (typeof DIRECT_ADDRESSINGS)[number]

export const DEVICE_NEWS = ['devices', 'hash', 'nothing'] as const
export type DeviceNews = (typeof DEVICE_NEWS)[number]

/** What differs between the versions of WhatsApp that people have. */
export interface Habits {
  /** Its edits are sealed with the secret of the message; otherwise in the open, as before 2026. */
  sealsEdits: boolean
  /** What it writes carries a secret. */
  sendsSecrets: boolean
  /** In copies for its own linked devices, the context of a message is inside of the wrapper instead of beside it. */
  contextInsideCopies: boolean
}

export class Account {
  /** Numbers change; `Directory.changeNumber` changes this one. */
  phoneNumber: string
  /** Numbers this account had before, the first one first. */
  readonly formerNumbers: string[] = []
  readonly lidUser: string
  /** What others see beside this account's messages. */
  pushName: string
  /** Whether someone chose the name; otherwise the first client that linked may bring its own. */
  named: boolean
  /** Which of its two addresses this account's 1:1 messages carry. */
  addressing: Addressing = 'pn'
  /** Linked devices that know of no LIDs still work with the default. */
  directAddressing: DirectAddressing = 'either'
  /** Whether messages to people are refused that carry neither the recipient's token nor one of the account's own. */
  requiresTokens = false
  /** Counts the salts of its own tokens. */
  saltNumber = 1
  /** What others are told when this account's devices change: which ones, only whose (by a hash), or nothing. */
  deviceNews: DeviceNews = 'devices'
  /** A contact sends read receipts for what it gets; the owner of a phone reads when the test says so. */
  readsAutomatically = true
  /** Whether the primary device is reachable. */
  online = true
  /** Whether linked devices get statuses as stanzas of their own, as they do since July 2026, or as messages. */
  statusStanzas = true
  /** What waited for a linked device comes as far as the device asks for it; otherwise all at once. */
  asksForBacklog = false
  /** Devices with a lower last number of their version are refused; the limit for everybody counts, too. */
  leastVersion = 0
  /** Whether receipts of a group's members that wait for a linked device come in one stanza, by message. */
  gathersReceipts = true
  /** Whom the owner shows statuses: everyone in the address book, or all but some, or only some. */
  statusAudience: StatusAudience = { type: 'contacts', people: [] }
  /** Those who are not in this account's address book: it shows none of their statuses. */
  readonly strangers = new Set<Account>()
  /** What this phone shows as statuses. */
  statuses: readonly Status[] = []
  historySharing: HistorySharing = USUAL_SHARING
  readonly habits: Habits = { sealsEdits: true, sendsSecrets: true, contextInsideCopies: false }
  readonly passkeys = new Passkeys()
  /** A pairing code is given whatever platform and display name a device claims to have. */
  acceptsAnyPlatform = false
  statusText = ''
  picture: string | undefined
  readonly companions = new Map<number, Companion>()
  readonly blocked = new Set<string>()
  readonly privacy = new Map<string, string>()
  private nextDevice = 1
  private key: KeyPair | undefined
  private signal: SignalDevice | undefined
  private readonly otherDevices = new Map<string, SignalDevice>()

  constructor(options: AccountOptions) {
    this.phoneNumber = options.phoneNumber
    this.lidUser = options.lidUser
    this.pushName = options.name
    this.named = options.named
  }

  /** Whether 1:1 chats of this account are kept by LID. */
  get isMigrated(): boolean {
    return this.directAddressing !== 'number'
  }

  get jid(): string {
    return formatJid(this.phoneNumber, PHONE_SERVER)
  }

  get lid(): string {
    return formatJid(this.lidUser, LID_SERVER)
  }

  address(addressing: Addressing, device = 0): string {
    return addressing === 'lid'
      ? formatJid(this.lidUser, LID_SERVER, device)
      : formatJid(this.phoneNumber, PHONE_SERVER, device)
  }

  /** The account's identity key, which signs its linked devices. Made when first needed: most contacts never are. */
  get identity(): KeyPair {
    this.key ??= Curve.generateKeyPair()
    return this.key
  }

  /** The primary device's Signal state. */
  get primary(): SignalDevice {
    this.signal ??= new SignalDevice(this.identity)
    return this.signal
  }

  /** The Signal state of a device that has an address of its own, such as one hosted at Meta. */
  deviceAt(address: string): SignalDevice {
    const known = this.otherDevices.get(address)
    if (known) return known
    const made = new SignalDevice(Curve.generateKeyPair())
    this.otherDevices.set(address, made)
    return made
  }

  get devices(): number[] {
    return [0, ...this.companions.keys()]
  }

  hasBlocked(writer: Account): boolean {
    return this.blocked.has(writer.lid) || this.blocked.has(writer.jid)
  }

  /** Device numbers are never used again: an old device's messages must not reach a new one. */
  takeDeviceNumber(): number {
    return this.nextDevice++
  }

  /** The owner reinstalls WhatsApp: another identity, no session survives. */
  reinstall(): void {
    this.signal?.close()
    this.signal = undefined
    this.key = undefined
  }

  close(): void {
    this.signal?.close()
    for (const device of this.otherDevices.values()) device.close()
  }
}

export interface CompanionKeys {
  readonly noiseKey: Buffer
  readonly identity: Buffer
  readonly registrationId: number
  readonly signedPreKey: SignedPreKey
}

export type DeviceProperties = proto.IDeviceProps

/**
 * A linked device: the client under test. The server knows its public keys, what it has not confirmed yet, and its
 * connection.
 */
export class Companion {
  readonly account: Account
  readonly number: number
  readonly keyIndex: number
  readonly noiseKey: Buffer
  readonly identity: Buffer
  readonly properties: DeviceProperties
  readonly queue: StanzaQueue
  registrationId: number
  signedPreKey: SignedPreKey
  pushName: string | undefined
  connection: Connection | undefined
  /** Available in the sense of presence: only then do its delivery receipts count as seen by a person. */
  available = false
  /** Whether the phone has begun to send this device its history. */
  introduced = false
  readonly preKeys = new Map<number, PreKey>()
  /** What the device encrypts its own database with: it is told at each login, and stays the same. */
  readonly storageKey = randomBytes(32)
  logins = 0
  /** The version with which it logged in last. */
  version: string | undefined

  constructor(
    account: Account,
    number: number,
    keys: CompanionKeys,
    properties: DeviceProperties,
    queue: StanzaQueue
  ) {
    this.account = account
    this.number = number
    this.keyIndex = number
    this.noiseKey = keys.noiseKey
    this.identity = keys.identity
    this.registrationId = keys.registrationId
    this.signedPreKey = keys.signedPreKey
    this.properties = properties
    this.queue = queue
  }

  get lid(): string {
    return this.account.address('lid', this.number)
  }

  get jid(): string {
    return this.account.address('pn', this.number)
  }

  address(addressing: Addressing): string {
    return this.account.address(addressing, this.number)
  }

  /** The keys for a new session; a one-time pre-key is consumed by being handed out. */
  takeBundle(): KeyBundle {
    const [preKey] = this.preKeys.values()
    if (preKey) this.preKeys.delete(preKey.id)
    return {
      registrationId: this.registrationId,
      identity: this.identity,
      signedPreKey: this.signedPreKey,
      preKey
    }
  }
}
