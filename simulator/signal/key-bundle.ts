// The public keys of a device as they travel: in uploads, in key queries and in retry receipts.
import { encodeBigEndian, KEY_BUNDLE_TYPE } from '@whiskeysockets/baileys'
import { type BinaryNode, child, childBytes, childBytesOf, element, numberOf } from '../wire/binary-node.ts'

export interface PreKey {
  readonly id: number
  readonly publicKey: Buffer
}

export interface SignedPreKey extends PreKey {
  readonly signature: Buffer
}

export interface KeyBundle {
  readonly registrationId: number
  readonly identity: Buffer
  readonly signedPreKey: SignedPreKey
  readonly preKey: PreKey | undefined
}

export const readPreKey = (node: BinaryNode | undefined): PreKey | undefined => {
  const id = numberOf(childBytes(node, 'id'))
  const publicKey = childBytesOf(node, 'value', 32)
  return id === undefined || !publicKey ? undefined : { id, publicKey }
}

export const readSignedPreKey = (node: BinaryNode | undefined): SignedPreKey | undefined => {
  const key = readPreKey(node)
  const signature = childBytesOf(node, 'signature', 64)
  return key && signature ? { ...key, signature } : undefined
}

/** The `keys` of a retry receipt, with the registration number that stands beside them. */
export const readRetryKeys = (receipt: BinaryNode): KeyBundle | undefined => {
  const keys = child(receipt, 'keys')
  const registrationId = numberOf(childBytes(receipt, 'registration'))
  const identity = childBytesOf(keys, 'identity', 32)
  const signedPreKey = readSignedPreKey(child(keys, 'skey'))
  if (!keys || registrationId === undefined || !identity || !signedPreKey) return undefined
  return { registrationId, identity, signedPreKey, preKey: readPreKey(child(keys, 'key')) }
}

const writePreKey = (tag: string, key: PreKey, signature?: Buffer): BinaryNode =>
  element(tag, {}, [
    element('id', {}, encodeBigEndian(key.id, 3)),
    element('value', {}, key.publicKey),
    ...(signature ? [element('signature', {}, signature)] : [])
  ])

export const writeSignedPreKey = (key: SignedPreKey): BinaryNode => writePreKey('skey', key, key.signature)

export const writeBundle = (bundle: KeyBundle): BinaryNode[] => [
  element('registration', {}, encodeBigEndian(bundle.registrationId, 4)),
  element('type', {}, KEY_BUNDLE_TYPE),
  element('identity', {}, bundle.identity),
  ...(bundle.preKey ? [writePreKey('key', bundle.preKey)] : []),
  writeSignedPreKey(bundle.signedPreKey)
]
