// What the owner does to link devices, answer for a passkey, and unlink devices again.
import { announceDevices } from '../protocol/device-list.ts'
import { unlink } from '../protocol/login.ts'
import { enterPairingCode } from '../protocol/pairing/code.ts'
import { askAgain, codeOnPhone, compareCodes } from '../protocol/pairing/passkey.ts'
import { scanQr } from '../protocol/pairing/qr.ts'
import { confusePreKeys } from '../protocol/pre-keys.ts'
import { type AssertionJson, type AssertionOptions, Authenticator } from '../state/authenticator.ts'
import { PhoneOwner } from './owner.ts'

export class LinkingPhone extends PhoneOwner {
  private authenticator: Authenticator | undefined

  /** Resolves with the device number once the client that shows this QR is linked. */
  scanQr(qr: string): Promise<number> {
    return scanQr(this.network, this.account, qr)
  }

  /** Resolves with the device number once the client that shows this pairing code is linked. */
  enterPairingCode(code: string): Promise<number> {
    return enterPairingCode(this.network, this.account, code)
  }

  /** Whether WhatsApp asks for a passkey when a device is linked; what the simulator does for everybody when left out. */
  demandPasskey(demanded: boolean | undefined): void {
    this.account.passkeys.demanded = demanded
  }

  /** The owner answers a challenge (base64url) with the own passkey; `options` make it a wrong answer. */
  assertPasskey(challenge: string, options: AssertionOptions = {}): AssertionJson {
    this.authenticator ??= this.registeredAuthenticator()
    return this.authenticator.assert(challenge, options)
  }

  /** The code that the phone shows for comparison with the device's; `undefined` while it shows none. */
  get passkeyCode(): string | undefined {
    return codeOnPhone(this.network, this.account)
  }

  /** The owner says on the phone whether the device shows the same code. */
  comparePasskeyCode(says: 'same' | 'other'): void {
    compareCodes(this.network, this.account, says)
  }

  /** WhatsApp asks once more for the passkey of the device that is being linked. */
  askForPasskeyAgain(): void {
    askAgain(this.network, this.account)
  }

  private registeredAuthenticator(): Authenticator {
    const authenticator = new Authenticator()
    this.account.passkeys.register(authenticator.credentialId, authenticator.publicKey)
    return authenticator
  }

  /** The owner logs a linked device out on the phone. */
  unlinkDevice(device: number): void {
    const companion = this.companion(device)
    unlink(this.network, companion)
    announceDevices(this.network, this.account, 'remove', companion)
  }

  /** WhatsApp hands out other pre-keys under the ids that this linked device has uploaded. */
  confusePreKeys(device: number): void {
    confusePreKeys(this.companion(device))
  }
}
