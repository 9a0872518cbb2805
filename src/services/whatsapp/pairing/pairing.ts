// Everything that links a device over one connection: QR codes or a pairing code, and the passkey that WhatsApp may ask for.
import type { WASocket } from '@whiskeysockets/baileys'
import { Effect } from 'effect'
import type { Pairing } from '../../../domain/connection.ts'
import type { Connection } from '../socket/connection-context.ts'
import { codeRefusal, requestPairingCode } from './code.ts'
import { makePasskeyCeremony, type PasskeyCeremony } from './passkey.ts'
import { makeQrCodes, onReferences, onRefresh } from './qr.ts'

const CODE_LIFETIME_MS = 160_000

export interface ConnectedPairing {
  readonly passkey: PasskeyCeremony
  /** Runs until the connection ends. */
  readonly loop: Effect.Effect<void>
}

/** Offers what a person needs to link the account. To be called before the first stanza. */
export const connectPairing = Effect.fnUntraced(function* (
  { emit, runtime, services: { now } }: Connection,
  socket: WASocket,
  pairing: Pairing
) {
  const codes = yield* makeQrCodes({
    socket,
    now,
    onQr: (qr, expiresAt) => emit({ type: 'socket.qrOffered', qr, expiresAt }),
    onUsedUp: () => void socket.end(new Error('All QR codes were shown')).catch(() => undefined)
  })
  onReferences(socket, references => {
    if (pairing.method === 'qr') codes.show(references)
    else runtime.fork(offerCode(socket, pairing.phoneNumber, emit, now))
  })
  onRefresh(socket, codes.refresh)
  const passkey = makePasskeyCeremony({ socket, runtime, emit, now, onBegin: () => codes.show([]) })
  return { passkey, loop: codes.loop } satisfies ConnectedPairing
})

const offerCode = (
  socket: WASocket,
  phoneNumber: string,
  emit: Connection['emit'],
  now: () => number
): Effect.Effect<void> =>
  requestPairingCode(socket, phoneNumber).pipe(
    Effect.match({
      onSuccess: code => emit({ type: 'socket.codeOffered', code, expiresAt: now() + CODE_LIFETIME_MS }),
      onFailure: refused =>
        emit({ type: 'socket.pairingRefused', kind: 'codeRefused', reason: codeRefusal(refused) })
    })
  )
