// Where both ways of linking end: `pair-success`, the device's signature and stream error 515, after which the device logs in.
import {
  Curve,
  hmacSign,
  proto,
  WA_ADV_ACCOUNT_SIG_PREFIX,
  WA_ADV_DEVICE_SIG_PREFIX
} from '@whiskeysockets/baileys'
import { isSignedBy } from '../../signal/signatures.ts'
import type { Account } from '../../state/account.ts'
import type { Network } from '../../state/network.ts'
import type { Claim, Session, UnlinkedDevice } from '../../state/session.ts'
import { type BinaryNode, child, childBytes, element } from '../../wire/binary-node.ts'
import { SERVER_JID } from '../../wire/jid.ts'
import { refusalOfVersion } from '../client-version.ts'
import { announceDevices } from '../device-list.ts'

/** The phone accepts a device; resolves with its number once it has signed its identity and is linked. */
export const claimDevice = (
  network: Network,
  session: Session,
  unlinked: UnlinkedDevice,
  account: Account,
  advSecret: Buffer
): Promise<number> => {
  if (unlinked.claim) return Promise.reject(new Error('this client is being linked already'))
  const refusal = refusalOfVersion(network, account, unlinked)
  if (refusal) return Promise.reject(refusal)
  const number = account.takeDeviceNumber()
  const { details, sealed } = deviceIdentity(
    { account, number, timestamp: network.clock.seconds() },
    unlinked,
    advSecret
  )
  const stanzaId = network.nextId()
  return new Promise((resolve, reject) => {
    unlinked.claim = { stanzaId, account, number, details, resolve, reject }
    network.reply(
      session,
      element('iq', { from: SERVER_JID, type: 'set', id: stanzaId, t: network.clock.seconds() }, [
        element('pair-success', {}, [
          element('device-identity', {}, sealed),
          element('device', { jid: account.address('pn', number), lid: account.address('lid', number) }),
          element('platform', { name: 'android' }),
          element('client-props', {}, clientProps(account))
        ])
      ])
    )
  })
}

/** What the phone tells a new device of the account. */
const clientProps = ({ isMigrated }: Account): Uint8Array =>
  proto.ClientPairingProps.encode({ isChatDbLidMigrated: isMigrated }).finish()

/** The device's identity, signed by the account and sealed with the secret that device and phone share. */
const deviceIdentity = (
  { account, number, timestamp }: { account: Account; number: number; timestamp: number },
  { keys }: UnlinkedDevice,
  advSecret: Buffer
): { details: Uint8Array; sealed: Uint8Array } => {
  const details = proto.ADVDeviceIdentity.encode({
    rawId: 1,
    timestamp,
    keyIndex: number
  }).finish()
  const signed = proto.ADVSignedDeviceIdentity.encode({
    details,
    accountSignatureKey: account.identity.public,
    accountSignature: Curve.sign(
      account.identity.private,
      Buffer.concat([WA_ADV_ACCOUNT_SIG_PREFIX, details, keys.identity])
    )
  }).finish()
  const sealed = proto.ADVSignedDeviceIdentityHMAC.encode({
    details: signed,
    hmac: hmacSign(signed, advSecret)
  }).finish()
  return { details, sealed }
}

/** The device's answer to `pair-success`: it is linked when its signature is right. */
export const answerPairSuccess = (network: Network, session: Session, node: BinaryNode): void => {
  const { unlinked } = session
  const claim = unlinked?.claim
  if (!unlinked || !claim || node.attrs.id !== claim.stanzaId) return
  if (node.attrs.type !== 'result' || !isSigned(node, unlinked, claim)) {
    claim.reject(new Error('the device did not sign its identity'))
    session.connection.destroy()
    return
  }
  const { account } = claim
  if (!account.named && unlinked.pushName) account.pushName = unlinked.pushName
  const companion = network.addCompanion(account, claim.number, unlinked.keys, unlinked.properties)
  companion.pushName = unlinked.pushName
  session.unlinked = undefined
  if (!network.faults.take('withholdRestart', { companion })) {
    network.reply(session, element('stream:error', { code: '515' }))
    session.connection.end()
  }
  announceDevices(network, account, 'add', companion)
  network.signals.emit('linked', { account: account.jid, device: companion.number })
  claim.resolve(companion.number)
}

const isSigned = (node: BinaryNode, { keys }: UnlinkedDevice, { account, details }: Claim): boolean => {
  const identity = childBytes(child(node, 'pair-device-sign'), 'device-identity')
  const signature = identity && proto.ADVSignedDeviceIdentity.decode(identity).deviceSignature
  const signedContent = Buffer.concat([
    WA_ADV_DEVICE_SIG_PREFIX,
    details,
    keys.identity,
    account.identity.public
  ])
  return signature?.length === 64 && isSignedBy(keys.identity, signedContent, signature)
}

/** The connection ended before the device was linked. */
export const abandonPairing = (session: Session): void => {
  const gone = new Error('the client went away while it was being linked')
  session.unlinked?.passkey?.reject(gone)
  session.unlinked?.claim?.reject(gone)
}
