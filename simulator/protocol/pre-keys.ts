// The `encrypt` queries: how many one-time pre-keys the server holds for a device, new ones, the digest of what it holds,
// and the key bundles senders ask for. A one-time pre-key is handed out once.
import { createHash } from 'node:crypto'
import { Curve, encodeBigEndian, KEY_BUNDLE_TYPE } from '@whiskeysockets/baileys'
import type { Companion } from '../state/account.ts'
import {
  type KeyBundle,
  readPreKey,
  readSignedPreKey,
  writeBundle,
  writeSignedPreKey
} from '../signal/key-bundle.ts'
import type { Network } from '../state/network.ts'
import { notify } from './notifications.ts'
import { isGenuine } from '../signal/signatures.ts'
import {
  type BinaryNode,
  child,
  childBytes,
  childBytesOf,
  children,
  element,
  numberOf
} from '../wire/binary-node.ts'
import { parseJid } from '../wire/jid.ts'
import { SERVER_JID, queryError, queryResult } from '../wire/stanza.ts'

/** A device is asked for new pre-keys when fewer than this many are left. */
const PRE_KEYS_LOW = 5
const UPLOAD_LIMIT = 5000

export const answerEncrypt = (network: Network, companion: Companion, query: BinaryNode): BinaryNode => {
  if (query.attrs.type === 'get') {
    if (child(query, 'count')) {
      return queryResult(query, [element('count', { value: companion.preKeys.size })])
    }
    if (child(query, 'digest')) return queryResult(query, [digest(companion)])
    const wanted = child(query, 'key')
    if (wanted) return queryResult(query, [handOut(network, companion, children(wanted, 'user'))])
  } else if (child(query, 'rotate')) {
    const key = readSignedPreKey(child(child(query, 'rotate'), 'skey'))
    if (!key || !isGenuine(companion.identity, key)) return queryError(query, 406, 'not-acceptable')
    companion.signedPreKey = key
    return queryResult(query)
  } else if (child(query, 'list')) {
    return upload(network, companion, query)
  }
  return queryError(query, 400, 'bad-request')
}

const upload = (network: Network, companion: Companion, query: BinaryNode): BinaryNode => {
  const identity = childBytesOf(query, 'identity', 32)
  const registrationId = numberOf(childBytes(query, 'registration'))
  const signedPreKey = readSignedPreKey(child(query, 'skey'))
  const keys = children(child(query, 'list'), 'key').map(readPreKey)
  if (
    !identity?.equals(companion.identity) ||
    registrationId === undefined ||
    !signedPreKey ||
    !isGenuine(identity, signedPreKey)
  ) {
    return queryError(query, 406, 'not-acceptable')
  }
  if (keys.length > UPLOAD_LIMIT || keys.includes(undefined)) return queryError(query, 406, 'not-acceptable')
  companion.registrationId = registrationId
  companion.signedPreKey = signedPreKey
  for (const key of keys) if (key) companion.preKeys.set(key.id, key)
  network.signals.emit('preKeys', { device: companion.jid, count: companion.preKeys.size })
  return queryResult(query)
}

const digest = (companion: Companion): BinaryNode => {
  const ids = [...companion.preKeys.keys()]
  const hash = createHash('sha1')
    .update(companion.identity)
    .update(companion.signedPreKey.publicKey)
    .update(companion.signedPreKey.signature)
  for (const key of companion.preKeys.values()) hash.update(key.publicKey)
  return element('digest', {}, [
    element('registration', {}, encodeBigEndian(companion.registrationId, 4)),
    element('type', {}, KEY_BUNDLE_TYPE),
    element('identity', {}, companion.identity),
    writeSignedPreKey(companion.signedPreKey),
    element(
      'list',
      {},
      ids.map(id => element('id', {}, encodeBigEndian(id, 3)))
    ),
    element('hash', {}, hash.digest())
  ])
}

/** The key bundles of the devices a sender names; devices that do not exist are answered with an error each. */
const handOut = (network: Network, asker: Companion, users: BinaryNode[]): BinaryNode => {
  const answers: BinaryNode[] = []
  for (const user of users) {
    const { jid } = user.attrs
    const device = parseJid(jid)?.device ?? 0
    const account = network.directory.find(jid)
    const bundle =
      account &&
      bundleOf(
        network,
        account.companions.get(device),
        device === 0 ? account.primary.bundle.bind(account.primary) : undefined
      )
    if (account && asker.account !== account) network.rememberTalk(asker.account, account)
    // a single unknown device must not spoil the whole answer: Baileys throws on a user with an error inside
    if (bundle && jid !== undefined)
      answers.push(element('user', { jid, t: network.clock.seconds() }, writeBundle(bundle)))
  }
  return element('list', {}, answers)
}

const bundleOf = (
  network: Network,
  companion: Companion | undefined,
  primary: (() => KeyBundle) | undefined
): KeyBundle | undefined => (primary ? primary() : companion ? takeBundle(network, companion) : undefined)

/** A linked device's keys for a new session; tells the device when its one-time pre-keys run low. */
export const takeBundle = (network: Network, companion: Companion): KeyBundle => {
  const bundle = companion.takeBundle()
  const { size } = companion.preKeys
  if (bundle.preKey && size === PRE_KEYS_LOW - 1) {
    notify(network, [companion], { from: SERVER_JID, type: 'encrypt' }, [element('count', { value: size })])
  }
  return bundle
}

/** The server hands out other keys under the ids that the device has uploaded, as if another copy of it had uploaded them. */
export const confusePreKeys = (companion: Companion): void => {
  for (const id of companion.preKeys.keys())
    companion.preKeys.set(id, { id, publicKey: Buffer.from(Curve.generateKeyPair().public) })
}
