// App state on the wire: devices upload and fetch patches (`w:sync:app:state`), the phone writes patches of its own and shares
// the key with its linked devices.
import { type ChatMutation, proto, type WAPatchCreate } from '@whiskeysockets/baileys'
import type { Account, Companion } from '../state/account.ts'
import { type AppState, FINGERPRINT } from '../state/app-state.ts'
import type { Network } from '../state/network.ts'
import { type BinaryNode, bytesOf, child, children, element } from '../wire/binary-node.ts'
import { queryError, queryResult } from '../wire/stanza.ts'
import { sendPeerMessage } from './messages/peer.ts'
import { notify } from './notifications.ts'

const PATCHES_PER_ANSWER = 200

export const answerAppState = async (
  network: Network,
  companion: Companion,
  query: BinaryNode
): Promise<BinaryNode> => {
  const sync = child(query, 'sync')
  if (!sync) return queryError(query, 400, 'bad-request')
  const store = network.appStateOf(companion.account)
  const answers: BinaryNode[] = []
  for (const wanted of children(sync, 'collection')) {
    answers.push(await answerCollection(network, companion, store, wanted))
  }
  return queryResult(query, [element('sync', {}, answers)])
}

const answerCollection = async (
  network: Network,
  companion: Companion,
  store: AppState,
  wanted: BinaryNode
): Promise<BinaryNode> => {
  const name = wanted.attrs.name ?? ''
  const collection = store.collection(name)
  if (!collection) return failed(name, store, '404', 'not-found')
  const uploads = [...children(wanted, 'patch'), ...children(child(wanted, 'patches'), 'patch')]
  const before = Number(wanted.attrs.version ?? '0')
  if (!Number.isInteger(before) || before < 0) return failed(name, store, '400', 'bad-request')
  for (const [place, upload] of uploads.entries()) {
    const bytes = bytesOf(upload)
    const read = bytes && (await store.append(name, before + place, bytes))
    if (!read) return failed(name, store, '409', 'conflict')
    for (const mutation of read) applyToPhone(companion.account, mutation)
    announce(network, companion.account, name, store.version(name), companion)
  }
  if (uploads.length > 0) return element('collection', { name, version: store.version(name) })
  const missing = collection.patches.slice(before, before + PATCHES_PER_ANSWER)
  const more = before + missing.length < collection.patches.length
  return element(
    'collection',
    { name, version: before + missing.length, has_more_patches: more ? 'true' : undefined },
    missing.length > 0
      ? [
          element(
            'patches',
            {},
            missing.map(patch => element('patch', {}, patch))
          )
        ]
      : []
  )
}

const failed = (name: string, store: AppState, code: string, text: string): BinaryNode =>
  element('collection', { name, type: 'error', version: store.version(name) }, [
    element('error', { code, text })
  ])

/** What a linked device changed and the phone shows: so far, the name others see. */
const applyToPhone = (account: Account, { syncAction }: ChatMutation): void => {
  const name = syncAction.value?.pushNameSetting?.name
  if (!name) return
  account.pushName = name
  for (const device of account.companions.values()) device.pushName = name
}

/** Notifies an account's devices, except the one that wrote the patch, that a collection has a new version. */
const announce = (
  network: Network,
  account: Account,
  name: string,
  version: number,
  except?: Companion
): void => {
  notify(
    network,
    account.companions.values(),
    { from: account.jid, type: 'server_sync' },
    [element('collection', { name, version })],
    except
  )
}

/** The phone changed something: written, then announced to all its linked devices. */
export const changeFromPhone = async (
  network: Network,
  account: Account,
  change: WAPatchCreate
): Promise<void> => {
  const store = network.appStateOf(account)
  await store.write(change)
  announce(network, account, change.type, store.version(change.type))
}

/** The phone gives a linked device the key its app state is encrypted with. */
export const shareAppStateKey = async (network: Network, companion: Companion): Promise<void> => {
  const { keyData, keyId } = network.appStateOf(companion.account)
  await sendPeerMessage(network, companion, {
    type: proto.Message.ProtocolMessage.Type.APP_STATE_SYNC_KEY_SHARE,
    appStateSyncKeyShare: {
      keys: [{ keyId: { keyId }, keyData: { keyData, fingerprint: FINGERPRINT, timestamp: Date.now() } }]
    }
  })
}
