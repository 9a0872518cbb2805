// Offers what a person needs to link the account: a QR code, or a pairing code for a phone number.
import type { WASocket } from '@whiskeysockets/baileys'
import type { ConnectionEvent, Pairing } from '../../../domain/connection.ts'
import { QR_LIFETIME_MS } from './options.ts'

const CODE_LIFETIME_MS = 160_000

/** To be called with each QR code that Baileys makes; `null` links nothing. */
export const makePairingOffers = (
  socket: WASocket,
  pairing: Pairing | null,
  emit: (event: ConnectionEvent) => void,
  now: () => number
): ((qr: string) => void) => {
  let isCodeRequested = false
  const requestCode = (phoneNumber: string): void => {
    if (isCodeRequested) return
    isCodeRequested = true
    socket.requestPairingCode(phoneNumber).then(
      code => emit({ type: 'socket.codeOffered', code, expiresAt: now() + CODE_LIFETIME_MS }),
      (cause: unknown) =>
        void socket.end(cause instanceof Error ? cause : new Error('No pairing code')).catch(() => undefined)
    )
  }
  return qr => {
    if (pairing === null) return
    if (pairing.method === 'code') requestCode(pairing.phoneNumber)
    else emit({ type: 'socket.qrOffered', qr, expiresAt: now() + QR_LIFETIME_MS })
  }
}
