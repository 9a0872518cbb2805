// Received files: downloaded when somebody asks and by policy, held once per content, requested from the phone when
// WhatsApp no longer has them. What waits is durable; the state of a file is in its message, where applications see it.
import { Context, Effect, Layer, Semaphore, Stream } from 'effect'
import { SqlClient } from 'effect/sql'
import type { Message } from '../../domain/message.ts'
import { MessageStore } from '../conversations/message-store.ts'
import type { DatabaseError } from '../database/error.ts'
import { Transaction } from '../database/transaction.ts'
import { Incidents } from '../incidents/incidents.ts'
import { reportStorageTrouble } from '../incidents/storage-trouble.ts'
import { AccountMemory } from '../process/account-memory.ts'
import { Wakes } from '../process/wakes.ts'
import { makeWorker, type Worker } from '../process/worker.ts'
import { type AccountMediaAnswer, WhatsApp } from '../whatsapp/whatsapp.ts'
import { makeDownload } from './download.ts'
import { downloadOnce, type MediaPolicy, wakeWhenStored } from './download-worker.ts'
import { makeFetchQueue } from './fetch-queue.ts'
import { CANNOT_STORE, type Fetcher, makeFetcher, MEDIA_DOWNLOADS } from './fetcher.ts'
import {
  type ByteRange,
  type HeldFile,
  MediaFiles,
  type MediaStorageError,
  type PartialFiles
} from './files.ts'
import { makeGiveUp, type ReportedLosses } from './losses.ts'
import { makeMessageFiles, type MediaCounts } from './message-files.ts'
import { openFile } from './open.ts'
import { countOldFiles, removeOldFiles } from './old-files.ts'
import { makeIsOnServer } from './on-server.ts'
import type { OpenError } from './outcomes.ts'
import { AccountProxies } from '../whatsapp/proxy/account-proxies.ts'
import { makeRecords } from './records.ts'
import { makeRemoval } from './removal.ts'
import { makeReuploadRequests, REUPLOAD_REQUESTS, type ReuploadRequests } from './reupload-requests.ts'
import { makeServerPause } from './server-pause.ts'
import { makeSharedDownloads } from './shared-downloads.ts'
import { sourceOf } from './source.ts'
import { heldFile, makeRecordStored } from './stored.ts'
import { makeWaiters, type Waiters } from './waiters.ts'

export interface MediaOptions {
  readonly policy: MediaPolicy
  /** How old a message may be under the policy `recent`, in milliseconds. */
  readonly recentMs: number
  /** How old a message may be whose files are kept, in milliseconds; `Infinity`: as old as it likes. */
  readonly keptMs: number
  /** Bytes. */
  readonly largest: number
  readonly mediaBase: URL
  /** How long somebody who asks waits for a file, in milliseconds. */
  readonly waitMs: number
}

export class Media extends Context.Service<
  Media,
  {
    readonly policy: MediaPolicy
    /**
     * The file of a message, downloaded if it is not held. All who ask for the same file wait for the same download; it
     * continues when nobody waits any more.
     */
    readonly open: (message: Message) => Effect.Effect<HeldFile, OpenError>
    /** The same without a download: `undefined` when it is not held. */
    readonly held: (message: Message) => Effect.Effect<HeldFile | undefined, MediaStorageError>
    readonly read: (file: string, range?: ByteRange) => Stream.Stream<Uint8Array, MediaStorageError>
    /** Whether the media server still has the file of a message; `undefined` if it does not say. */
    readonly isOnServer: (message: Message) => Effect.Effect<boolean | undefined>
    readonly counts: (accountId: string) => Effect.Effect<MediaCounts, DatabaseError>
    /** Downloads by policy, and what waits for another attempt; to be run in every state of an account. */
    readonly downloads: Worker<DatabaseError | MediaStorageError, never>
    /** Requests files from the phone; to be run while the account is online. */
    readonly requests: Worker<DatabaseError, never>
    /** Removes the files of deleted messages, unless another message has them. */
    readonly removeOrphans: Effect.Effect<void, DatabaseError | MediaStorageError>
    /** Removes files that no message refers to and that were written before a time (milliseconds since 1970). */
    readonly removeUnknown: (before: number) => Effect.Effect<void, DatabaseError | MediaStorageError>
    /**
     * Lets go of the files of up to so many messages of an account from before a time; `removeOrphans` deletes them. Answers how many
     * messages and files those were.
     */
    readonly removeOld: (
      accountId: string,
      before: number,
      limit: number
    ) => Effect.Effect<{ readonly messages: number; readonly files: number }, DatabaseError>
    /** How many messages of an account from before a time have a file here, and the time of the oldest. */
    readonly countOld: (
      accountId: string,
      before: number
    ) => Effect.Effect<{ readonly messages: number; readonly oldest: number | null }, DatabaseError>
  }
>()('backscroll/services/media/Media') {
  static layer(
    options: MediaOptions
  ): Layer.Layer<
    Media,
    DatabaseError,
    | SqlClient.SqlClient
    | MessageStore
    | Transaction
    | AccountMemory
    | AccountProxies
    | Wakes
    | WhatsApp
    | Incidents
    | MediaFiles
    | PartialFiles
  > {
    return Layer.effect(Media, makeMedia(options))
  }
}

const makeMedia = Effect.fnUntraced(function* (options: MediaOptions) {
  const sql = yield* SqlClient.SqlClient
  const messages = yield* MessageStore
  const wakes = yield* Wakes
  const whatsapp = yield* WhatsApp
  const incidents = yield* Incidents
  const proxies = yield* AccountProxies
  const files = yield* MediaFiles
  const scope = yield* Effect.scope
  const memory = yield* AccountMemory
  const reported = memory.register('media.reportedLosses', new Map() satisfies ReportedLosses)

  const queue = makeFetchQueue(sql)
  const messageFiles = makeMessageFiles(sql)
  const transaction = yield* Transaction
  const records = makeRecords({ messages, transaction, queue })
  const oldFiles = { sql, messages, transaction }
  const waiters = makeWaiters()
  const pause = makeServerPause()
  const fileLock = yield* Semaphore.make(1)
  const download = makeSharedDownloads(yield* makeDownload({ ...options, proxyOf: proxies.addressOf }), scope)
  const removal = makeRemoval({ files, messageFiles, fileLock })
  const giveUp = makeGiveUp({ records, waiters, incidents, reported })
  const recordStored = makeRecordStored({ files, records, removal, waiters, fileLock })
  const asking = { messages, whatsapp, wakes, queue, records, files, recordStored, waiters, giveUp }
  const requests = makeReuploadRequests(asking)
  const shared = { files, queue, records, recordStored, waiters, requests, giveUp, pause, wakes, incidents }
  const fetcher = makeFetcher({ ...shared, download, largest: options.largest, scope })

  yield* messageFiles.retryTooLarge(options.largest)
  const answers = Stream.runForEach(whatsapp.mediaAnswers, onAnswer({ requests, fetcher, waiters, wakes }))
  yield* Effect.forkScoped(answers, { startImmediately: true })
  const downloads = yield* makeWorker({
    topic: MEDIA_DOWNLOADS,
    runOnce: downloadOnce({ ...options, messages, queue, records, messageFiles, removal, fetcher, pause }),
    words: { failing: CANNOT_STORE, again: 'Media are kept again' },
    onTrouble: reportStorageTrouble(incidents)
  })
  const requestWorker = yield* makeWorker({
    topic: REUPLOAD_REQUESTS,
    runOnce: requests.runOnce,
    words: {
      failing: 'The phone cannot be asked for media; the requests wait',
      again: 'The phone is asked for media again'
    },
    onTrouble: reportStorageTrouble(incidents)
  })

  return Media.of({
    policy: options.policy,
    open: openFile({ ...options, files, records, recordStored, fetcher, requests, waiters, whatsapp }),
    held: message => {
      const source = sourceOf(message)
      return source === undefined ? Effect.undefined : heldFile(files, source)
    },
    read: files.read,
    isOnServer: makeIsOnServer({ ...options, proxyOf: proxies.addressOf }),
    counts: messageFiles.counts,
    downloads: {
      ...downloads,
      loop: accountId => Effect.raceFirst(downloads.loop(accountId), wakeWhenStored(wakes, accountId))
    },
    requests: requestWorker,
    removeOrphans: removal.removeOrphans,
    removeUnknown: removal.removeUnknown,
    removeOld: (accountId, before, limit) => removeOldFiles(oldFiles, accountId, before, limit),
    countOld: (accountId, before) => countOldFiles(oldFiles, accountId, before)
  })
})

/** Processes an answer of the phone, and downloads what it has uploaded: at once when somebody waits for it. */
const onAnswer =
  (answering: {
    readonly requests: ReuploadRequests
    readonly fetcher: Fetcher
    readonly waiters: Waiters
    readonly wakes: Wakes['Service']
  }) =>
  ({ accountId, answer }: AccountMediaAnswer): Effect.Effect<void> => {
    const { fetcher, requests, waiters, wakes } = answering
    const downloadAgain = (message: Message) =>
      waiters.isAwaited(message)
        ? fetcher.startRequested(message)
        : wakes.wake(MEDIA_DOWNLOADS, message.accountId)
    return requests.processAnswer(accountId, answer, downloadAgain).pipe(
      // The request is repeated after a while.
      Effect.catchCause(cause =>
        Effect.logWarning('An answer of the phone about media could not be stored', cause)
      ),
      Effect.annotateLogs({ accountId })
    )
  }
