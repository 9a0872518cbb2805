// A connection and the device on it: a linked device, or one that is being linked.
import type { KeyPair } from '@whiskeysockets/baileys'
import type { Connection } from '../wire/connection.ts'
import type { ClientVersion } from './client-versions.ts'
import type { Account, Companion, CompanionKeys, DeviceProperties } from './account.ts'

export interface Session {
  readonly connection: Connection
  companion: Companion | undefined
  /** Set while the connection belongs to a device that is not linked yet. */
  unlinked: UnlinkedDevice | undefined
}

/** A device that shows a QR code or asks for a pairing code. */
export interface UnlinkedDevice {
  readonly keys: CompanionKeys
  readonly properties: DeviceProperties
  readonly pushName: string | undefined
  readonly version: ClientVersion
  /** The references of the QR codes that it shows one after another. */
  readonly references: ReadonlySet<string>
  linkCode: LinkCode | undefined
  /** The link that waits for the device's signature. */
  claim: Claim | undefined
}

/** Linking by pairing code, between the device's hello and its finish. */
export interface LinkCode {
  readonly reference: Buffer
  readonly phoneNumber: string
  readonly wrappedEphemeral: Buffer
  /** Set once the owner entered the code on the phone. */
  entered: EnteredCode | undefined
}

export interface EnteredCode {
  readonly account: Account
  readonly ephemeral: KeyPair
  readonly companionEphemeral: Buffer
  readonly resolve: (device: number) => void
  readonly reject: (error: Error) => void
}

/** A phone has accepted the device and waits for its signature. */
export interface Claim {
  readonly stanzaId: string
  readonly account: Account
  readonly number: number
  readonly details: Uint8Array
  readonly resolve: (device: number) => void
  readonly reject: (error: Error) => void
}
