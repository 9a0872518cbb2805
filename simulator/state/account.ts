// A person on the network: a phone number, a LID, a name, a simulated primary device (number 0) and the linked devices.
// Contacts and phones are the same thing; a phone is an account whose owner the test plays.
import { Curve, type KeyPair } from '@whiskeysockets/baileys'
import type { Companion } from './companion.ts'
import { SignalDevice } from '../signal/signal-device.ts'
import { type Addressing, formatJid, LID_SERVER, PHONE_SERVER } from '../wire/jid.ts'

export interface AccountOptions {
  readonly phoneNumber: string
  readonly lidUser: string
  readonly name: string
  readonly named: boolean
}

export class Account {
  readonly phoneNumber: string
  readonly lidUser: string
  /** What others see beside this account's messages. */
  pushName: string
  /** Whether someone chose the name; otherwise the first client that linked may bring its own. */
  named: boolean
  /** Which of its two addresses this account's 1:1 messages carry. */
  addressing: Addressing = 'pn'
  /** A contact reads what it gets; the owner of a phone reads when the test says so. */
  readsByItself = true
  /** Whether the primary device is reachable. */
  online = true
  statusText = ''
  picture: string | undefined
  readonly companions = new Map<number, Companion>()
  readonly blocked = new Set<string>()
  readonly privacy = new Map<string, string>()
  private nextDevice = 1
  private key: KeyPair | undefined
  private signal: SignalDevice | undefined

  constructor(options: AccountOptions) {
    this.phoneNumber = options.phoneNumber
    this.lidUser = options.lidUser
    this.pushName = options.name
    this.named = options.named
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

  get devices(): number[] {
    return [0, ...this.companions.keys()]
  }

  /** Device numbers are never used again: an old device's messages must not reach a new one. */
  takeDeviceNumber(): number {
    return this.nextDevice++
  }

  /** The owner sets the account up anew: another identity, no session survives. */
  reinstall(): void {
    this.signal?.close()
    this.signal = undefined
    this.key = undefined
  }

  close(): void {
    this.signal?.close()
  }
}
