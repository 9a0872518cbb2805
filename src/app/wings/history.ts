// History: what is queued, the worker that stores it, and what the phone is asked for.
import { Layer } from 'effect'
import type { Config } from '../../config.ts'
import { Backfill } from '../../services/history/backfill/backfill.ts'
import { Ground } from '../../services/history/backfill/held-threads.ts'
import { BackfillJobs } from '../../services/history/backfill/jobs.ts'
import { ChunkQueue } from '../../services/history/chunks/queue.ts'
import { History } from '../../services/history/chunks/worker.ts'
import { Rehearsal } from '../../services/history/dry-run/dry-run.ts'
import { Placeholders } from '../../services/history/placeholders/placeholders.ts'
import { PlaceholderQueue } from '../../services/history/placeholders/queue.ts'
import { ChunkReader } from '../../services/whatsapp/chunk/reader.ts'
import { mediaBase } from './whatsapp.ts'

/** What is written down for history, also before there is a connection. */
export const queues = (config: Config) =>
  Layer.mergeAll(
    ChunkQueue.layer,
    BackfillJobs.layer({ dryRun: config.WHATSAPP_HISTORY_SYNC_DRY_RUN }),
    PlaceholderQueue.layer,
    Rehearsal.layer
  )

const backfill = (config: Config) =>
  Backfill.layer({
    count: config.WHATSAPP_BACKFILL_COUNT,
    threads: config.WHATSAPP_BACKFILL_THREADS,
    timeoutMs: config.BACKFILL_TIMEOUT,
    longestSilenceMs: config.BACKFILL_RETRY_MAX,
    settleMs: config.BACKFILL_DELAY,
    offlineQueueMs: config.OFFLINE_QUEUE
  }).pipe(Layer.provide(Ground.layer({ dryRun: config.WHATSAPP_HISTORY_SYNC_DRY_RUN })))

export const layer = (config: Config) =>
  Layer.mergeAll(
    History.layer({ dryRun: config.WHATSAPP_HISTORY_SYNC_DRY_RUN }).pipe(
      Layer.provide(ChunkReader.layer({ mediaBase: mediaBase(config) }))
    ),
    backfill(config),
    Placeholders.layer
  )
