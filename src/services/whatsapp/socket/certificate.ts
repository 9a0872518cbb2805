// Whom a connection trusts.
import { WA_CERT_DETAILS } from '@whiskeysockets/baileys'
import { useNativeCurve } from './native-curve.ts'

/** Trusts the given root key instead of WhatsApp's; `''` trusts WhatsApp's. Signatures are verified either way. */
export const trust = (root: Uint8Array | ''): void => {
  if (root !== '') WA_CERT_DETAILS.PUBLIC_KEY = Buffer.from(root)
  useNativeCurve()
}
