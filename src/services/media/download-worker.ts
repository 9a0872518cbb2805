// Downloads files by policy, and files that wait for another attempt.
import { Clock, Effect, Semaphore } from 'effect'
import { STORED } from '../conversations/apply.ts'
import type { MessageStore } from '../conversations/message-store.ts'
import type { Wakes } from '../process/wakes.ts'
import type { FetchEntry, FetchQueue } from './fetch-queue.ts'
import { type Fetcher, MEDIA_DOWNLOADS } from './fetcher.ts'
import type { MessageFiles } from './message-files.ts'
import type { MessageRef } from './message-ref.ts'
import type { Removal } from './removal.ts'
import type { Records } from './records.ts'
import type { ServerPause } from './server-pause.ts'

export type MediaPolicy = 'none' | 'on-demand' | 'recent' | 'all'

/** Downloads at once, in the whole process. */
const MOST_AUTOMATIC = 2
/** How often to look for files without being woken. */
const LOOK_AGAIN_MS = 60_000
const WAKE_AFTER_MS = 100

export interface Downloading {
  readonly policy: MediaPolicy
  /** How old a message may be under the policy `recent`, in milliseconds. */
  readonly recentMs: number
  /** How old a message may be whose files are kept, in milliseconds. */
  readonly keptMs: number
  readonly messages: MessageStore['Service']
  readonly queue: FetchQueue
  readonly records: Pick<Records, 'fileOf'>
  readonly messageFiles: MessageFiles
  readonly removal: Removal
  readonly fetcher: Pick<Fetcher, 'attempt'>
  readonly pause: ServerPause
}

/** A file that waits for another attempt, or one that was never tried. */
type Candidate = { readonly entry: FetchEntry } | MessageRef

const isAutomatic = ({ policy }: Downloading): boolean => policy === 'recent' || policy === 'all'

/** Files that were never tried and that the policy wants, unless the media server is in trouble. */
const untried = (downloading: Downloading, accountId: string, now: number) => {
  const { keptMs, messageFiles, pause, policy, recentMs } = downloading
  const longest = policy === 'recent' ? Math.min(recentMs, keptMs) : keptMs
  return isAutomatic(downloading) && pause.until() <= now
    ? messageFiles.untried(accountId, Math.max(0, now - longest), MOST_AUTOMATIC)
    : Effect.succeed([])
}

const candidates = Effect.fnUntraced(function* (downloading: Downloading, accountId: string, now: number) {
  const due = yield* downloading.queue.due(accountId, ['download'], now, MOST_AUTOMATIC)
  const found: ReadonlyArray<Candidate> =
    due.length > 0 ? due.map(entry => ({ entry })) : yield* untried(downloading, accountId, now)
  return found
})

/** When there may be something to download again; `idle` when only a wake can bring something. */
const nextPass = Effect.fnUntraced(function* (downloading: Downloading, accountId: string, now: number) {
  const { pause, queue } = downloading
  const dueAt = (yield* queue.nextDueAt(accountId, ['download'])) ?? Infinity
  const lookAt = isAutomatic(downloading)
    ? pause.until() > now
      ? pause.until()
      : now + LOOK_AGAIN_MS
    : Infinity
  const nextAt = Math.min(dueAt, lookAt)
  return nextAt === Infinity ? ('idle' as const) : { nextAt }
})

/** One pass of the worker. */
export const downloadOnce = (downloading: Downloading) => {
  const { fetcher, messages, policy, records, removal } = downloading
  const permits = Semaphore.makeUnsafe(MOST_AUTOMATIC)
  const messageOf = (candidate: Candidate) =>
    'entry' in candidate
      ? Effect.map(records.fileOf(candidate.entry), found => found?.message)
      : messages.read(candidate.threadId, candidate.messageId)
  const fetchOne = Effect.fnUntraced(function* (candidate: Candidate) {
    const message = yield* messageOf(candidate)
    if (message === undefined) return
    yield* permits.withPermit(fetcher.attempt(message, 'entry' in candidate && candidate.entry.wanted))
  })
  return Effect.fn('Media.runOnce')(function* (accountId: string) {
    yield* removal.removeOrphans
    if (policy === 'none') return 'idle' as const
    const now = yield* Clock.currentTimeMillis
    const found = yield* candidates(downloading, accountId, now)
    if (found.length === 0) return yield* nextPass(downloading, accountId, now)
    yield* Effect.forEach(found, fetchOne, { concurrency: MOST_AUTOMATIC, discard: true })
    return 'more' as const
  })
}

/** Never ends. Wakes the worker when something was stored; a history stores much in a second, so not each time. */
export const wakeWhenStored = (wakes: Wakes['Service'], accountId: string): Effect.Effect<never> =>
  Effect.scoped(
    Effect.flatMap(wakes.waiter(STORED, accountId), waiter =>
      waiter.reset.pipe(
        Effect.andThen(waiter.await),
        Effect.andThen(Effect.sleep(WAKE_AFTER_MS)),
        Effect.andThen(wakes.wake(MEDIA_DOWNLOADS, accountId)),
        Effect.forever
      )
    )
  )
