// Linking with a passkey: WhatsApp asks the device for an assertion by the account's owner, and device and phone agree on a key
// under which the device sends its keys and a new secret. What the server checks is answered with 400 or 401, what the
// phone checks with 406; a device whose assertion was refused may ask for another challenge.
import { randomBytes } from 'node:crypto'
import { Curve, proto } from '@whiskeysockets/baileys'
import type { Account } from '../../state/account.ts'
import { RELYING_PARTY } from '../../state/authenticator.ts'
import type { Network } from '../../state/network.ts'
import type { PasskeyLink, Session, UnlinkedDevice } from '../../state/session.ts'
import { type BinaryNode, child, childBytes, childBytesOf, element } from '../../wire/binary-node.ts'
import { SERVER_JID } from '../../wire/jid.ts'
import { queryResult } from '../../wire/stanza.ts'
import { refuseQuery } from '../refuse.ts'
import { assertionFault } from './assertion.ts'
import { claimDevice } from './claim.ts'
import { comparedCode, handoffProof, isCommittedTo, openRequest, prologueIn, requestKey } from './prologue.ts'

/** Asks the device for the owner's passkey; resolves with its number once it is linked. */
export const demandPasskey = (
  network: Network,
  session: Session,
  unlinked: UnlinkedDevice,
  account: Account,
  advSecret: Buffer
): Promise<number> => {
  unlinked.passkey?.reject(new Error('the phone began to link the client again'))
  return new Promise((resolve, reject) => {
    unlinked.passkey = {
      account,
      advSecret,
      challenge: newChallenge(account),
      reference: undefined,
      prologue: undefined,
      request: undefined,
      ownerSays: undefined,
      resolve,
      reject
    }
    askForPasskey(network, session, unlinked.passkey)
  })
}

const newChallenge = ({ passkeys }: Account): PasskeyLink['challenge'] => ({
  text: randomBytes(32).toString('base64url'),
  until: Date.now() + passkeys.challengeMs
})

/** The options of the assertion, as `PublicKeyCredentialRequestOptionsJSON`. */
const optionsOf = ({ account, challenge }: PasskeyLink): BinaryNode =>
  element(
    'passkey_request_options',
    {},
    Buffer.from(
      JSON.stringify({
        challenge: challenge.text,
        timeout: account.passkeys.challengeMs,
        rpId: RELYING_PARTY,
        allowCredentials: [],
        userVerification: 'required',
        extensions: { uvm: true }
      })
    )
  )

/** Sends the notification that asks for the passkey; `bare` without its options, which the device then has to ask for. */
export const askForPasskey = (
  network: Network,
  session: Session,
  link: PasskeyLink,
  { bare = link.account.passkeys.asksWithoutOptions }: { bare?: boolean } = {}
): void => {
  network.reply(
    session,
    element(
      'notification',
      {
        from: SERVER_JID,
        type: 'passkey_prologue_request',
        id: network.nextId(),
        t: network.clock.seconds()
      },
      bare ? [] : [optionsOf(link)]
    )
  )
  network.signals.emit('passkeyRequested', { account: link.account.jid })
}

/** Whether the query was about a passkey; it is answered then. */
export const answerPasskey = (network: Network, session: Session, query: BinaryNode): boolean => {
  const step = STEPS.find(({ tag, type }) => query.attrs.type === type && child(query, tag))
  if (!step) return false
  const { unlinked } = session
  const link = unlinked?.passkey
  if (!unlinked || !link) refuseQuery(network, session, query, 404, 'item-not-found')
  else step.answer({ network, session, unlinked, link, query })
  return true
}

interface Step {
  readonly network: Network
  readonly session: Session
  readonly unlinked: UnlinkedDevice
  readonly link: PasskeyLink
  readonly query: BinaryNode
}

const answer = ({ network, query, session }: Step, content?: BinaryNode[]): void =>
  network.reply(session, queryResult(query, content))

const refuseByServer = ({ network, query, session }: Step, code: number, why: string): void => {
  network.signals.emit('passkeyRefused', { why })
  refuseQuery(network, session, query, code, why)
}

/** The phone gives the link up. */
const refuseByPhone = (step: Step, why: string): void => {
  const { link, network, query, session, unlinked } = step
  network.signals.emit('passkeyRefused', { why })
  refuseQuery(network, session, query, 406, why)
  unlinked.passkey = undefined
  link.reject(new Error(why))
}

const giveOptions = (step: Step): void => {
  step.link.challenge = newChallenge(step.link.account)
  answer(step, [optionsOf(step.link)])
}

const giveReference = (step: Step): void => {
  step.link.reference = randomBytes(18).toString('base64')
  answer(step, [element('ref', {}, Buffer.from(step.link.reference))])
}

const takePrologue = (step: Step): void => {
  const { link, network, query, session } = step
  const sent = child(query, 'passkey_prologue')
  const credentialId = childBytes(sent, 'credential_id')
  const json = childBytes(sent, 'webauthn_assertion')
  const payload = childBytes(sent, 'prologue_payload')
  const identity = payload && prologueIn(payload)
  if (!credentialId || !json || !identity) return refuseByServer(step, 400, 'the prologue is malformed')
  if (identity.reference !== link.reference) return refuseByServer(step, 400, 'the prologue has another ref')
  if (Date.now() > link.challenge.until) return refuseByServer(step, 401, 'the challenge has expired')
  const fault = assertionFault({ credentialId, json }, link.challenge.text, link.account.passkeys)
  // A challenge is good for one assertion.
  link.challenge = { ...link.challenge, until: 0 }
  if (fault !== undefined) return refuseByServer(step, 401, fault)
  const proof = childBytes(sent, 'pairing_handoff_proof')
  if (proof && !proof.equals(handoffProof(link.advSecret, payload))) {
    return refuseByPhone(step, 'the proof was made with another secret than the phone has')
  }
  const ephemeral = Curve.generateKeyPair()
  const nonce = randomBytes(32)
  link.reference = undefined
  link.prologue = {
    ...identity,
    isProven: proof !== undefined,
    ephemeral,
    nonce,
    code: undefined,
    key: undefined
  }
  answer(step)
  network.reply(session, continuation(network, ephemeral.public, nonce))
}

/** The phone's half of the key. The child that matters is not the first one. */
const continuation = (network: Network, publicKey: Uint8Array, nonce: Buffer): BinaryNode =>
  element(
    'notification',
    { from: SERVER_JID, type: 'crsc_continuation', id: network.nextId(), t: network.clock.seconds() },
    [
      element('primary_platform', {}, Buffer.from('android')),
      element(
        'primary_ephemeral_identity',
        {},
        proto.PrimaryEphemeralIdentity.encode({ publicKey, nonce }).finish()
      )
    ]
  )

const takeNonce = (step: Step): void => {
  const { link, network, query } = step
  const nonce = childBytesOf(query, 'companion_nonce', 32)
  const prologue = link.prologue
  if (!nonce || !prologue || prologue.code !== undefined) {
    return refuseByServer(step, 400, 'a nonce that nobody asked for')
  }
  if (!isCommittedTo(prologue, nonce)) {
    return refuseByPhone(step, 'the nonce is not the one that the device committed to')
  }
  prologue.key = requestKey(prologue)
  prologue.code = comparedCode(prologue, nonce)
  answer(step)
  network.signals.emit('passkeyCode', { account: link.account.jid })
}

const NOTHING = new Uint8Array()

const takeRequest = (step: Step): void => {
  const { link, query, unlinked } = step
  const sealed = childBytes(query, 'encrypted_pairing_request')
  const key = link.prologue?.key
  if (!sealed || !key) return refuseByServer(step, 400, 'a pairing request that nobody asked for')
  const request = openRequest(sealed, key)
  if (!request) return refuseByPhone(step, 'the pairing request cannot be decrypted')
  if (
    !unlinked.keys.noiseKey.equals(request.companionPublicKey ?? NOTHING) ||
    !unlinked.keys.identity.equals(request.companionIdentityKey ?? NOTHING)
  ) {
    return refuseByPhone(step, 'the pairing request has other keys than the device that sends it')
  }
  if (request.advSecret?.length !== 32 || link.advSecret.equals(request.advSecret)) {
    return refuseByPhone(step, 'the pairing request brings no new secret')
  }
  if (link.ownerSays === 'other') return refuseByPhone(step, 'the owner saw another code')
  answer(step)
  link.request = { advSecret: Buffer.from(request.advSecret) }
  finish(step)
}

/** Links the device when the phone has its keys, and a proof or the owner's word that it is the right one. */
const finish = ({
  link,
  network,
  session,
  unlinked
}: Pick<Step, 'link' | 'network' | 'session' | 'unlinked'>): void => {
  if (!link.request || !link.prologue) return
  if (!link.prologue.isProven && link.ownerSays !== 'same') return
  unlinked.passkey = undefined
  claimDevice(network, session, unlinked, link.account, link.request.advSecret).then(
    link.resolve,
    link.reject
  )
}

/** The owner compares the code on the phone with the one that the device shows. */
export const compareCodes = (network: Network, account: Account, says: 'same' | 'other'): void => {
  const found = linkOf(network, account)
  if (!found) throw new Error(`${account.jid} links no device`)
  const { link, session, unlinked } = found
  link.ownerSays = says
  if (says === 'same') finish({ network, session, unlinked, link })
  else if (link.request) {
    unlinked.passkey = undefined
    link.reject(new Error('the owner saw another code'))
    session.connection.end()
  }
}

/** The code that the phone shows; `undefined` before it has one, and when nobody has to compare codes. */
export const codeOnPhone = (network: Network, account: Account): string | undefined => {
  const prologue = linkOf(network, account)?.link.prologue
  return prologue?.isProven ? undefined : prologue?.code
}

/** WhatsApp asks once more for the passkey of a device that is being linked. */
export const askAgain = (network: Network, account: Account): void => {
  const found = linkOf(network, account)
  if (!found) throw new Error(`${account.jid} links no device`)
  found.link.challenge = newChallenge(account)
  found.link.prologue = undefined
  askForPasskey(network, found.session, found.link)
}

const linkOf = (
  network: Network,
  account: Account
): { session: Session; unlinked: UnlinkedDevice; link: PasskeyLink } | undefined => {
  for (const session of network.sessions.values()) {
    const { unlinked } = session
    if (unlinked?.passkey?.account === account) return { session, unlinked, link: unlinked.passkey }
  }
  return undefined
}

const STEPS: readonly {
  readonly tag: string
  readonly type: 'get' | 'set'
  readonly answer: (step: Step) => void
}[] = [
  { tag: 'passkey_request_options', type: 'get', answer: giveOptions },
  { tag: 'ref', type: 'get', answer: giveReference },
  { tag: 'passkey_prologue', type: 'set', answer: takePrologue },
  { tag: 'companion_nonce', type: 'set', answer: takeNonce },
  { tag: 'encrypted_pairing_request', type: 'set', answer: takeRequest }
]
