// Signatures of Curve25519 by the compiled Signal library that Baileys brings: libsignal's own JavaScript takes 12 ms for each,
// and linking one device makes and verifies a dozen.
import { Curve } from '@whiskeysockets/baileys'
import curve from 'libsignal/src/curve.js'
import { calculateSignature, verifySignature } from 'whatsapp-rust-bridge'

const originalSign = curve.calculateSignature

const sign = (privateKey: Uint8Array, message: Uint8Array): Buffer =>
  Buffer.from(calculateSignature(privateKey, message))

/** Has Baileys and libsignal use it, for the whole process; nothing happens where they use something else already. */
export const useNativeCurve = (): void => {
  if (curve.calculateSignature !== originalSign) return
  Curve.sign = sign
  curve.calculateSignature = sign
  curve.verifySignature = verifySignature
}
