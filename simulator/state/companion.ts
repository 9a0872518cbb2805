// A linked device: the client under test. The server knows its public keys, what it has not confirmed yet, and the
// connection it is on.
import type { proto } from '@whiskeysockets/baileys'
import type { Account } from './account.ts'
import type { KeyBundle, PreKey, SignedPreKey } from '../signal/key-bundle.ts'
import type { StanzaQueue } from './stanza-queue.ts'
import type { Connection } from '../wire/connection.ts'
import { type Addressing } from '../wire/jid.ts'

export interface CompanionKeys {
  readonly noiseKey: Buffer
  readonly identity: Buffer
  readonly registrationId: number
  readonly signedPreKey: SignedPreKey
}

export type DeviceProperties = proto.IDeviceProps

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
  logins = 0

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
