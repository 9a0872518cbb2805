// Linking by pairing code (`link_code_companion_reg`): the device says hello with a key wrapped by the code, the owner enters the
// code on the phone, and the device's finish proves that both know it.
import { randomBytes } from 'node:crypto'
import {
  aesDecryptCTR,
  aesDecryptGCM,
  aesEncryptCTR,
  Curve,
  derivePairingCodeKey,
  hkdf
} from '@whiskeysockets/baileys'
import type { Account } from '../../state/account.ts'
import type { Network } from '../../state/network.ts'
import type { EnteredCode, LinkCode, Session, UnlinkedDevice } from '../../state/session.ts'
import { type BinaryNode, child, childBytes, element, textOf } from '../../wire/binary-node.ts'
import { SERVER_JID } from '../../wire/jid.ts'
import { queryResult } from '../../wire/stanza.ts'
import { refuseQuery } from '../refuse.ts'
import { acceptDevice } from './accept.ts'

const HELLO_DEADLINE_MS = 10_000

/** A client asks to be linked by code (`companion_hello`), or proves that it knows the code (`companion_finish`). */
export const answerLinkCode = (network: Network, session: Session, query: BinaryNode): boolean => {
  const request = child(query, 'link_code_companion_reg')
  if (!request) return false
  const { unlinked } = session
  const { stage } = request.attrs
  if (!unlinked) refuseQuery(network, session, query, 403, 'forbidden')
  else if (stage === 'companion_hello') companionHello(network, session, unlinked, query, request)
  else if (stage === 'companion_finish') companionFinish(network, session, unlinked, query, request)
  else refuse(network, session, query)
  return true
}

const refuse = (network: Network, session: Session, query: BinaryNode): void =>
  refuseQuery(network, session, query, 400, 'bad-request')

const companionHello = (
  network: Network,
  session: Session,
  unlinked: UnlinkedDevice,
  query: BinaryNode,
  request: BinaryNode
): void => {
  const wrappedEphemeral = childBytes(request, 'link_code_pairing_wrapped_companion_ephemeral_pub')
  const phoneNumber = request.attrs.jid?.split('@')[0] ?? ''
  if (wrappedEphemeral?.length !== 80 || phoneNumber === '' || !isAcceptedClient(network, request)) {
    refuse(network, session, query)
    return
  }
  const refusal = network.faults.take('refusePairingCodes', {
    account: network.directory.byPhoneNumber(phoneNumber)
  })
  if (refusal) {
    refuseQuery(network, session, query, refusal.error, 'refused')
    return
  }
  const reference = randomBytes(24)
  unlinked.linkCode = { reference, phoneNumber, wrappedEphemeral, entered: undefined }
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

/** Browsers and systems that a display name may consist of. */
const DISPLAY_NAME = /^(Chrome|Edge|Firefox|IE|Opera|Safari) \((Windows|Mac OS|Linux|Ubuntu|Chrome OS)\)$/
/** Chrome to Safari; desktop clients (7) are refused. */
const PLATFORM_ID = /^[1-6]$/

const isAcceptedClient = (network: Network, request: BinaryNode): boolean => {
  const account = network.directory.byPhoneNumber(request.attrs.jid?.split('@')[0] ?? '')
  if (account?.acceptsAnyPlatform) return true
  return (
    DISPLAY_NAME.test(textOf(child(request, 'companion_platform_display')) ?? '') &&
    PLATFORM_ID.test(textOf(child(request, 'companion_platform_id')) ?? '')
  )
}

/** The owner enters the code on the phone; resolves with the device number once the device is linked. */
export const enterPairingCode = async (network: Network, account: Account, code: string): Promise<number> => {
  const plainCode = code.replace(/[\s-]/g, '').toUpperCase()
  const { session, link } = await network.signals.until(() => clientAskingFor(network, account), {
    timeoutMs: HELLO_DEADLINE_MS,
    what: `a client that asks for a code for ${account.phoneNumber}`
  })
  const companionEphemeral = await unwrapKey(plainCode, link.wrappedEphemeral)
  const ephemeral = Curve.generateKeyPair()
  const wrapped = await wrapKey(plainCode, ephemeral.public)
  return new Promise((resolve, reject) => {
    link.entered = { account, ephemeral, companionEphemeral, resolve, reject }
    network.reply(session, primaryHello(network, account, link, wrapped))
  })
}

const clientAskingFor = (
  network: Network,
  account: Account
): { session: Session; link: LinkCode } | undefined => {
  const session = [...network.sessions.values()].findLast(
    ({ unlinked }) => unlinked?.linkCode?.phoneNumber === account.phoneNumber
  )
  const link = session?.unlinked?.linkCode
  return link && { session, link }
}

/** A key wrapped by a pairing code is a salt (32 bytes), an IV (16) and the encrypted key (32). */
const unwrapKey = async (code: string, wrapped: Buffer): Promise<Buffer> => {
  const codeKey = await derivePairingCodeKey(code, wrapped.subarray(0, 32))
  return aesDecryptCTR(wrapped.subarray(48, 80), codeKey, wrapped.subarray(32, 48))
}

const wrapKey = async (code: string, key: Uint8Array): Promise<Buffer> => {
  const salt = randomBytes(32)
  const iv = randomBytes(16)
  const codeKey = await derivePairingCodeKey(code, salt)
  return Buffer.concat([salt, iv, aesEncryptCTR(key, codeKey, iv)])
}

const primaryHello = (network: Network, account: Account, link: LinkCode, wrapped: Buffer): BinaryNode =>
  element(
    'notification',
    { from: SERVER_JID, type: 'link_code_companion_reg', id: network.nextId(), t: network.clock.seconds() },
    [
      element('link_code_companion_reg', { stage: 'primary_hello' }, [
        element('link_code_pairing_wrapped_primary_ephemeral_pub', {}, wrapped),
        element('primary_identity_pub', {}, account.identity.public),
        element('link_code_pairing_ref', {}, link.reference)
      ])
    ]
  )

const companionFinish = (
  network: Network,
  session: Session,
  unlinked: UnlinkedDevice,
  query: BinaryNode,
  request: BinaryNode
): void => {
  const link = unlinked.linkCode
  const entered = link?.entered
  const bundle = childBytes(request, 'link_code_pairing_wrapped_key_bundle')
  const identity = childBytes(request, 'companion_identity_public')
  if (!entered || !bundle || !identity) {
    refuse(network, session, query)
    return
  }
  link.entered = undefined
  const reference = childBytes(request, 'link_code_pairing_ref')
  try {
    if (!reference?.equals(link.reference) || !identity.equals(unlinked.keys.identity)) {
      throw new Error('the client finished another link')
    }
    const advSecret = advSecretFrom(entered, identity, bundle)
    network.reply(session, queryResult(query))
    acceptDevice(network, session, unlinked, entered.account, advSecret).then(entered.resolve, entered.reject)
  } catch (error) {
    refuse(network, session, query)
    entered.reject(new Error('the pairing code was wrong', { cause: error }))
  }
}

/** The secret that seals the device's identity; throws when the device used another code. */
const advSecretFrom = (
  { account, companionEphemeral, ephemeral }: EnteredCode,
  identity: Buffer,
  bundle: Buffer
): Buffer => {
  const shared = Curve.sharedKey(ephemeral.private, companionEphemeral)
  const key = Buffer.from(
    hkdf(Buffer.from(shared), 32, {
      salt: bundle.subarray(0, 32),
      info: 'link_code_pairing_key_bundle_encryption_key'
    })
  )
  const opened = aesDecryptGCM(bundle.subarray(44), key, bundle.subarray(32, 44), Buffer.alloc(0))
  if (!opened.subarray(0, 32).equals(identity)) throw new Error('wrong pairing code')
  const random = opened.subarray(64, 96)
  const identityShared = Curve.sharedKey(account.identity.private, identity)
  return Buffer.from(hkdf(Buffer.concat([shared, identityShared, random]), 32, { info: 'adv_secret' }))
}
