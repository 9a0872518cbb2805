// Received files: fetched when somebody asks and by policy, kept once a content, asked again of the phone when WhatsApp no
// longer has them. What waits is durable; what became of a file is in the message, where applications see it.
import { Clock, Context, Deferred, Effect, Layer, Semaphore, type Stream } from 'effect'
import { SqlClient } from 'effect/sql'
import type { Message } from '../../domain/message.ts'
import { Incidents } from '../incidents/incidents.ts'
import { storageTrouble } from '../incidents/storage-trouble.ts'
import { STORED } from '../conversations/apply.ts'
import { DatabaseError } from '../database/error.ts'
import { Store } from '../conversations/store.ts'
import { MediaTooLarge, MediaUnavailable } from '../whatsapp/media/errors.ts'
import { WhatsApp } from '../whatsapp/whatsapp.ts'
import { topic, Wakes } from '../process/wakes.ts'
import { makeWorker, type Worker } from '../process/worker.ts'
import { makeCallers } from './callers.ts'
import {
  contentHashOf,
  type DownloadError,
  encodedHash,
  makeDownload,
  type MediaSource,
  partialNameOf
} from './download.ts'
import type { MediaCounts, Place } from './fetch-queue.ts'
import {
  type ByteRange,
  type HeldFile,
  MediaFiles,
  type MediaStorageError,
  type PartialFiles
} from './files.ts'
import { MediaGone, MediaOff, MediaWaits, NoMedia, type OpenError } from './outcomes.ts'
import { makeRecords } from './records.ts'
import { makeRemoval } from './removal.ts'
import { makeRequests } from './requests.ts'

export type MediaPolicy = 'none' | 'on-demand' | 'recent' | 'all'

export interface MediaOptions {
  readonly policy: MediaPolicy
  /** How old a message may be under the policy `recent`. */
  readonly recentMs: number
  /** Bytes. */
  readonly largest: number
  readonly mediaBase: URL
  /** How long somebody who asks is kept waiting. */
  readonly waitMs: number
}

/** Downloads at once, in the whole process: those somebody waits for, and the others. */
const FOR_PEOPLE = 4
const BY_POLICY = 2
const FIRST_RETRY_MS = 10_000
const LONGEST_RETRY_MS = 60 * 60 * 1000
const MOST_ATTEMPTS = 12
const LONGEST_PAUSE_MS = 5 * 60 * 1000
/** A safety net: whatever is stored wakes the worker. */
const LOOK_AGAIN_MS = 60_000
const WAKE_AFTER_MS = 100

const LOSS_TOLD_EVERY_MS = 60 * 60 * 1000
const FAILING = 'Media cannot be kept; they wait'
const WORDS = {
  again: 'It could not be fetched; it is tried again',
  tooLarge: 'It is larger than MEDIA_DOWNLOAD_MAX_MB allows',
  corrupt: 'What WhatsApp and the phone give is not the file that the message names',
  givenUp: 'It could not be fetched in many attempts'
}

/** Files of an account wait to be fetched. */
const MEDIA_DOWNLOADS = topic('media downloads')

export class Media extends Context.Service<
  Media,
  {
    readonly policy: MediaPolicy
    /**
     * The file of a message, fetched if need be. Who asks for the same waits for the same download, which goes on when
     * nobody waits any more.
     */
    readonly open: (message: Message) => Effect.Effect<HeldFile, OpenError>
    readonly read: (file: string, range?: ByteRange) => Stream.Stream<Uint8Array, MediaStorageError>
    readonly counts: (accountId: string) => Effect.Effect<MediaCounts, DatabaseError>
    /** Downloads by policy, and what waits for another attempt; runs in every state of an account. */
    readonly downloads: Worker<DatabaseError | MediaStorageError, never>
    /** Asks the phone; to be run while the account is online. */
    readonly requests: Worker<DatabaseError, never>
    /** Removes the files of messages that were deleted, unless another message has them. */
    readonly removeOrphans: Effect.Effect<void, DatabaseError | MediaStorageError>
    /** Removes files that no message refers to and that were written before a time. */
    readonly removeUnknown: (before: number) => Effect.Effect<void, DatabaseError | MediaStorageError>
  }
>()('backscroll/services/media/Media') {
  static layer(
    options: MediaOptions
  ): Layer.Layer<
    Media,
    DatabaseError,
    SqlClient.SqlClient | Store | Wakes | WhatsApp | Incidents | MediaFiles | PartialFiles
  > {
    return Layer.effect(Media, make(options))
  }
}

const make = Effect.fnUntraced(function* (options: MediaOptions) {
  const store = yield* Store
  const wakes = yield* Wakes
  const whatsapp = yield* WhatsApp
  const incidents = yield* Incidents
  const files = yield* MediaFiles
  const scope = yield* Effect.scope
  const download = yield* makeDownload(options)
  const records = yield* makeRecords(yield* SqlClient.SqlClient)
  const forPeople = yield* Semaphore.make(FOR_PEOPLE)
  const byPolicy = yield* Semaphore.make(BY_POLICY)
  /** A file must not be removed between being found and being referred to. */
  const keeping = yield* Semaphore.make(1)
  const { removeOrphans, removeUnknown, removeUnreferred } = yield* makeRemoval(records, keeping)
  const flights = new Map<string, Deferred.Deferred<HeldFile, DownloadError>>()
  const callers = makeCallers()
  const attending = new Set<string>()
  /** The media server is in trouble: what nobody waits for waits. */
  let pause = { until: 0, failures: 0 }

  yield* records.forgiveLarge(options.largest)

  /** One download a file, whoever waits for it. */
  const joined = (source: MediaSource): Effect.Effect<HeldFile, DownloadError> =>
    Effect.suspend(() => {
      const name = partialNameOf(source)
      const running = flights.get(name)
      if (running !== undefined) return Deferred.await(running)
      const flight = Deferred.makeUnsafe<HeldFile, DownloadError>()
      flights.set(name, flight)
      const landed = Effect.onExit(download(source), exit =>
        Effect.sync(() => {
          flights.delete(name)
          Deferred.doneUnsafe(flight, exit)
        })
      )
      return Effect.andThen(Effect.forkIn(landed, scope), Deferred.await(flight))
    })

  const heldFile = Effect.fnUntraced(function* (source: MediaSource) {
    const file = contentHashOf(source)
    const size = file === undefined ? undefined : yield* files.size(file)
    return file === undefined || size === undefined ? undefined : { file, size }
  })

  const keep = Effect.fnUntraced(function* (message: Message, held: HeldFile) {
    const hash = encodedHash(held.file)
    const isKept = yield* keeping.withPermit(
      Effect.gen(function* () {
        if ((yield* files.size(held.file)) === undefined) {
          return yield* new MediaUnavailable({ reason: 'it was removed meanwhile' })
        }
        const isWanted = yield* records.note(
          message,
          { state: 'stored', reason: null, fileSha256: hash },
          'done'
        )
        // The message was deleted while its file was on the way.
        if (!isWanted) yield* removeUnreferred(hash)
        return isWanted
      })
    )
    yield* isKept ? callers.give(message, held) : callers.refuse(message, new NoMedia({}))
  })

  /** When a loss was told last, by account and kind. */
  const lossToldAt = new Map<string, number>()

  const giveUp = Effect.fnUntraced(function* (
    message: Message,
    state: 'gone' | 'tooLarge' | 'failed',
    reason: string,
    answer: OpenError
  ) {
    const isWanted = yield* records.note(message, { state, reason }, 'done')
    yield* callers.refuse(message, answer)
    // What was deleted meanwhile, or what the settings exclude, is no loss.
    if (!isWanted || state === 'tooLarge') return
    const key = `${message.accountId} ${state}`
    const now = yield* Clock.currentTimeMillis
    // Old chats may have thousands of files that nobody has any more: one word an hour is enough, the messages say which.
    if ((lossToldAt.get(key) ?? -Infinity) > now - LOSS_TOLD_EVERY_MS) return
    lossToldAt.set(key, now)
    yield* incidents.report({
      accountId: message.accountId,
      kind: 'media.lost',
      severity: 'warning',
      subject: state,
      threadId: message.threadId,
      messageId: message.messageId,
      happened: `A received file could not be fetched: ${reason}`,
      did: 'The message is kept without its file',
      advice:
        state === 'gone'
          ? 'Nothing: neither WhatsApp nor the phone has the file any more'
          : 'Keep the phone online and ask for the file again (GET …/media)'
    })
  })

  const requests = yield* makeRequests({
    records,
    giveUp,
    refuse: callers.refuse,
    fetchAgain: message => (callers.isAwaited(message) ? attend(message) : downloads.wake(message.accountId))
  })

  const retryLater = Effect.fnUntraced(function* (
    message: Message,
    wanted: boolean,
    error: MediaUnavailable
  ) {
    const now = yield* Clock.currentTimeMillis
    const entry = yield* records.placeInQueue(message)
    const attempts = entry.attempts + 1
    if (attempts >= MOST_ATTEMPTS) return yield* giveUp(message, 'failed', WORDS.givenUp, error)
    const nextAttemptAt = now + Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** (attempts - 1))
    yield* records.note(
      message,
      { state: 'waiting', reason: WORDS.again },
      { ...entry, stage: 'download', wanted: wanted || entry.wanted, attempts, nextAttemptAt }
    )
    yield* callers.refuse(message, error)
    yield* downloads.wake(message.accountId)
  })

  const setback = Effect.fnUntraced(function* (message: Message, wanted: boolean, error: DownloadError) {
    switch (error._tag) {
      case 'MediaExpired':
        return yield* requests.ask(message, yield* records.placeInQueue(message), wanted)
      case 'MediaCorrupt': {
        const entry = yield* records.placeInQueue(message)
        if (entry.asks > 0) return yield* giveUp(message, 'failed', WORDS.corrupt, error)
        return yield* requests.ask(message, entry, wanted)
      }
      case 'MediaTooLarge':
        return yield* giveUp(message, 'tooLarge', WORDS.tooLarge, error)
      case 'MediaUnavailable':
        return yield* retryLater(message, wanted, error)
      case 'MediaStorageError':
        return yield* error
    }
  })

  const noteTrouble = Effect.fnUntraced(function* (error: DownloadError) {
    if (error._tag !== 'MediaUnavailable') return
    const failures = pause.failures + 1
    const wait = Math.min(LONGEST_PAUSE_MS, FIRST_RETRY_MS * 2 ** Math.min(10, failures - 1))
    pause = { until: (yield* Clock.currentTimeMillis) + wait, failures }
  })

  const isTooLarge = ({ media }: Message): boolean => (media?.size ?? 0) > options.largest

  const fetched = Effect.fnUntraced(function* (message: Message, source: MediaSource) {
    const held = yield* heldFile(source)
    if (held !== undefined) return held
    if (isTooLarge(message)) return yield* new MediaTooLarge({})
    const file = yield* joined(source)
    pause = { until: 0, failures: 0 }
    return file
  })

  /** Fetches the file of a message and writes down what came of it; fails only when that cannot be written. */
  const attempt = (
    message: Message,
    wanted: boolean
  ): Effect.Effect<void, DatabaseError | MediaStorageError> => {
    const source = sourceOf(message)
    if (source === undefined) return records.forget(message)
    return fetched(message, source).pipe(
      Effect.flatMap(held => keep(message, held)),
      Effect.catchIf(
        (error): error is DownloadError => !(error instanceof DatabaseError),
        error => Effect.andThen(setback(message, wanted, error), noteTrouble(error))
      )
    )
  }

  /** Begins an attempt that somebody waits for, unless one is under way; trouble with the disk is theirs to hear, too. */
  const attend = (message: Message): Effect.Effect<void> =>
    Effect.suspend(() => {
      const name = message.messageKey
      if (attending.has(name)) return Effect.void
      attending.add(name)
      return forPeople.withPermit(attempt(message, true)).pipe(
        Effect.catch(error =>
          Effect.andThen(
            callers.refuse(message, error),
            incidents.report(storageTrouble(message.accountId, FAILING, error))
          )
        ),
        Effect.ensuring(Effect.sync(() => attending.delete(name))),
        work => Effect.asVoid(Effect.forkIn(work, scope))
      )
    })

  const isAutomatic = options.policy === 'recent' || options.policy === 'all'

  /** What nothing was tried for yet and the policy wants, while the media server answers. */
  const untried = (accountId: string, now: number) =>
    isAutomatic && pause.until <= now
      ? records.untried(accountId, options.policy === 'recent' ? now - options.recentMs : 0, BY_POLICY)
      : Effect.succeed([])

  const runOnce = Effect.fn('Media.runOnce')(function* (accountId: string) {
    yield* removeOrphans
    if (options.policy === 'none') return 'idle' as const
    const now = yield* Clock.currentTimeMillis
    const due = yield* records.due(accountId, ['download'], now, BY_POLICY)
    const places: ReadonlyArray<Place & { readonly wanted?: boolean }> =
      due.length > 0 ? due : yield* untried(accountId, now)
    if (places.length === 0) {
      const dueAt = (yield* records.nextDue(accountId, ['download'])) ?? Infinity
      const lookAt = !isAutomatic ? Infinity : pause.until > now ? pause.until : now + LOOK_AGAIN_MS
      const nextAt = Math.min(dueAt, lookAt)
      return nextAt === Infinity ? ('idle' as const) : { nextAt }
    }
    const fetchOne = Effect.fnUntraced(function* (place: Place & { readonly wanted?: boolean }) {
      const message = yield* store.readMessage(place.threadId, place.messageId)
      if (message === undefined) return yield* records.forget(place)
      yield* byPolicy.withPermit(attempt(message, place.wanted === true))
    })
    yield* Effect.forEach(places, fetchOne, { concurrency: BY_POLICY, discard: true })
    return 'more' as const
  })

  const downloads = yield* makeWorker({
    topic: MEDIA_DOWNLOADS,
    runOnce,
    words: { failing: FAILING, again: 'Media are kept again' },
    onTrouble: (accountId, failing, error) => incidents.report(storageTrouble(accountId, failing, error))
  })

  /** Much is stored in a second while history comes: it is looked at once in a while. */
  const followStored = (accountId: string) =>
    Effect.gen(function* () {
      const waiter = yield* wakes.waiter(STORED, accountId)
      while (true) {
        yield* waiter.reset
        yield* waiter.await
        yield* Effect.sleep(WAKE_AFTER_MS)
        yield* downloads.wake(accountId)
      }
    }).pipe(Effect.scoped)

  /** Begins an attempt, or urges the phone when it is the phone's turn. */
  const begin = Effect.fnUntraced(function* (message: Message) {
    const entry = yield* records.read(message)
    if (entry === undefined || entry.stage === 'download') {
      return yield* attend(message)
    }
    yield* requests.urge(entry)
    // Who asks once more is told at once, and not made to wait for a phone that others wait for.
    const isAsked =
      entry.askedAt !== null && entry.askedAt < (yield* Clock.currentTimeMillis) - options.waitMs
    if (isAsked) return yield* new MediaWaits({ for: 'phone' })
    if (!(yield* whatsapp.isConnected(message.accountId))) {
      return yield* new MediaWaits({ for: 'connection' })
    }
  })

  const outlastedPatience = (message: Message) =>
    Effect.flatMap(records.read(message), entry =>
      Effect.fail(
        new MediaWaits({ for: entry === undefined || entry.stage === 'download' ? 'transfer' : 'phone' })
      )
    )

  const open = Effect.fn('Media.open')(function* (message: Message) {
    const source = sourceOf(message)
    if (source === undefined) return yield* new NoMedia({})
    const held = yield* heldFile(source)
    if (held !== undefined) {
      if (message.media?.stored !== true) yield* keep(message, held)
      return held
    }
    if (options.policy === 'none') return yield* new MediaOff({})
    if (isTooLarge(message)) return yield* new MediaTooLarge({})
    if (message.media?.fetched?.state === 'gone') return yield* new MediaGone({})
    return yield* callers.waiting(message, begin(message), {
      ms: options.waitMs,
      orElse: () => outlastedPatience(message)
    })
  })

  return Media.of({
    policy: options.policy,
    open,
    read: files.read,
    counts: records.counts,
    downloads: {
      ...downloads,
      loop: accountId => Effect.raceFirst(downloads.loop(accountId), followStored(accountId))
    },
    requests: requests.worker,
    removeOrphans,
    removeUnknown
  })
})

const sourceOf = ({ media, type }: Message): MediaSource | undefined =>
  media === null || media.download === null
    ? undefined
    : { ...media.download, messageType: type, mimeType: media.mimeType }
