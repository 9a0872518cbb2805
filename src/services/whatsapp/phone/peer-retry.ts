// The retry receipt for a peer message: the own phone encrypts the message again and sends it under the same id. It names the
// category, by which WhatsApp knows that it is for the phone alone; Baileys' own retry receipts do not, and come with a request
// for the message of a chat that does not exist.
import {
  type BinaryNode,
  encodeBigEndian,
  encodeSignedDeviceIdentity,
  getNextPreKeys,
  KEY_BUNDLE_TYPE,
  type WASocket,
  xmppPreKey,
  xmppSignedPreKey
} from '@whiskeysockets/baileys'
import { Effect } from 'effect'
import { NotConnected } from '../errors.ts'
import type { OpenConnections } from '../open-connections.ts'

type Attributes = Readonly<Record<string, string>>

const receipt = (
  { authState }: WASocket,
  { from = '', id = '', t = '' }: Attributes,
  count: number,
  keys: ReadonlyArray<BinaryNode>
): BinaryNode => ({
  tag: 'receipt',
  attrs: { id, to: from, type: 'retry', category: 'peer' },
  content: [
    { tag: 'retry', attrs: { count: String(count), id, t, v: '1' } },
    { tag: 'registration', attrs: {}, content: encodeBigEndian(authState.creds.registrationId) },
    ...keys
  ]
})

/** What the phone opens a new session with. */
const newSessionKeys = async ({ authState }: WASocket): Promise<ReadonlyArray<BinaryNode>> => {
  const { account, signedIdentityKey, signedPreKey } = authState.creds
  // The key store counts the key as given away when it stores it.
  const { preKeys } = await getNextPreKeys(authState, 1)
  const [first] = Object.entries(preKeys)
  if (account === undefined || first === undefined) return []
  const [preKeyId, preKey] = first
  const content: Array<BinaryNode> = [
    { tag: 'type', attrs: {}, content: KEY_BUNDLE_TYPE },
    { tag: 'identity', attrs: {}, content: signedIdentityKey.public },
    xmppPreKey(preKey, Number(preKeyId)),
    xmppSignedPreKey(signedPreKey),
    { tag: 'device-identity', attrs: {}, content: encodeSignedDeviceIdentity(account, true) }
  ]
  return [{ tag: 'keys', attrs: {}, content }]
}

/** The first request leaves it at the session there is; the second and those after it ask for a new one. */
const ask = async (socket: WASocket, attributes: Attributes, count: number): Promise<void> => {
  const { creds, keys: store } = socket.authState
  // Under the lock of Baileys' own uploads of pre-keys: two that run at once give the same number to two keys.
  const keys =
    count === 1
      ? []
      : await store.transaction(() => newSessionKeys(socket), creds.me?.id ?? 'upload-pre-keys')
  await socket.sendNode(receipt(socket, attributes, count, keys))
}

/** `attributes` are those of the message's stanza; `count` is the number of the request, from 1 on. */
export const makePeerRetry = (connections: OpenConnections) =>
  Effect.fn('WhatsApp.askForPeerMessage')(function* (
    accountId: string,
    attributes: Attributes,
    count: number
  ) {
    const { socket } = yield* connections.get(accountId)
    yield* Effect.tryPromise({
      try: () => ask(socket, attributes, count),
      catch: () => new NotConnected({})
    })
  })
