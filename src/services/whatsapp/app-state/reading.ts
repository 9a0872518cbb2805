// Reads collections of app state: fetches what changed, verifies it, stores it, and asks the phone for help where that does not
// work.
import type { BinaryNode, WASocket } from '@whiskeysockets/baileys'
import { Clock, Effect, Result } from 'effect'
import type { DatabaseError } from '../../database/error.ts'
import type { Incidents } from '../../incidents/incidents.ts'
import type { LiveTraffic } from '../../journal/traffic.ts'
import type { Self } from '../convert/address.ts'
import type { AppState, CollectionUpdate } from './app-state.ts'
import { type Collection, type CollectionChanged, NEW_COLLECTION, type Trouble } from './collections.ts'
import { decodePatch, decodeSnapshot, indexMacsIn, type KeysById, keyIdsIn } from './decode.ts'
import { collectionsIn, collectionsQuery, type Fetched, FetchFailed } from './fetch.ts'
import { damagedCollection, missingKey } from './incidents.ts'
import type { MediaServer } from '../media/server.ts'
import { askForCollection, askForKeys } from './phone-requests.ts'

/** What reading collections needs of the connection and the server. */
export interface ReadingContext {
  readonly accountId: string
  readonly socket: WASocket
  readonly appState: AppState['Service']
  readonly incidents: Incidents['Service']
  readonly traffic: LiveTraffic['Service']
  readonly mediaServer: MediaServer
  readonly self: () => Self
  /** The owner has changed the name that others see. */
  readonly onPushName: (name: string) => void
}

/** How long a missing key may still be on its way before the phone is asked for it. */
const KEY_COMES_WITHIN_MS = 5_000
/** A phone that has not answered is asked again after this time. */
const ASK_AGAIN_MS = 60 * 60 * 1000
/** A collection that goes on sending patches for longer than this is left for the next time. */
const MOST_ROUNDS = 500
/** The phone does not send a new copy of this collection. */
const NOT_RECOVERED = 'critical_block'

const queryFailed = () => new FetchFailed({ reason: 'WhatsApp did not answer' })

const logFailure = ({ reason }: FetchFailed) =>
  Effect.logWarning('Names and settings of chats could not be fetched', reason)

/** Reads collections until nothing more comes; succeeds with those that could not be fetched. */
export const readCollections = Effect.fn('AppState.sync')(function* (
  options: Sync,
  names: ReadonlySet<string>
) {
  const { accountId, appState, mediaServer, socket, traffic } = options
  const left = new Set(names)
  const failed = new Set<string>()
  const asSnapshot = new Set<string>()
  const damaged = new Set<string>()
  for (let round = 0; left.size > 0 && round < MOST_ROUNDS; round += 1) {
    yield* traffic.quiet('chunk')
    const known = yield* appState.collections(accountId)
    const collections = [...left].map((name): Collection => known.get(name) ?? { ...NEW_COLLECTION, name })
    const query = collectionsQuery(
      collections.map(({ name, version }) => ({
        name,
        version,
        snapshot: version === 0 || asSnapshot.has(name)
      }))
    )
    const answer = yield* Effect.result(
      Effect.tryPromise({ try: (): Promise<BinaryNode> => socket.query(query), catch: queryFailed })
    )
    if (Result.isFailure(answer)) {
      yield* logFailure(answer.failure)
      return new Set([...failed, ...left])
    }
    left.clear()
    asSnapshot.clear()
    for (const { fetched, name } of yield* collectionsIn(answer.success, mediaServer)) {
      const collection = collections.find(one => one.name === name)
      if (collection === undefined) continue
      if (Result.isFailure(fetched)) {
        yield* logFailure(fetched.failure)
        failed.add(name)
        continue
      }
      const outcome = yield* takeIn(options, collection, fetched.success, damaged.has(name))
      if (outcome !== 'done') left.add(name)
      if (outcome !== 'damaged') continue
      asSnapshot.add(name)
      damaged.add(name)
    }
  }
  return failed
})

interface Sync extends ReadingContext {
  readonly wantWithin: (names: ReadonlyArray<string>, ms: number) => Effect.Effect<void>
}

/** `damaged`: what came does not fit what is known; a snapshot may. */
type Outcome = 'done' | 'more' | 'damaged'

/** `isFresh`: what is known is of a snapshot that was just fetched because of damage. */
const takeIn = Effect.fnUntraced(
  function* (options: Sync, collection: Collection, fetched: Fetched, isFresh: boolean) {
    const keys = yield* keysFor(options, collection, fetched)
    if (keys === undefined) return 'done'
    const { snapshot } = fetched
    if (snapshot !== undefined) return yield* takeSnapshot(options, collection, snapshot, keys)
    const outcome = yield* takePatches(options, collection, fetched, { isFresh, keys })
    if (outcome !== 'damaged' || !isFresh) return outcome
    yield* askForRecovery(options, collection)
    return 'done'
  },
  // The phone has sent it anew meanwhile, or the account was linked again.
  Effect.catchTag('CollectionChanged', () => Effect.succeed<Outcome>('more'))
)

/** The keys that the records need; `undefined` when one is missing: the collection waits for it. */
const keysFor = Effect.fnUntraced(function* (
  options: Sync,
  collection: Collection,
  { patches, snapshot }: Fetched
) {
  const { accountId, appState, incidents, socket } = options
  const ids = [...new Set([...(snapshot === undefined ? [] : [snapshot]), ...patches].flatMap(keyIdsIn))]
  const keys = yield* appState.keys(accountId, ids)
  const missing = ids.filter(id => !keys.has(id))
  const [first] = missing
  if (first === undefined) return keys
  if (collection.missingKey !== first) {
    yield* appState.write(accountId, {
      ...collection,
      trouble: 'missingKey',
      missingKey: first,
      askedAt: null
    })
    yield* options.wantWithin([collection.name], KEY_COMES_WITHIN_MS)
  } else if (yield* mayAsk(options, collection, 'missingKey', first)) {
    yield* incidents.report(missingKey(accountId, collection.name))
    yield* Effect.ignore(askForKeys(socket, missing))
  }
  return undefined
})

/** Stores what was read; the own name is a part of the credentials. */
const take = Effect.fnUntraced(function* (
  { accountId, appState, onPushName, self }: ReadingContext,
  update: CollectionUpdate
) {
  yield* appState.apply(accountId, self(), update)
  for (const { index, value } of update.decoded.mutations) {
    const name = index[0] === 'setting_pushName' ? value.pushNameSetting?.name : undefined
    if (name) onPushName(name)
  }
})

const takeSnapshot = Effect.fnUntraced(function* (
  options: ReadingContext,
  collection: Collection,
  snapshot: Parameters<typeof decodeSnapshot>[1],
  keys: KeysById
) {
  const decoded = yield* decodeSnapshot(collection.name, snapshot, {
    keys,
    turn: options.traffic.quiet('part')
  })
  // Each record proves to be the phone's: of a damaged snapshot those that are there are applied, and the phone is asked for all.
  yield* take(options, { collection, decoded, isSnapshot: true })
  // What has changed since the snapshot was made follows as patches.
  if (decoded.isComplete) return 'more' as const satisfies Outcome
  yield* askForRecovery(options, collection)
  return 'done' as const satisfies Outcome
})

/** Neither patches nor the snapshot fit together: only the phone still has the collection as it should be. */
const askForRecovery = Effect.fnUntraced(function* (options: ReadingContext, collection: Collection) {
  const { accountId, incidents, socket } = options
  if (!(yield* mayAsk(options, collection, 'damaged', null))) return
  yield* incidents.report(damagedCollection(accountId, collection.name))
  if (collection.name === NOT_RECOVERED) return
  const now = yield* Clock.currentTimeMillis
  yield* Effect.ignore(askForCollection(socket, collection.name, now))
})

const takePatches = Effect.fnUntraced(function* (
  options: ReadingContext,
  collection: Collection,
  { hasMore, patches, version }: Fetched,
  { isFresh, keys }: { readonly isFresh: boolean; readonly keys: KeysById }
) {
  const { accountId, appState, traffic } = options
  let current = collection
  for (const patch of patches) {
    const valueMacs = yield* appState.valueMacs(accountId, current.name, indexMacsIn(patch))
    const decoded = yield* decodePatch(current.name, patch, current, valueMacs, {
      keys,
      turn: traffic.quiet('part')
    })
    // One that does not even fit a fresh snapshot is of a device whose own copy has a fault: what it says counts all the same.
    const isDiverged = isFresh && decoded.isAuthentic && !decoded.isComplete
    if (!decoded.isComplete && !isDiverged) return 'damaged' as const satisfies Outcome
    if (isDiverged) yield* Effect.logInfo(`A device's copy of ${current.name} differs from the phone's`)
    yield* take(options, {
      collection: current,
      decoded: { ...decoded, isComplete: true },
      isSnapshot: false
    })
    current = { ...NEW_COLLECTION, ...decoded.state, name: current.name }
  }
  // Patches that WhatsApp says there are did not come.
  if (version !== undefined && version > current.version && !hasMore)
    return 'damaged' as const satisfies Outcome
  // A collection without records is read, too; and one to which nothing was added is in no trouble any more.
  if (patches.length === 0 && (collection.version === 0 || collection.trouble !== null))
    yield* appState.write(accountId, {
      ...NEW_COLLECTION,
      name: current.name,
      version: current.version,
      hash: current.hash
    })
  return hasMore ? 'more' : 'done'
})

/** Notes why a collection cannot be read; answers whether the phone is to be asked now. */
const mayAsk = Effect.fnUntraced(function* (
  { accountId, appState }: ReadingContext,
  collection: Collection,
  trouble: Trouble,
  missing: string | null
): Effect.fn.Return<boolean, DatabaseError | CollectionChanged> {
  const now = yield* Clock.currentTimeMillis
  const isSame = collection.trouble === trouble && collection.missingKey === missing
  const isAsked = isSame && collection.askedAt !== null && collection.askedAt > now - ASK_AGAIN_MS
  const askedAt = isAsked ? collection.askedAt : now
  yield* appState.write(accountId, { ...collection, trouble, missingKey: missing, askedAt })
  return !isAsked
})
