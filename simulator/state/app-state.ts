// App state: what an account's devices agree on besides messages (names, archived, pinned, muted, the own push name), in
// five collections of encrypted patches. The server keeps patches it cannot read; the phone can read them.
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
import { SerialWork } from '../signal/serial-work.ts'
import { Random } from './random.ts'

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
  private readonly work = new SerialWork()

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
   * Adds a linked device's patch as version `after + 1`; refused when another device was faster. Resolves with what the
   * phone reads in it.
   */
  append(name: string, after: number, patch: Uint8Array): Promise<ChatMutation[] | undefined> {
    return this.work.run(async () => {
      const collection = this.collection(name)
      if (!isCollectionName(name) || collection?.patches.length !== after) return undefined
      const decoded = this.store(collection, patch)
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

  /** The phone itself writes a patch. */
  write(change: WAPatchCreate): Promise<void> {
    return this.work.run(async () => {
      const collection = this.collection(change.type)
      if (!collection) return
      const { patch, state } = await encodeSyncdPatch(
        change,
        this.keyId.toString('base64'),
        collection.state,
        () => Promise.resolve(this.keyForPhone())
      )
      collection.state = state
      this.store(collection, proto.SyncdPatch.encode(patch).finish())
    })
  }

  /** Numbers a patch and stores it. */
  private store(collection: Collection, patch: Uint8Array): proto.SyncdPatch {
    const decoded = proto.SyncdPatch.decode(patch)
    decoded.version = { version: collection.patches.length + 1 }
    collection.patches.push(proto.SyncdPatch.encode(decoded).finish())
    return decoded
  }

  private keyForPhone(): proto.Message.IAppStateSyncKeyData {
    return { keyData: this.keyData, fingerprint: FINGERPRINT, timestamp: 0 }
  }
}

/** The phone's device list as its app-state keys name it. */
export const FINGERPRINT = { rawId: 1, currentIndex: 0, deviceIndexes: [0] }

const isCollectionName = (name: string): name is WAPatchName =>
  (ALL_WA_PATCH_NAMES as readonly string[]).includes(name)
