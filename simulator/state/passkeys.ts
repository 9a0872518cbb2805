// The passkeys of an account: whether WhatsApp asks for one when a device is linked, and which ones its owner has registered.
import type { KeyObject } from 'node:crypto'

export class Passkeys {
  /** Whether a passkey is asked for; what the network does when left out. */
  demanded: boolean | undefined
  /** The request for a passkey comes without its options: the device has to ask for them. */
  asksWithoutOptions = false
  /** How long a challenge is good for, milliseconds. */
  challengeMs = 600_000
  /** Public keys (P-256) by the credential's id in base64url. */
  private readonly registered = new Map<string, KeyObject>()

  register(credentialId: Uint8Array, publicKey: KeyObject): void {
    this.registered.set(Buffer.from(credentialId).toString('base64url'), publicKey)
  }

  publicKey(credentialId: Uint8Array): KeyObject | undefined {
    return this.registered.get(Buffer.from(credentialId).toString('base64url'))
  }

  get credentialIds(): readonly string[] {
    return [...this.registered.keys()]
  }
}
