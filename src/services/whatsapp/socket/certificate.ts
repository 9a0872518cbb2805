// Whom a connection trusts. Baileys asks libsignal to verify a signature and ignores the result: every certificate, and
// every signature of a paired account, would be accepted. Here the result counts, for the whole process.
import { Curve, generateSignalPubKey, WA_CERT_DETAILS } from '@whiskeysockets/baileys'
import { verifySignature } from 'libsignal/src/curve.js'

/** Trusts the given root key instead of WhatsApp's; `''` trusts WhatsApp's. Signatures are verified either way. */
export const trust = (root: Uint8Array | ''): void => {
  if (root !== '') WA_CERT_DETAILS.PUBLIC_KEY = Buffer.from(root)
  Curve.verify = (publicKey, message, signature) => {
    try {
      return verifySignature(generateSignalPubKey(publicKey), message, signature) === true
    } catch {
      // A key or signature of the wrong size verifies nothing.
      return false
    }
  }
}
