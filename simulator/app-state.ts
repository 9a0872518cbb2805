// App state: what an account's devices agree on besides messages (names, archived, pinned, muted, the own push name), in
// five collections of encrypted patches. The server keeps patches it cannot read and hands out those a device lacks.
import {
  ALL_WA_PATCH_NAMES,
  type ChatMutation,
  encodeSyncdPatch,
  newLTHashState,
  proto,
  type WAPatchCreate,
  type WAPatchName
} from '@whiskeysockets/baileys'
import type { Account } from './account.ts'
import type { Companion } from './companion.ts'
import type { Network } from './network.ts'
import { sendPeerMessage } from './primary-sender.ts'
import { Random } from './random.ts'
import { type BinaryNode, bytesOf, child, children, element } from './wire/binary-node.ts'
import { queryError, queryResult, SERVER_JID, unixSeconds } from './wire/stanza.ts'

export type { ChatMutation }

const PATCHES_PER_ANSWER = 200

interface Collection {
  /** Patch number n is at place n − 1. */
  readonly patches: Uint8Array[]
  /** The phone's own view, so that it can write patches too. */
  state: ReturnType<typeof newLTHashState>
}

export class AppState {
  readonly keyId: Buffer
  readonly keyData: Buffer
  private readonly collections = new Map<string, Collection>()

  constructor(seed: number, phoneNumber: string) {
    const random = new Random(seed, 'app-state', phoneNumber)
    this.keyId = Buffer.concat([Buffer.of(0, 0, 0, 0, 0, 1)])
    this.keyData = random.bytes(32)
  }

  collection(name: string): Collection | undefined {
    if (!isCollectionName(name)) return undefined
    let collection = this.collections.get(name)
    if (!collection) this.collections.set(name, (collection = { patches: [], state: newLTHashState() }))
    return collection
  }

  get isEmpty(): boolean {
    return [...this.collections.values()].every(({ patches }) => patches.length === 0)
  }

  version(name: string): number {
    return this.collections.get(name)?.patches.length ?? 0
  }

  /** Adds a patch as version `after + 1`; refused when someone else was faster. */
  append(name: string, after: number, patch: Uint8Array): boolean {
    const collection = this.collection(name)
    if (collection?.patches.length !== after) return false
    const decoded = proto.SyncdPatch.decode(patch)
    decoded.version = { version: after + 1 }
    collection.patches.push(proto.SyncdPatch.encode(decoded).finish())
    return true
  }

  /** The phone itself changes something. */
  async write(change: WAPatchCreate): Promise<void> {
    const collection = this.collection(change.type)
    if (!collection) return
    const keyId = this.keyId.toString('base64')
    const { patch, state } = await encodeSyncdPatch(change, keyId, collection.state, () =>
      Promise.resolve({
        keyData: this.keyData,
        fingerprint: { rawId: 1, currentIndex: 0, deviceIndexes: [0] },
        timestamp: 0
      })
    )
    collection.state = state
    this.append(change.type, collection.patches.length, proto.SyncdPatch.encode(patch).finish())
  }
}

const isCollectionName = (name: string): name is WAPatchName =>
  (ALL_WA_PATCH_NAMES as readonly string[]).includes(name)

export const answerAppState = (network: Network, companion: Companion, query: BinaryNode): BinaryNode => {
  const sync = child(query, 'sync')
  if (!sync) return queryError(query, 400, 'bad-request')
  const store = network.appStateOf(companion.account)
  const answers = children(sync, 'collection').map(wanted =>
    answerCollection(network, companion, store, wanted)
  )
  return queryResult(query, [element('sync', {}, answers)])
}

const answerCollection = (
  network: Network,
  companion: Companion,
  store: AppState,
  wanted: BinaryNode
): BinaryNode => {
  const name = wanted.attrs.name ?? ''
  const collection = store.collection(name)
  if (!collection) {
    return element('collection', { name, type: 'error' }, [
      element('error', { code: '404', text: 'not-found' })
    ])
  }
  const uploads = [...children(wanted, 'patch'), ...children(child(wanted, 'patches'), 'patch')]
  const before = Number(wanted.attrs.version ?? '0')
  for (const upload of uploads) {
    const bytes = bytesOf(upload)
    if (!bytes) continue
    if (!store.append(name, before, bytes)) {
      return element(
        'collection',
        { name, type: 'error', version: store.version(name), has_more_patches: 'true' },
        [element('error', { code: '409', text: 'conflict' })]
      )
    }
    announce(network, companion, name, store.version(name))
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

/** Tells the account's other devices that a collection has something new. */
const announce = (
  network: Network,
  except: Companion | undefined,
  name: string,
  version: number,
  account = except?.account
): void => {
  for (const device of account?.companions.values() ?? []) {
    if (device === except) continue
    device.queue.add(
      'notification',
      element(
        'notification',
        { from: account?.jid ?? SERVER_JID, type: 'server_sync', id: network.nextId(), t: unixSeconds() },
        [element('collection', { name, version })]
      )
    )
  }
}

/** The phone changed something: written, then announced to all its linked devices. */
export const changeFromPhone = async (
  network: Network,
  account: Account,
  change: WAPatchCreate
): Promise<void> => {
  const store = network.appStateOf(account)
  await store.write(change)
  announce(network, undefined, change.type, store.version(change.type), account)
}

/** The phone gives a linked device the key its app state is encrypted with. */
export const shareAppStateKey = async (network: Network, companion: Companion): Promise<void> => {
  const store = network.appStateOf(companion.account)
  await sendPeerMessage(
    network,
    companion,
    {
      type: proto.Message.ProtocolMessage.Type.APP_STATE_SYNC_KEY_SHARE,
      appStateSyncKeyShare: {
        keys: [
          {
            keyId: { keyId: store.keyId },
            keyData: {
              keyData: store.keyData,
              fingerprint: { rawId: 1, currentIndex: 0, deviceIndexes: [0] },
              timestamp: Date.now()
            }
          }
        ]
      }
    },
    network.messageId(),
    unixSeconds()
  )
}
