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

/** The linked device, or the connection as long as it is nobody's. */
export const clientName = ({ companion, connection }: Session): string =>
  companion?.jid ?? `connection ${connection.id}`

/** A device that shows a QR code or asks for a pairing code. */
export interface UnlinkedDevice {
  readonly keys: CompanionKeys
  readonly properties: DeviceProperties
  readonly pushName: string | undefined
  readonly version: ClientVersion
  /** The references of the QR codes that it shows one after another. */
  readonly references: ReadonlySet<string>
  linkCode: LinkCode | undefined
  /** Set while the owner's passkey is asked for. */
  passkey: PasskeyLink | undefined
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

/** Linking with a passkey, from WhatsApp's request to the link. */
export interface PasskeyLink {
  readonly account: Account
  /** The secret that phone and device share already: from the QR code or the pairing code. */
  readonly advSecret: Buffer
  /** In base64url; `until` in milliseconds since 1970. */
  challenge: { readonly text: string; readonly until: number }
  /** The reference that the device was given for its prologue. */
  reference: string | undefined
  prologue: Prologue | undefined
  /** The device's keys and its new secret have come. */
  request: { readonly advSecret: Buffer } | undefined
  /** Whether the owner saw the same code on both, once asked. */
  ownerSays: 'same' | 'other' | undefined
  readonly resolve: (device: number) => void
  readonly reject: (error: Error) => void
}

/** What a device committed to, and the phone's half of the key. */
export interface Prologue {
  /** The encoded CompanionEphemeralIdentity. */
  readonly identity: Buffer
  readonly publicKey: Buffer
  readonly deviceType: number
  readonly reference: string
  readonly commitment: Buffer
  /** The device proved that it has the phone's secret: nobody has to compare codes. */
  readonly isProven: boolean
  readonly ephemeral: KeyPair
  readonly nonce: Buffer
  /** What the phone shows, once the device has revealed its nonce. */
  code: string | undefined
  key: Uint8Array | undefined
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
