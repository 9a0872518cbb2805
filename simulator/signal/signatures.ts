// Signatures that clients make, really verified. Baileys' `Curve.verify` does not throw for a wrong signature and takes that
// for a yes, so the Signal library is asked directly and its answer counts.
import { generateSignalPubKey } from '@whiskeysockets/baileys'
import { verifySignature } from 'whatsapp-rust-bridge'
import type { SignedPreKey } from './key-bundle.ts'

export const isSignedBy = (identity: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean => {
  try {
    return verifySignature(generateSignalPubKey(identity), message, signature)
  } catch {
    // a key or signature of the wrong size verifies nothing
    return false
  }
}

/** A signed pre-key vouches for itself with the identity's signature over the key in its Signal form. */
export const isGenuine = (identity: Uint8Array, { publicKey, signature }: SignedPreKey): boolean =>
  isSignedBy(identity, generateSignalPubKey(publicKey), signature)
