// Keeps an account's app state up to date for the life of one connection: reads collections when they have changed, one round at a
// time, and tries again later what did not work.
import { ALL_WA_PATCH_NAMES } from '@whiskeysockets/baileys'
import { Clock, Effect } from 'effect'
import type { Waiter, Wakes } from '../../process/wakes.ts'
import { makeAgenda } from './agenda.ts'
import { APP_STATE } from './app-state.ts'
import { readCollections, type ReadingContext } from './reading.ts'

export interface AppStateSync {
  /** The connection is open: all collections may have changed. */
  readonly onOpen: Effect.Effect<void>
  /** These collections have changed: reads them soon. */
  readonly want: (names: ReadonlyArray<string>) => Effect.Effect<void>
  /** Never ends. */
  readonly loop: Effect.Effect<never>
}

interface Options extends ReadingContext {
  readonly wakes: Wakes['Service']
  /** The id of the newest key that the phone has shared: it does that a moment after linking. */
  readonly newestKey: () => string | undefined
  readonly isOpen: () => boolean
}

/** How long after linking the phone is left to share its first keys unasked. */
const FIRST_KEYS_WITHIN_MS = 15_000
const RETRY_AFTER_MS = 10_000
const LONGEST_RETRY_MS = 10 * 60 * 1000

export const makeAppStateSync = (options: Options): AppStateSync => {
  const { accountId, appState, isOpen, newestKey, wakes } = options
  const agenda = makeAgenda()
  let openedAt = Infinity
  let failures = 0

  /** Baileys knows of a key a moment before it is stored. */
  const hasKeys = Effect.suspend(() => {
    const id = newestKey()
    return id === undefined
      ? Effect.succeed(false)
      : Effect.map(appState.keys(accountId, [id]), ({ size }) => size > 0)
  })

  const wantWithin = (names: ReadonlyArray<string>, ms: number) =>
    Effect.map(Clock.currentTimeMillis, now => agenda.add(names, now + ms))

  const want = (names: ReadonlyArray<string>) =>
    Effect.andThen(wantWithin(names, 0), wakes.wake(APP_STATE, accountId))

  const onOpen = Effect.gen(function* () {
    openedAt = yield* Clock.currentTimeMillis
    const areThere = yield* Effect.orElseSucceed(hasKeys, () => false)
    yield* wantWithin(ALL_WA_PATCH_NAMES, areThere ? 0 : FIRST_KEYS_WITHIN_MS)
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
  const readyAt = Effect.gen(function* () {
    if (!isOpen()) return undefined
    return (yield* hasKeys) ? 0 : openedAt + FIRST_KEYS_WITHIN_MS
  })

  const pass = Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    const ready = yield* readyAt
    if (ready === undefined || ready > now) return
    const names = yield* namesToRead(now)
    if (names.size === 0) return
    agenda.drop(names)
    const failed = yield* readCollections({ ...options, wantWithin }, names)
    yield* Effect.logDebug('App state was read').pipe(
      Effect.annotateLogs({ collections: [...names].join(' '), failed: [...failed].join(' ') })
    )
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

  const pause = Effect.fnUntraced(function* (waiter: Waiter) {
    const now = yield* Clock.currentTimeMillis
    const next = agenda.next()
    // A database that fails is asked again as soon as one that has no keys.
    const ready = yield* Effect.orElseSucceed(readyAt, () => now + RETRY_AFTER_MS)
    if (next === undefined || ready === undefined || ready === Infinity) return yield* waiter.await
    yield* Effect.timeoutOption(waiter.await, Math.max(0, Math.max(next, ready) - now))
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
