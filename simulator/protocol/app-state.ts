// App state: what an account's devices agree on besides messages (names, archived, pinned, muted, the own push name), in
// five collections of encrypted patches. The server keeps patches it cannot read and hands out those a device lacks.
import {
  ALL_WA_PATCH_NAMES,
  type ChatMutation,
  decodePatches,
  encodeSyncdPatch,
  newLTHashState,
  proto,
  type WAPatchCreate,
  type WAPatchName
} from '@whiskeysockets/baileys'
import type { Account } from '../state/account.ts'
import type { Companion } from '../state/companion.ts'
import type { Network } from '../state/network.ts'
import { sendPeerMessage } from './messages/primary-sender.ts'
import { Random } from '../state/random.ts'
import { type BinaryNode, bytesOf, child, children, element } from '../wire/binary-node.ts'
import { queryError, queryResult, unixSeconds } from '../wire/stanza.ts'

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
  private work: Promise<unknown> = Promise.resolve()

  constructor(seed: number, phoneNumber: string) {
    const random = new Random(seed, 'app-state', phoneNumber)
    this.keyId = Buffer.from([0, 0, 0, 0, 0, 1])
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

  /**
   * Adds a linked device's patch as version `after + 1`; refused when someone else was faster. Resolves with what the
   * phone reads in it.
   */
  append(name: string, after: number, patch: Uint8Array): Promise<ChatMutation[] | undefined> {
    return this.inOrder(async () => {
      const collection = this.collection(name)
      if (!isCollectionName(name) || collection?.patches.length !== after) return undefined
      const decoded = this.keep(collection, patch)
      const { state, mutationMap } = await decodePatches(
        name,
        [decoded],
        collection.state,
        () => Promise.resolve(this.keyForPhone()),
        {},
        undefined,
        undefined,
        false
      )
      collection.state = state
      return Object.values(mutationMap)
    })
  }

  /** The phone itself changes something. */
  write(change: WAPatchCreate): Promise<void> {
    return this.inOrder(async () => {
      const collection = this.collection(change.type)
      if (!collection) return
      const { patch, state } = await encodeSyncdPatch(
        change,
        this.keyId.toString('base64'),
        collection.state,
        () => Promise.resolve(this.keyForPhone())
      )
      collection.state = state
      this.keep(collection, proto.SyncdPatch.encode(patch).finish())
    })
  }

  /** Numbers a patch and keeps it. */
  private keep(collection: Collection, patch: Uint8Array): proto.SyncdPatch {
    const decoded = proto.SyncdPatch.decode(patch)
    decoded.version = { version: collection.patches.length + 1 }
    collection.patches.push(proto.SyncdPatch.encode(decoded).finish())
    return decoded
  }

  private keyForPhone(): proto.Message.IAppStateSyncKeyData {
    return { keyData: this.keyData, fingerprint: FINGERPRINT, timestamp: 0 }
  }

  private inOrder<T>(task: () => Promise<T>): Promise<T> {
    const result = this.work.then(task)
    this.work = result.catch(() => undefined)
    return result
  }
}

const FINGERPRINT = { rawId: 1, currentIndex: 0, deviceIndexes: [0] }

const isCollectionName = (name: string): name is WAPatchName =>
  (ALL_WA_PATCH_NAMES as readonly string[]).includes(name)

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

/** Tells an account's devices, except the one that did it, that a collection has something new. */
const announce = (
  network: Network,
  account: Account,
  name: string,
  version: number,
  except?: Companion
): void => {
  for (const device of account.companions.values()) {
    if (device === except) continue
    device.queue.add(
      'notification',
      element(
        'notification',
        { from: account.jid, type: 'server_sync', id: network.nextId(), t: unixSeconds() },
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
  announce(network, account, change.type, store.version(change.type))
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
              fingerprint: FINGERPRINT,
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
