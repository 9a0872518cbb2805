// How a device is linked: by QR (`pair-device`, scanned by the phone) or by a pairing code (`link_code_companion_reg`,
// entered on the phone). Both end in `pair-success`, the device's signature and stream error 515, after which it logs in.
import { randomBytes } from 'node:crypto'
import {
  aesDecryptCTR,
  aesDecryptGCM,
  aesEncryptCTR,
  Curve,
  derivePairingCodeKey,
  hkdf,
  hmacSign,
  type KeyPair,
  proto,
  WA_ADV_ACCOUNT_SIG_PREFIX,
  WA_ADV_DEVICE_SIG_PREFIX
} from '@whiskeysockets/baileys'
import type { Account } from '../../state/account.ts'
import { announceDevices } from '../device-list.ts'
import type { CompanionKeys, DeviceProperties } from '../../state/companion.ts'
import type { Network, Session } from '../../state/network.ts'
import { type BinaryNode, bytesOf, child, childBytes, element, numberOf } from '../../wire/binary-node.ts'
import { isGenuine, isSignedBy } from '../../signal/signatures.ts'
import { queryError, queryResult, SERVER_JID, unixSeconds } from '../../wire/stanza.ts'

const REFERENCES = 6
const CODE_PATIENCE_MS = 10_000

interface Unlinked {
  readonly keys: CompanionKeys
  readonly properties: DeviceProperties
  readonly pushName: string | undefined
  readonly references: Set<string>
  linkCode: LinkCode | undefined
  /** The link that waits for the device's signature. */
  claim: Claim | undefined
}

interface LinkCode {
  readonly reference: Buffer
  readonly phoneNumber: string
  readonly wrappedEphemeral: Buffer
  ephemeral: KeyPair | undefined
  companionEphemeral: Buffer | undefined
  account: Account | undefined
}

interface Claim {
  readonly stanzaId: string
  readonly account: Account
  readonly number: number
  readonly details: Uint8Array
  readonly resolve: (device: number) => void
  readonly reject: (error: Error) => void
}

const unlinkedOf = (session: Session): Unlinked | undefined => session.pairing as Unlinked | undefined

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
  const unlinked: Unlinked = {
    keys: {
      noiseKey,
      identity,
      registrationId,
      signedPreKey
    },
    properties: proto.DeviceProps.decode(data.deviceProps ?? new Uint8Array()),
    pushName: payload.pushName ?? undefined,
    references: new Set(references),
    linkCode: undefined,
    claim: undefined
  }
  session.pairing = unlinked
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
  return claim(network, session, unlinked, account, advSecret)
}

const findByReference = (
  network: Network,
  reference: string
): { session: Session; unlinked: Unlinked } | undefined => {
  for (const session of network.sessions.values()) {
    const unlinked = unlinkedOf(session)
    if (unlinked?.references.has(reference)) return { session, unlinked }
  }
  return undefined
}

const claim = (
  network: Network,
  session: Session,
  unlinked: Unlinked,
  account: Account,
  advSecret: Buffer
): Promise<number> => {
  if (unlinked.claim) return Promise.reject(new Error('this client is being linked already'))
  const number = account.takeDeviceNumber()
  const details = proto.ADVDeviceIdentity.encode({
    rawId: 1,
    timestamp: unixSeconds(),
    keyIndex: number
  }).finish()
  const signature = Curve.sign(
    account.identity.private,
    Buffer.concat([WA_ADV_ACCOUNT_SIG_PREFIX, details, unlinked.keys.identity])
  )
  const signed = proto.ADVSignedDeviceIdentity.encode({
    details,
    accountSignatureKey: account.identity.public,
    accountSignature: signature
  }).finish()
  const sealed = proto.ADVSignedDeviceIdentityHMAC.encode({
    details: signed,
    hmac: hmacSign(signed, advSecret)
  }).finish()
  const stanzaId = network.nextId()
  return new Promise((resolve, reject) => {
    unlinked.claim = { stanzaId, account, number, details, resolve, reject }
    network.reply(
      session,
      element('iq', { from: SERVER_JID, type: 'set', id: stanzaId, t: unixSeconds() }, [
        element('pair-success', {}, [
          element('device-identity', {}, sealed),
          element('device', { jid: account.address('pn', number), lid: account.address('lid', number) }),
          element('platform', { name: 'android' })
        ])
      ])
    )
  })
}

/** The device's answer to `pair-success`: it is linked when its signature is right. */
export const answerPairing = (network: Network, session: Session, node: BinaryNode): boolean => {
  const unlinked = unlinkedOf(session)
  const open = unlinked?.claim
  if (!unlinked || !open || node.attrs.id !== open.stanzaId) return false
  const signedBytes = childBytes(child(node, 'pair-device-sign'), 'device-identity')
  const signed = signedBytes && proto.ADVSignedDeviceIdentity.decode(signedBytes)
  const signedContent = Buffer.concat([
    WA_ADV_DEVICE_SIG_PREFIX,
    open.details,
    unlinked.keys.identity,
    open.account.identity.public
  ])
  if (
    node.attrs.type !== 'result' ||
    signed?.deviceSignature?.length !== 64 ||
    !isSignedBy(unlinked.keys.identity, signedContent, signed.deviceSignature)
  ) {
    open.reject(new Error('the device did not sign its identity'))
    session.connection.destroy()
    return true
  }
  const { account } = open
  if (!account.named && unlinked.pushName) account.pushName = unlinked.pushName
  const companion = network.addCompanion(account, open.number, unlinked.keys, unlinked.properties)
  companion.pushName = unlinked.pushName
  session.pairing = undefined
  network.reply(session, element('stream:error', { code: '515' }))
  session.connection.end()
  announceDevices(network, account, 'add', companion)
  network.signals.emit('linked', { account: account.jid, device: companion.number })
  open.resolve(companion.number)
  return true
}

export const abandonPairing = (session: Session): void => {
  unlinkedOf(session)?.claim?.reject(new Error('the client went away while it was being linked'))
}

/** A client asks to be linked by code (`companion_hello`) and later proves it knows it (`companion_finish`). */
export const answerLinkCode = (network: Network, session: Session, query: BinaryNode): boolean => {
  const request = child(query, 'link_code_companion_reg')
  const unlinked = unlinkedOf(session)
  if (!request) return false
  if (!unlinked) {
    network.reply(session, queryError(query, 403, 'forbidden'))
    return true
  }
  if (request.attrs.stage === 'companion_hello') companionHello(network, session, unlinked, query, request)
  else if (request.attrs.stage === 'companion_finish') {
    companionFinish(network, session, unlinked, query, request)
  } else network.reply(session, queryError(query, 400, 'bad-request'))
  return true
}

const companionHello = (
  network: Network,
  session: Session,
  unlinked: Unlinked,
  query: BinaryNode,
  request: BinaryNode
): void => {
  const wrapped = childBytes(request, 'link_code_pairing_wrapped_companion_ephemeral_pub')
  const phoneNumber = request.attrs.jid?.split('@')[0] ?? ''
  if (wrapped?.length !== 80 || phoneNumber === '') {
    network.reply(session, queryError(query, 400, 'bad-request'))
    return
  }
  const reference = randomBytes(24)
  unlinked.linkCode = {
    reference,
    phoneNumber,
    wrappedEphemeral: wrapped,
    ephemeral: undefined,
    companionEphemeral: undefined,
    account: undefined
  }
  network.reply(
    session,
    queryResult(query, [
      element('link_code_companion_reg', { stage: 'companion_hello' }, [
        element('link_code_pairing_ref', {}, reference)
      ])
    ])
  )
  network.signals.emit('linkCode', { phoneNumber })
}

const clientAskingFor = (
  network: Network,
  account: Account
): { session: Session; link: LinkCode } | undefined => {
  const session = [...network.sessions.values()].findLast(
    one => unlinkedOf(one)?.linkCode?.phoneNumber === account.phoneNumber
  )
  const link = session && unlinkedOf(session)?.linkCode
  return link && { session, link }
}

/** The owner enters the code on the phone; resolves with the device number once the device is linked. */
export const enterPairingCode = async (network: Network, account: Account, code: string): Promise<number> => {
  const plainCode = code.replace(/[\s-]/g, '').toUpperCase()
  const { session: asked, link } = await network.signals.until(() => clientAskingFor(network, account), {
    timeoutMs: CODE_PATIENCE_MS,
    what: `a client that asks for a code for ${account.phoneNumber}`
  })
  const wrapped = link.wrappedEphemeral
  const codeKey = await derivePairingCodeKey(plainCode, wrapped.subarray(0, 32))
  link.companionEphemeral = aesDecryptCTR(wrapped.subarray(48, 80), codeKey, wrapped.subarray(32, 48))
  link.ephemeral = Curve.generateKeyPair()
  link.account = account
  const salt = randomBytes(32)
  const iv = randomBytes(16)
  const ownKey = await derivePairingCodeKey(plainCode, salt)
  const ownWrapped = Buffer.concat([salt, iv, aesEncryptCTR(link.ephemeral.public, ownKey, iv)])
  return new Promise((resolve, reject) => {
    pendingCodes.set(link, { resolve, reject })
    network.reply(
      asked,
      element(
        'notification',
        { from: SERVER_JID, type: 'link_code_companion_reg', id: network.nextId(), t: unixSeconds() },
        [
          element('link_code_companion_reg', { stage: 'primary_hello' }, [
            element('link_code_pairing_wrapped_primary_ephemeral_pub', {}, ownWrapped),
            element('primary_identity_pub', {}, account.identity.public),
            element('link_code_pairing_ref', {}, link.reference)
          ])
        ]
      )
    )
  })
}

const pendingCodes = new WeakMap<
  LinkCode,
  { resolve: (device: number) => void; reject: (error: Error) => void }
>()

const companionFinish = (
  network: Network,
  session: Session,
  unlinked: Unlinked,
  query: BinaryNode,
  request: BinaryNode
): void => {
  const link = unlinked.linkCode
  const waiting = link && pendingCodes.get(link)
  const bundle = childBytes(request, 'link_code_pairing_wrapped_key_bundle')
  const identity = childBytes(request, 'companion_identity_public')
  if (!link?.account || !link.ephemeral || !link.companionEphemeral || !waiting || !bundle || !identity) {
    network.reply(session, queryError(query, 400, 'bad-request'))
    return
  }
  pendingCodes.delete(link)
  const reference = bytesOf(child(request, 'link_code_pairing_ref'))
  try {
    if (!reference?.equals(link.reference) || !identity.equals(unlinked.keys.identity)) {
      throw new Error('the client finished another link')
    }
    const shared = Curve.sharedKey(link.ephemeral.private, link.companionEphemeral)
    const key = Buffer.from(
      hkdf(Buffer.from(shared), 32, {
        salt: bundle.subarray(0, 32),
        info: 'link_code_pairing_key_bundle_encryption_key'
      })
    )
    const opened = aesDecryptGCM(bundle.subarray(44), key, bundle.subarray(32, 44), Buffer.alloc(0))
    const random = opened.subarray(64, 96)
    if (!opened.subarray(0, 32).equals(identity)) throw new Error('wrong pairing code')
    const identityShared = Curve.sharedKey(link.account.identity.private, identity)
    const advSecret = Buffer.from(
      hkdf(Buffer.concat([shared, identityShared, random]), 32, { info: 'adv_secret' })
    )
    network.reply(session, queryResult(query))
    claim(network, session, unlinked, link.account, advSecret).then(waiting.resolve, waiting.reject)
  } catch (error) {
    network.reply(session, queryError(query, 400, 'bad-request'))
    waiting.reject(new Error('the pairing code was wrong', { cause: error }))
  }
}
