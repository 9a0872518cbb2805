// Fetches the files of messages: one attempt for a message, and what follows from its result.
import { Clock, Effect, type Scope, Semaphore } from 'effect'
import type { Message } from '../../domain/message.ts'
import { DatabaseError } from '../database/error.ts'
import type { Incidents } from '../incidents/incidents.ts'
import { storageTrouble } from '../incidents/storage-trouble.ts'
import { topic, type Wakes } from '../process/wakes.ts'
import { MediaTooLarge, type MediaUnavailable } from '../whatsapp/media/errors.ts'
import type { DownloadError, MediaSource } from './download.ts'
import type { FetchQueue } from './fetch-queue.ts'
import type { HeldFile, MediaFiles, MediaStorageError } from './files.ts'
import type { GiveUp } from './losses.ts'
import { refKey } from './message-ref.ts'
import type { Records } from './records.ts'
import type { ReuploadRequests } from './reupload-requests.ts'
import type { ServerPause } from './server-pause.ts'
import { isTooLarge, sourceOf } from './source.ts'
import { heldFile, type RecordStored } from './stored.ts'
import type { Waiters } from './waiters.ts'

/** Files of an account wait to be downloaded. */
export const MEDIA_DOWNLOADS = topic('media downloads')

export const CANNOT_STORE = 'Media cannot be kept; they wait'

/** Downloads at once, in the whole process, that somebody waits for. */
const MOST_REQUESTED = 4
const FIRST_RETRY_MS = 10_000
const LONGEST_RETRY_MS = 60 * 60 * 1000
const MOST_ATTEMPTS = 12

const REASONS = {
  again: 'It could not be fetched; it is tried again',
  tooLarge: 'It is larger than MEDIA_DOWNLOAD_MAX_MB allows',
  corrupt: 'What WhatsApp and the phone give is not the file that the message names',
  givenUp: 'It could not be fetched in many attempts'
}

export interface Fetching {
  /** Bytes. */
  readonly largest: number
  readonly files: MediaFiles['Service']
  readonly queue: FetchQueue
  readonly records: Records
  readonly recordStored: RecordStored
  readonly waiters: Waiters
  readonly requests: ReuploadRequests
  readonly giveUp: GiveUp
  readonly download: (source: MediaSource) => Effect.Effect<HeldFile, DownloadError>
  readonly pause: ServerPause
  readonly wakes: Wakes['Service']
  readonly incidents: Incidents['Service']
  /** Attempts run in it: they continue when nobody waits for them any more. */
  readonly scope: Scope.Scope
}

/** How long to wait after so many failed attempts, in milliseconds. */
export const retryAfter = (attempts: number): number =>
  Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** (attempts - 1))

const retryLater = Effect.fnUntraced(function* (
  fetching: Fetching,
  message: Message,
  wanted: boolean,
  error: MediaUnavailable
) {
  const { giveUp, records, waiters, wakes } = fetching
  const entry = yield* records.entryOf(message)
  const attempts = entry.attempts + 1
  if (attempts >= MOST_ATTEMPTS) return yield* giveUp(message, 'failed', REASONS.givenUp, error)
  const nextAttemptAt = (yield* Clock.currentTimeMillis) + retryAfter(attempts)
  yield* records.recordState(
    message,
    { state: 'waiting', reason: REASONS.again },
    { ...entry, stage: 'download', wanted: wanted || entry.wanted, attempts, nextAttemptAt }
  )
  yield* waiters.fail(message, error)
  yield* wakes.wake(MEDIA_DOWNLOADS, message.accountId)
})

/** What follows from a failed download; fails itself when the storage does. */
const handleFailure = Effect.fnUntraced(function* (
  fetching: Fetching,
  message: Message,
  wanted: boolean,
  error: DownloadError
) {
  const { giveUp, pause, records, requests } = fetching
  switch (error._tag) {
    case 'MediaExpired':
      return yield* requests.request(message, yield* records.entryOf(message), wanted)
    case 'MediaCorrupt': {
      const entry = yield* records.entryOf(message)
      if (entry.asks > 0) return yield* giveUp(message, 'failed', REASONS.corrupt, error)
      return yield* requests.request(message, entry, wanted)
    }
    case 'MediaTooLarge':
      return yield* giveUp(message, 'tooLarge', REASONS.tooLarge, error)
    case 'MediaUnavailable':
      yield* retryLater(fetching, message, wanted, error)
      return pause.failed(yield* Clock.currentTimeMillis)
    case 'MediaStorageError':
      return yield* error
  }
})

const fileOf = Effect.fnUntraced(function* (fetching: Fetching, message: Message, source: MediaSource) {
  const { download, files, largest, pause } = fetching
  const held = yield* heldFile(files, source)
  if (held !== undefined) return held
  if (isTooLarge(message, largest)) return yield* new MediaTooLarge({})
  const file = yield* download(source)
  pause.succeeded()
  return file
})

type Attempt = (message: Message, wanted: boolean) => Effect.Effect<void, DatabaseError | MediaStorageError>

const attempt =
  (fetching: Fetching): Attempt =>
  (message, wanted) => {
    const source = sourceOf(message)
    if (source === undefined) return fetching.queue.remove(message)
    return fileOf(fetching, message, source).pipe(
      Effect.flatMap(held => fetching.recordStored(message, held)),
      Effect.catchIf(
        (error): error is DownloadError => !(error instanceof DatabaseError),
        error => handleFailure(fetching, message, wanted, error)
      )
    )
  }

const startRequested = (fetching: Fetching, attemptOnce: Attempt) => {
  const { incidents, scope, waiters } = fetching
  const permits = Semaphore.makeUnsafe(MOST_REQUESTED)
  const running = new Set<string>()

  const run = (message: Message) =>
    permits.withPermit(attemptOnce(message, true)).pipe(
      Effect.catch(error =>
        Effect.andThen(
          waiters.fail(message, error),
          incidents.report(storageTrouble(message.accountId, CANNOT_STORE, error))
        )
      ),
      Effect.ensuring(Effect.sync(() => running.delete(refKey(message))))
    )

  return (message: Message): Effect.Effect<void> =>
    Effect.suspend(() => {
      if (running.has(refKey(message))) return Effect.void
      running.add(refKey(message))
      return Effect.asVoid(Effect.forkIn(run(message), scope))
    })
}

export const makeFetcher = (fetching: Fetching) => {
  const attemptOnce = attempt(fetching)
  return {
    /**
     * Fetches the file of a message and records the result, also a failure. Fails only when the result cannot be
     * recorded. `wanted`: a person asked for it.
     */
    attempt: attemptOnce,
    /** Starts an attempt that somebody waits for, unless one is running. Waiters also get errors of the storage. */
    startRequested: startRequested(fetching, attemptOnce)
  }
}

export type Fetcher = ReturnType<typeof makeFetcher>
