// A device that is not linked registers: it gets `pair-device` with the references for the QR codes that it shows.
import { randomBytes } from 'node:crypto'
import { proto } from '@whiskeysockets/baileys'
import { isGenuine } from '../../signal/signatures.ts'
import { versionIn } from '../../state/client-versions.ts'
import type { Network } from '../../state/network.ts'
import type { Session } from '../../state/session.ts'
import { element, numberOf } from '../../wire/binary-node.ts'
import { SERVER_JID } from '../../wire/jid.ts'

const REFERENCES = 6

/** Answers a registration with the references for QR codes; `false` when the registration is malformed or not signed. */
export const beginPairing = (
  network: Network,
  session: Session,
  payload: proto.ClientPayload,
  noiseKey: Buffer
): boolean => {
  const data = payload.devicePairingData
  const registrationId = numberOf(data?.eRegid ?? undefined)
  const signedPreKeyId = numberOf(data?.eSkeyId ?? undefined)
  if (
    registrationId === undefined ||
    signedPreKeyId === undefined ||
    data?.eIdent?.length !== 32 ||
    data.eSkeyVal?.length !== 32 ||
    data.eSkeySig?.length !== 64
  ) {
    return false
  }
  const identity = Buffer.from(data.eIdent)
  const signedPreKey = {
    id: signedPreKeyId,
    publicKey: Buffer.from(data.eSkeyVal),
    signature: Buffer.from(data.eSkeySig)
  }
  if (!isGenuine(identity, signedPreKey)) return false
  const references = Array.from({ length: REFERENCES }, () => `2@${randomBytes(48).toString('base64')}`)
  session.unlinked = {
    keys: { noiseKey, identity, registrationId, signedPreKey },
    properties: proto.DeviceProps.decode(data.deviceProps ?? new Uint8Array()),
    pushName: payload.pushName ?? undefined,
    version: versionIn(payload),
    references: new Set(references),
    linkCode: undefined,
    passkey: undefined,
    claim: undefined
  }
  network.reply(
    session,
    element('iq', { from: SERVER_JID, type: 'set', id: network.nextId(), xmlns: 'md' }, [
      element(
        'pair-device',
        {},
        references.map(reference => element('ref', {}, Buffer.from(reference)))
      )
    ])
  )
  network.signals.emit('pairing', { connection: session.connection.id })
  return true
}
