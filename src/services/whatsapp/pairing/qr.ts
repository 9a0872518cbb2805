// The QR codes of a device that is being linked. Baileys makes them of one secret for all; WhatsApp may ask for a new secret at
// any time (`companion_reg_refresh`), so they are made here.
import {
  type BinaryNode,
  buildPairingQRData,
  getBinaryNodeChild,
  getBinaryNodeChildren,
  S_WHATSAPP_NET,
  type WASocket
} from '@whiskeysockets/baileys'
import { Effect, Queue, Stream } from 'effect'
import { BROWSER, QR_LIFETIME_MS } from '../socket/options.ts'
import { newAdvSecret } from './passkey-keys.ts'

const PAIR_DEVICE = 'CB:iq,type:set,pair-device'

/** Calls back with the references that WhatsApp gives for QR codes, and keeps Baileys from making its own of them. */
export const onReferences = (socket: WASocket, take: (references: ReadonlyArray<string>) => void): void => {
  socket.ws.removeAllListeners(PAIR_DEVICE)
  socket.ws.on(PAIR_DEVICE, (stanza: BinaryNode) => {
    const acknowledgement = { to: S_WHATSAPP_NET, type: 'result', id: stanza.attrs['id'] ?? '' }
    socket.sendNode({ tag: 'iq', attrs: acknowledgement }).catch(() => undefined)
    const references = getBinaryNodeChildren(getBinaryNodeChild(stanza, 'pair-device'), 'ref')
    take(
      references.flatMap(({ content }) =>
        content instanceof Uint8Array ? [Buffer.from(content).toString()] : []
      )
    )
  })
}

/** Calls back when WhatsApp asks for a new secret. */
export const onRefresh = (socket: WASocket, refresh: () => void): void => {
  socket.ws.on('CB:notification,type:companion_reg_refresh', (stanza: BinaryNode) => {
    const isRefresh = ['companion_reg_refresh', 'pair-device-rotate-qr'].some(
      tag => getBinaryNodeChild(stanza, tag) !== undefined
    )
    if (isRefresh) refresh()
  })
}

export interface QrCodes {
  /** Shows the QR code of each reference for a while, one after the other; of none, it shows nothing any more. */
  readonly show: (references: ReadonlyArray<string>) => void
  /** Shows the present reference with a new secret. */
  readonly refresh: () => void
  /** Runs until the connection ends. */
  readonly loop: Effect.Effect<void>
}

interface Shown {
  readonly reference: string
  readonly expiresAt: number
}

export const makeQrCodes = (options: {
  readonly socket: WASocket
  readonly now: () => number
  /** Called with what is to be scanned, and until when (milliseconds since 1970). */
  readonly onQr: (qr: string, expiresAt: number) => void
  /** Called when all references are used up. */
  readonly onUsedUp: () => void
}): Effect.Effect<QrCodes> =>
  Effect.map(Queue.unbounded<ReadonlyArray<string>>(), queue => {
    const { now, onQr, onUsedUp, socket } = options
    let shown: Shown | undefined
    const showNow = (next: Shown): void => {
      shown = next
      onQr(qrOf(socket, next.reference), next.expiresAt)
    }
    const showEach = Effect.fnUntraced(function* (references: ReadonlyArray<string>) {
      shown = undefined
      for (const reference of references) {
        showNow({ reference, expiresAt: now() + QR_LIFETIME_MS })
        yield* Effect.sleep(QR_LIFETIME_MS)
      }
      shown = undefined
      if (references.length > 0) onUsedUp()
    })
    return {
      show: references => void Queue.offerUnsafe(queue, references),
      refresh: () => {
        if (shown === undefined) return
        socket.authState.creds.advSecretKey = newAdvSecret()
        showNow(shown)
      },
      loop: Stream.fromQueue(queue).pipe(
        Stream.switchMap(references => Stream.fromEffectDrain(showEach(references))),
        Stream.runDrain
      )
    }
  })

/** In the form of 2026: `https://wa.me/settings/linked_devices#reference,noise key,identity key,secret,platform`. */
const qrOf = (socket: WASocket, reference: string): string => {
  const { advSecretKey, noiseKey, signedIdentityKey } = socket.authState.creds
  return buildPairingQRData(
    reference,
    Buffer.from(noiseKey.public).toString('base64'),
    Buffer.from(signedIdentityKey.public).toString('base64'),
    advSecretKey,
    BROWSER
  )
}
