// App state: what an account's devices agree on besides messages (names, settings of chats, stars, labels), in five collections
// of encrypted records. The server keeps patches and a snapshot of each; it cannot read them, the phone can.
import { ALL_WA_PATCH_NAMES, proto, type WAPatchCreate, type WAPatchName } from '@whiskeysockets/baileys'
import { SerialWork } from '../signal/serial-work.ts'
import {
  changedHash,
  EMPTY_HASH,
  indexMacOf,
  openRecord,
  patchMac,
  type PlainRecord,
  sealRecord,
  snapshotMac,
  type SyncKey,
  valueMacIn
} from './app-state-records.ts'
import { Random } from './random.ts'

const { REMOVE, SET } = proto.SyncdMutation.SyncdOperation

/** What a device changed, as the phone reads it. */
export interface ReadMutation {
  readonly index: readonly string[]
  readonly value: proto.ISyncActionValue
}

interface HeldRecord {
  readonly record: proto.ISyncdRecord
  readonly data: Uint8Array
}

interface Collection {
  /** Patch number n is at place n − 1. */
  readonly patches: Uint8Array[]
  /** By index MAC. */
  readonly records: Map<string, HeldRecord>
  hash: Buffer
  /** As it was before the phone's last patch. */
  earlier?: { readonly records: readonly HeldRecord[]; readonly hash: Buffer; readonly version: number }
}

export class AppState {
  /** Oldest first; the phone writes with the last. */
  readonly keys: SyncKey[] = []
  private readonly collections = new Map<WAPatchName, Collection>()
  private readonly work = new SerialWork()
  private readonly random: Random

  constructor(seed: number, phoneNumber: string) {
    this.random = new Random(seed, 'app-state', phoneNumber)
    this.rotateKey()
  }

  /** The phone makes a new key; what was written before stays under its own. */
  rotateKey(): SyncKey {
    const id = Buffer.from([0, 0, 0, 0, 0, this.keys.length + 1])
    const key = { id, data: this.random.bytes(32) }
    this.keys.push(key)
    return key
  }

  keyOf(id: Uint8Array | null | undefined): SyncKey | undefined {
    return this.keys.find(key => key.id.equals(Buffer.from(id ?? [])))
  }

  collection(name: string): Collection | undefined {
    if (!isCollectionName(name)) return undefined
    let collection = this.collections.get(name)
    if (!collection) {
      collection = { patches: [], records: new Map(), hash: EMPTY_HASH }
      this.collections.set(name, collection)
    }
    return collection
  }

  get isEmpty(): boolean {
    return [...this.collections.values()].every(({ patches }) => patches.length === 0)
  }

  version(name: string): number {
    return this.collection(name)?.patches.length ?? 0
  }

  /**
   * Adds a linked device's patch as version `after + 1`; refused when another device was faster. Resolves with what the
   * phone reads in it.
   */
  append(name: string, after: number, bytes: Uint8Array): Promise<ReadMutation[] | undefined> {
    return this.work.run(async () => {
      const collection = this.collection(name)
      if (collection?.patches.length !== after) return undefined
      const patch = proto.SyncdPatch.decode(bytes)
      const opened = patch.mutations.map(({ operation, record }) => {
        const key = this.keyOf(record?.keyId?.id)
        if (!key || !record) throw new Error('a mutation under a key nobody has')
        return { operation: operation ?? SET, record, data: openRecord(key, operation ?? SET, record) }
      })
      for (const { data, operation, record } of opened) {
        apply(collection, operation, record, proto.SyncActionData.encode(data).finish())
      }
      patch.version = { version: after + 1 }
      collection.patches.push(proto.SyncdPatch.encode(patch).finish())
      return opened.map(({ data }) => ({
        index: indexOf(data),
        value: data.value ?? {}
      }))
    })
  }

  /** The phone itself writes one patch with all these changes, which are of one collection. */
  write(changes: readonly PhonePatch[]): Promise<void> {
    const [first] = changes
    if (!first) return Promise.resolve()
    return this.writeRecords(
      first.type,
      changes.map(change => plainRecord(change))
    )
  }

  /** The phone writes records that no device can make sense of, although all MACs are right. */
  writeUnreadable(name: WAPatchName, index: readonly string[]): Promise<void> {
    return this.writeRecords(name, [
      { operation: SET, index: Buffer.from(JSON.stringify(index)), data: Buffer.from([0xff, 0xff, 0xff]) }
    ])
  }

  private writeRecords(name: string, records: readonly PlainRecord[]): Promise<void> {
    return this.work.run(async () => {
      const collection = this.collection(name)
      const key = this.keys.at(-1)
      if (!collection || !key) return
      const version = collection.patches.length + 1
      collection.earlier = {
        records: [...collection.records.values()],
        hash: collection.hash,
        version: version - 1
      }
      const mutations = records.map(plain => {
        const record = sealRecord(key, plain)
        apply(collection, plain.operation, record, plain.data)
        return { operation: plain.operation, record }
      })
      const mac = snapshotMac(key, name, version, collection.hash)
      const patch: proto.ISyncdPatch = {
        version: { version },
        mutations,
        snapshotMac: mac,
        patchMac: patchMac(key, name, version, mac, mutations),
        keyId: { id: key.id }
      }
      collection.patches.push(proto.SyncdPatch.encode(patch).finish())
    })
  }

  /** Everything a collection has now, in one piece. */
  snapshot(name: string): proto.ISyncdSnapshot | undefined {
    const collection = this.collection(name)
    const key = this.keys.at(-1)
    if (!collection || !key || collection.patches.length === 0) return undefined
    const version = collection.patches.length
    return {
      version: { version },
      records: [...collection.records.values()].map(({ record }) => record),
      mac: snapshotMac(key, name, version, collection.hash),
      keyId: { id: key.id }
    }
  }

  /** The same as it was before the phone's last patch; WhatsApp makes a snapshot now and then only. */
  earlierSnapshot(name: string): proto.ISyncdSnapshot | undefined {
    const earlier = this.collection(name)?.earlier
    const key = this.keys.at(-1)
    if (!earlier || !key || earlier.version === 0) return undefined
    const { hash, records, version } = earlier
    return {
      version: { version },
      records: records.map(({ record }) => record),
      mac: snapshotMac(key, name, version, hash),
      keyId: { id: key.id }
    }
  }

  /** A patch as a device writes it whose own copy of the collection has a fault: it is genuine, and fits nothing. */
  diverged(name: string, bytes: Uint8Array): Uint8Array {
    const patch = proto.SyncdPatch.decode(bytes)
    const key = this.keyOf(patch.keyId?.id)
    if (!key) return bytes
    const mac = Buffer.alloc(32, 7)
    const version = Number(patch.version?.version ?? 0)
    patch.snapshotMac = mac
    patch.patchMac = patchMac(key, name, version, mac, patch.mutations)
    return proto.SyncdPatch.encode(patch).finish()
  }

  /** The records of a collection in the clear, as only the phone has them. */
  plainRecords(name: string): { data: Uint8Array; keyId: Uint8Array; mac: Uint8Array }[] {
    return [...(this.collection(name)?.records.values() ?? [])].map(({ data, record }) => ({
      data,
      keyId: record.keyId?.id ?? Buffer.alloc(0),
      mac: valueMacIn(record)
    }))
  }
}

const apply = (
  collection: Collection,
  operation: proto.SyncdMutation.SyncdOperation,
  record: proto.ISyncdRecord,
  data: Uint8Array
): void => {
  const id = indexMacOf(record)
  const before = collection.records.get(id)
  collection.hash = changedHash(
    collection.hash,
    before ? [valueMacIn(before.record)] : [],
    operation === REMOVE ? [] : [valueMacIn(record)]
  )
  if (operation === REMOVE) collection.records.delete(id)
  else collection.records.set(id, { record, data })
}

/** A patch of app state; `newer` is a field of the value that Baileys' classes do not know. */
export interface PhonePatch extends WAPatchCreate {
  readonly newer?: { readonly field: number; readonly value: Uint8Array } | undefined
}

const LENGTH_DELIMITED = 2
const VALUE_FIELD = 2

const plainRecord = ({ apiVersion, index, newer, operation, syncAction }: PhonePatch): PlainRecord => {
  const json = Buffer.from(JSON.stringify(index))
  const value = proto.SyncActionValue.encode(syncAction)
  if (newer) value.uint32((newer.field << 3) | LENGTH_DELIMITED).bytes(newer.value)
  const data = proto.SyncActionData.encode({ index: json, padding: new Uint8Array(0), version: apiVersion })
  data.uint32((VALUE_FIELD << 3) | LENGTH_DELIMITED).bytes(value.finish())
  return { operation, index: json, data: data.finish() }
}

const indexOf = ({ index }: proto.ISyncActionData): readonly string[] => {
  const parsed: unknown = JSON.parse(Buffer.from(index ?? []).toString())
  return Array.isArray(parsed) ? parsed.map(String) : []
}

/** The phone's device list as its app-state keys name it. */
export const FINGERPRINT = { rawId: 1, currentIndex: 0, deviceIndexes: [0] }

export const isCollectionName = (name: string): name is WAPatchName =>
  (ALL_WA_PATCH_NAMES as readonly string[]).includes(name)
