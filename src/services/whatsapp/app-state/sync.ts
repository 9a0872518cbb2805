// Keeps an account's app state up to date for the life of one connection: fetches what changed, verifies it, stores it, and asks
// the phone for help where that does not work. One round at a time.
import { ALL_WA_PATCH_NAMES, type BinaryNode, type WASocket } from '@whiskeysockets/baileys'
import { Clock, Effect, Result } from 'effect'
import type { DatabaseError } from '../../database/error.ts'
import type { Incidents } from '../../incidents/incidents.ts'
import type { Waiter, Wakes } from '../../process/wakes.ts'
import type { Self } from '../convert/address.ts'
import { APP_STATE, type AppState, type CollectionUpdate } from './app-state.ts'
import { type Collection, NEW_COLLECTION, type Trouble } from './collections.ts'
import { decodePatch, decodeSnapshot, indexMacsIn, type KeysById, keyIdsIn } from './decode.ts'
import { collectionsIn, collectionsQuery, type Fetched, FetchFailed } from './fetch.ts'
import { damagedCollection, missingKey } from './incidents.ts'
import { askForCollection, askForKeys } from './phone-requests.ts'

export interface AppStateSync {
  /** The connection is open: all collections may have changed. */
  readonly onOpen: Effect.Effect<void>
  /** These collections have changed: reads them soon. */
  readonly want: (names: ReadonlyArray<string>) => Effect.Effect<void>
  /** Never ends. */
  readonly loop: Effect.Effect<never>
}

interface Options {
  readonly accountId: string
  readonly socket: WASocket
  readonly appState: AppState['Service']
  readonly incidents: Incidents['Service']
  readonly wakes: Wakes['Service']
  readonly mediaBase: URL
  readonly self: () => Self
  /** Whether the phone has shared any key yet: it does that a moment after linking. */
  readonly hasKeys: () => boolean
  readonly isOpen: () => boolean
  /** The owner has changed the name that others see. */
  readonly onPushName: (name: string) => void
}

/** How long after linking the phone is left to share its first keys unasked. */
const FIRST_KEYS_WITHIN_MS = 15_000
/** How long a missing key may still be on its way before the phone is asked for it. */
const KEY_COMES_WITHIN_MS = 5_000
/** A phone that has not answered is asked again after this time. */
const ASK_AGAIN_MS = 60 * 60 * 1000
const RETRY_AFTER_MS = 10_000
const LONGEST_RETRY_MS = 10 * 60 * 1000
/** A collection that goes on sending patches for longer than this is left for the next time. */
const MOST_ROUNDS = 500
/** The phone does not send this collection anew. */
const NOT_RECOVERED = 'critical_block'

const isCollection = (name: string): boolean => ALL_WA_PATCH_NAMES.some(known => known === name)

/** The collections that are to be read, each from a time on (milliseconds since 1970). */
const makeAgenda = () => {
  const due = new Map<string, number>()
  return {
    add: (names: ReadonlyArray<string>, at: number): void => {
      for (const name of names) if (isCollection(name)) due.set(name, Math.min(at, due.get(name) ?? Infinity))
    },
    take: (now: number): Set<string> => {
      const names = [...due].filter(([, at]) => at <= now).map(([name]) => name)
      for (const name of names) due.delete(name)
      return new Set(names)
    },
    /** When the next one is due; `undefined` when there is none. */
    next: (): number | undefined => (due.size === 0 ? undefined : Math.min(...due.values()))
  }
}

export const makeAppStateSync = (options: Options): AppStateSync => {
  const { accountId, appState, hasKeys, isOpen, wakes } = options
  const agenda = makeAgenda()
  let openedAt = Infinity
  let failures = 0

  const wantWithin = (names: ReadonlyArray<string>, ms: number) =>
    Effect.map(Clock.currentTimeMillis, now => agenda.add(names, now + ms))

  const want = (names: ReadonlyArray<string>) =>
    Effect.andThen(wantWithin(names, 0), wakes.wake(APP_STATE, accountId))

  const onOpen = Effect.gen(function* () {
    openedAt = yield* Clock.currentTimeMillis
    yield* wantWithin(ALL_WA_PATCH_NAMES, hasKeys() ? 0 : FIRST_KEYS_WITHIN_MS)
    yield* wakes.wake(APP_STATE, accountId)
  })

  const tryAgain = (names: ReadonlyArray<string>) =>
    Effect.suspend(() => {
      const delay = Math.min(LONGEST_RETRY_MS, RETRY_AFTER_MS * 2 ** failures)
      failures += 1
      return wantWithin(names, delay)
    })

  /** What was asked for, and what can be read on by now. */
  const namesToRead = Effect.fnUntraced(function* (now: number) {
    const names = agenda.take(now)
    const known = yield* appState.collections(accountId)
    for (const name of ALL_WA_PATCH_NAMES) {
      const collection = known.get(name)
      if (collection === undefined || collection.trouble === 'recovered') names.add(name)
      else if (collection.missingKey !== null) {
        const keys = yield* appState.keys(accountId, [collection.missingKey])
        if (keys.size > 0) names.add(name)
      }
    }
    return names
  })

  /** From when on collections can be read, milliseconds since 1970; `undefined` without an open connection. */
  const readyAt = (): number | undefined =>
    isOpen() ? (hasKeys() ? 0 : openedAt + FIRST_KEYS_WITHIN_MS) : undefined

  const pass = Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    const ready = readyAt()
    if (ready === undefined || ready > now) return
    const names = yield* namesToRead(now)
    if (names.size === 0) return
    const failed = yield* syncCollections({ ...options, wantWithin }, names)
    if (failed.size === 0) failures = 0
    else yield* tryAgain([...failed])
  }).pipe(
    Effect.catch(error =>
      Effect.andThen(
        Effect.logWarning('Names and settings of chats could not be stored', error),
        tryAgain(ALL_WA_PATCH_NAMES)
      )
    )
  )

  const pause = (waiter: Waiter) =>
    Effect.flatMap(Clock.currentTimeMillis, now => {
      const [next, ready] = [agenda.next(), readyAt()]
      if (next === undefined || ready === undefined || ready === Infinity) return waiter.await
      const wait = Math.max(0, Math.max(next, ready) - now)
      return Effect.asVoid(Effect.timeoutOption(waiter.await, wait))
    })

  const loop = Effect.scoped(
    Effect.gen(function* () {
      const waiter = yield* wakes.waiter(APP_STATE, accountId)
      while (true) {
        yield* waiter.reset
        yield* pass
        yield* pause(waiter)
      }
    })
  )
  return { onOpen, want, loop }
}

const queryFailed = () => new FetchFailed({ reason: 'WhatsApp did not answer' })

const logFailure = ({ reason }: FetchFailed) =>
  Effect.logWarning('Names and settings of chats could not be fetched', reason)

/** Reads collections until nothing more comes; succeeds with those that could not be fetched. */
const syncCollections = Effect.fn('AppState.sync')(function* (options: Sync, names: ReadonlySet<string>) {
  const { accountId, appState, mediaBase, socket } = options
  const left = new Set(names)
  const failed = new Set<string>()
  const asSnapshot = new Set<string>()
  for (let round = 0; left.size > 0 && round < MOST_ROUNDS; round += 1) {
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
    for (const { fetched, name } of yield* collectionsIn(answer.success, mediaBase)) {
      const collection = collections.find(one => one.name === name)
      if (collection === undefined) continue
      if (Result.isFailure(fetched)) {
        yield* logFailure(fetched.failure)
        failed.add(name)
        continue
      }
      const outcome = yield* takeIn(options, collection, fetched.success)
      if (outcome === 'more') left.add(name)
      if (outcome !== 'damaged') continue
      if (asSnapshot.has(name)) yield* askForRecovery(options, collection)
      else left.add(name)
      asSnapshot.add(name)
    }
  }
  return failed
})

interface Sync extends Options {
  readonly wantWithin: (names: ReadonlyArray<string>, ms: number) => Effect.Effect<void>
}

/** `damaged`: what came does not fit what is known; a snapshot may. */
type Outcome = 'done' | 'more' | 'damaged'

const takeIn = Effect.fnUntraced(function* (options: Sync, collection: Collection, fetched: Fetched) {
  const keys = yield* keysFor(options, collection, fetched)
  if (keys === undefined) return 'done' as const satisfies Outcome
  const { snapshot } = fetched
  if (snapshot !== undefined) return yield* takeSnapshot(options, collection, snapshot, keys)
  return yield* takePatches(options, collection, fetched, keys)
})

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
  { accountId, appState, onPushName, self }: Options,
  update: CollectionUpdate
) {
  yield* appState.apply(accountId, self(), update)
  for (const { index, value } of update.decoded.mutations) {
    const name = index[0] === 'setting_pushName' ? value.pushNameSetting?.name : undefined
    if (name) onPushName(name)
  }
})

const takeSnapshot = Effect.fnUntraced(function* (
  options: Options,
  collection: Collection,
  snapshot: Parameters<typeof decodeSnapshot>[1],
  keys: KeysById
) {
  const decoded = decodeSnapshot(collection.name, snapshot, keys)
  // Each record proves to be the phone's: of a damaged snapshot those that are there are applied, and the phone is asked for all.
  yield* take(options, { collection, decoded, isSnapshot: true })
  // What has changed since the snapshot was made follows as patches.
  if (decoded.isComplete) return 'more' as const satisfies Outcome
  yield* askForRecovery(options, collection)
  return 'done' as const satisfies Outcome
})

/** Neither patches nor the snapshot fit together: only the phone still has the collection as it should be. */
const askForRecovery = Effect.fnUntraced(function* (options: Options, collection: Collection) {
  const { accountId, incidents, socket } = options
  if (!(yield* mayAsk(options, collection, 'damaged', null))) return
  yield* incidents.report(damagedCollection(accountId, collection.name))
  if (collection.name === NOT_RECOVERED) return
  const now = yield* Clock.currentTimeMillis
  yield* Effect.ignore(askForCollection(socket, collection.name, now))
})

const takePatches = Effect.fnUntraced(function* (
  options: Options,
  collection: Collection,
  { hasMore, patches, version }: Fetched,
  keys: KeysById
) {
  const { accountId, appState } = options
  let current = collection
  for (const patch of patches) {
    const valueMacs = yield* appState.valueMacs(accountId, current.name, indexMacsIn(patch))
    const decoded = decodePatch(current.name, patch, current, valueMacs, keys)
    if (!decoded.isComplete) return 'damaged' as const satisfies Outcome
    yield* take(options, { collection: current, decoded, isSnapshot: false })
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
  { accountId, appState }: Options,
  collection: Collection,
  trouble: Trouble,
  missing: string | null
): Effect.fn.Return<boolean, DatabaseError> {
  const now = yield* Clock.currentTimeMillis
  const isSame = collection.trouble === trouble && collection.missingKey === missing
  const isAsked = isSame && collection.askedAt !== null && collection.askedAt > now - ASK_AGAIN_MS
  const askedAt = isAsked ? collection.askedAt : now
  yield* appState.write(accountId, { ...collection, trouble, missingKey: missing, askedAt })
  return !isAsked
})
