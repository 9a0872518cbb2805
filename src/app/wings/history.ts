// History: what is queued, the worker that reads it, what becomes of it, and what the phone is asked for.
import { join } from 'node:path'
import { Layer } from 'effect'
import type { Config } from '../../config.ts'
import { DATABASE } from '../../services/database/sqlite/folder-inspection.ts'
import { Backfill } from '../../services/history/backfill/backfill.ts'
import { HeldThreads } from '../../services/history/backfill/held-threads.ts'
import { JobKind } from '../../services/history/backfill/job-kind.ts'
import { BackfillJobs } from '../../services/history/backfill/jobs.ts'
import { PhoneActivity } from '../../services/history/backfill/phone-activity.ts'
import { BackfillRequests } from '../../services/history/backfill/requests.ts'
import * as Upkeep from '../../services/history/backfill/upkeep.ts'
import { ChunkQueue } from '../../services/history/chunks/queue.ts'
import { StoringThread } from '../../services/history/chunks/storing-thread.ts'
import * as StoringSink from '../../services/history/chunks/storing-sink.ts'
import { History } from '../../services/history/chunks/worker.ts'
import { Coverage } from '../../services/history/coverage/coverage.ts'
import * as CountedThreads from '../../services/history/dry-run/counted-threads.ts'
import * as CountingSink from '../../services/history/dry-run/counting-sink.ts'
import { DryRun } from '../../services/history/dry-run/dry-run.ts'
import { PeerMessages } from '../../services/history/peer-messages/peer-messages.ts'
import { PeerMessageQueue } from '../../services/history/peer-messages/queue.ts'
import { Placeholders } from '../../services/history/placeholders/placeholders.ts'
import { PlaceholderQueue } from '../../services/history/placeholders/queue.ts'
import * as RestoredCopy from '../../services/history/restored-copy/restored-copy.ts'
import { ChunkReader } from '../../services/whatsapp/chunk/reader.ts'
import { mediaBase } from './whatsapp.ts'

/** From this file in the sources, and from the bundle that this file became a part of. */
const STORING_THREAD = import.meta.url.endsWith('.ts')
  ? '../threads/storing-thread.ts'
  : './storing-thread.js'

const STORING = { jobs: JobKind.storing, sink: StoringSink.layer, threads: HeldThreads.layer }
const COUNTING = { jobs: JobKind.counting, sink: CountingSink.layer, threads: CountedThreads.layer }

/** What becomes of history: it is stored or, in a dry run, only counted. */
const purpose = ({ WHATSAPP_HISTORY_SYNC_DRY_RUN: isDryRun }: Config) => (isDryRun ? COUNTING : STORING)

/** What is written down for history, also before there is a connection. */
export const queues = (config: Config) =>
  Layer.mergeAll(
    PeerMessageQueue.layer.pipe(Layer.provideMerge(ChunkQueue.layer)),
    Layer.mergeAll(BackfillJobs.layer, BackfillRequests.layer).pipe(
      Layer.provideMerge(PhoneActivity.layer),
      Layer.provide(purpose(config).jobs)
    ),
    PlaceholderQueue.layer,
    DryRun.layer
  ).pipe(Layer.provideMerge(Coverage.layer))

const backfill = (config: Config) =>
  Backfill.layer({
    count: config.WHATSAPP_BACKFILL_COUNT,
    threads: config.WHATSAPP_BACKFILL_THREADS,
    timeoutMs: config.BACKFILL_TIMEOUT,
    longestSilenceMs: config.BACKFILL_RETRY_MAX,
    settleMs: config.BACKFILL_DELAY,
    offlineQueueMs: config.OFFLINE_QUEUE
  }).pipe(Layer.provide(purpose(config).threads))

const chunkReader = (config: Config) =>
  ChunkReader.layer({ mediaBase: mediaBase(config), keepStatuses: config.WHATSAPP_KEEP_STATUSES })

const storingThread = ({ DATA_DIR }: Config) =>
  StoringThread.layer({ database: join(DATA_DIR, DATABASE), file: new URL(STORING_THREAD, import.meta.url) })

const chunks = (config: Config) =>
  History.layer.pipe(
    Layer.provide([purpose(config).sink, chunkReader(config)]),
    Layer.provide(storingThread(config))
  )

export const layer = (config: Config) =>
  Layer.mergeAll(chunks(config), backfill(config), PeerMessages.layer, Placeholders.layer)

export const upkeep = Upkeep.layer

/** To be built before any account is started. */
export const restoredCopy = RestoredCopy.layer
