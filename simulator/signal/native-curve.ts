// Signatures of Curve25519 by the compiled Signal library that Baileys brings: libsignal's own JavaScript takes 12 ms for each,
// and linking one device makes and verifies a dozen. Messages of groups are signed, too.
import { Curve } from '@whiskeysockets/baileys'
import curve25519 from 'curve25519-js'
import { calculateSignature, verifySignature } from 'whatsapp-rust-bridge'

const originalSign = curve25519.sign
/** The type byte before a public key in the form of the Signal protocol. */
const SIGNAL_TYPE = Buffer.of(5)

const sign = (privateKey: Uint8Array, message: Uint8Array): Buffer =>
  Buffer.from(calculateSignature(privateKey, message))

const verify = (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean =>
  verifySignature(Buffer.concat([SIGNAL_TYPE, publicKey]), message, signature)

/**
 * Has Baileys and libsignal use it, for the whole process, in place of the library that libsignal calculates with; nothing happens where
 * they use something else already.
 */
export const useNativeCurve = (): void => {
  if (curve25519.sign !== originalSign) return
  Curve.sign = sign
  curve25519.sign = sign
  curve25519.verify = verify
}
