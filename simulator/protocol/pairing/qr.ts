// Linking by QR code: the phone scans what a device shows.
import type { Account } from '../../state/account.ts'
import type { Network } from '../../state/network.ts'
import type { Session, UnlinkedDevice } from '../../state/session.ts'
import { acceptDevice } from './accept.ts'

/** The parts of a QR string, with or without the address in front of it. */
const readQr = (qr: string): { reference: string; noiseKey: Buffer; identity: Buffer; advSecret: Buffer } => {
  const [reference, noise, identity, secret] = qr
    .trim()
    .replace(/^https?:\/\/[^#]*#/, '')
    .split(',')
  if (!reference || !noise || !identity || !secret) throw new Error('that is not a WhatsApp QR string')
  return {
    reference,
    noiseKey: Buffer.from(noise, 'base64'),
    identity: Buffer.from(identity, 'base64'),
    advSecret: Buffer.from(secret, 'base64')
  }
}

/** The name the client behind a QR string brought along, if it is connected. */
export const pushNameBehindQr = (network: Network, qr: string): string | undefined =>
  findByReference(network, readQr(qr).reference)?.unlinked.pushName

/** The phone scans a QR string; resolves with the device number once the device has signed. */
export const scanQr = (network: Network, account: Account, qr: string): Promise<number> => {
  const { reference, noiseKey, identity, advSecret } = readQr(qr)
  const found = findByReference(network, reference)
  if (!found) return Promise.reject(new Error('no client shows this QR: it expired or was never shown'))
  const { session, unlinked } = found
  if (!noiseKey.equals(unlinked.keys.noiseKey) || !identity.equals(unlinked.keys.identity)) {
    return Promise.reject(new Error('the QR string carries other keys than the client that shows it'))
  }
  return acceptDevice(network, session, unlinked, account, advSecret)
}

const findByReference = (
  network: Network,
  reference: string
): { session: Session; unlinked: UnlinkedDevice } | undefined => {
  for (const session of network.sessions.values()) {
    const { unlinked } = session
    if (unlinked?.references.has(reference)) return { session, unlinked }
  }
  return undefined
}
