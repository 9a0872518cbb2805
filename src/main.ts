// The composition root: settings → services → accounts → HTTP, and nothing else.
import { join } from 'node:path'
import { NodeRuntime } from '@effect/platform-node'
import { Cause, Effect, Exit, Layer, Result } from 'effect'
import { HttpServer } from 'effect/http'
import * as Root from './actors/root.ts'
import { type Config, describeSettings, loadConfig } from './config.ts'
import { type ApiKey, loadApiKey } from './http/auth.ts'
import * as Http from './http/server.ts'
import { FirebaseApp } from './services/firebase/app.ts'
import * as Bucket from './services/firebase/bucket.ts'
import { IdTokens } from './services/firebase/id-tokens.ts'
import { Backfill } from './services/history/backfill/backfill.ts'
import { BackfillJobs } from './services/history/backfill/jobs.ts'
import { ChunkQueue } from './services/history/chunks/queue.ts'
import { Coverage } from './services/history/coverage/coverage.ts'
import { HeldThreads } from './services/history/backfill/held-threads.ts'
import { JobKind } from './services/history/backfill/job-kind.ts'
import { PhoneActivity } from './services/history/backfill/phone-activity.ts'
import { BackfillRequests } from './services/history/backfill/requests.ts'
import { PlaceholderQueue } from './services/history/placeholders/queue.ts'
import { Placeholders } from './services/history/placeholders/placeholders.ts'
import * as CountedThreads from './services/history/dry-run/counted-threads.ts'
import * as CountingSink from './services/history/dry-run/counting-sink.ts'
import { DryRun } from './services/history/dry-run/dry-run.ts'
import * as StoringSink from './services/history/chunks/storing-sink.ts'
import { History } from './services/history/chunks/worker.ts'
import * as MediaFolder from './services/media/folder.ts'
import { Media } from './services/media/media.ts'
import * as HistoryUpkeep from './services/history/backfill/upkeep.ts'
import * as MediaUpkeep from './services/media/upkeep.ts'
import { Incidents } from './services/incidents/incidents.ts'
import { Inspection } from './services/telemetry/inspection.ts'
import * as Log from './services/telemetry/log.ts'
import * as ClockWatch from './services/incidents/clock-watch.ts'
import * as SteadyClock from './services/process/steady-clock.ts'
import { Stopping } from './services/process/stopping.ts'
import { Gauges } from './services/telemetry/metrics.ts'
import { collectGarbageEarly } from './services/process/memory.ts'
import * as Tracing from './services/telemetry/tracing.ts'
import { StrayRejections } from './services/process/stray-rejections.ts'
import { Identity } from './services/conversations/identity.ts'
import { Journal } from './services/journal/journal.ts'
import { Conversations } from './services/conversations/apply.ts'
import { Ingest } from './services/intake/ingest.ts'
import { LiveTraffic } from './services/journal/traffic.ts'
import { Wakes } from './services/process/wakes.ts'
import { Attachments } from './services/outbox/attachments.ts'
import { Outbox } from './services/outbox/outbox.ts'
import { claim, useScratchFolder } from './services/process/data-folder.ts'
import * as Migrations from './services/database/migrations.ts'
import * as NodeSqlite from './services/database/sqlite/node-sqlite.ts'
import * as Firestore from './services/firestore/layer.ts'
import { StoreState } from './services/firestore/state.ts'
import * as SqlStore from './services/conversations/sql-store.ts'
import * as Upkeep from './services/conversations/upkeep.ts'
import * as Seal from './services/vault/seal.ts'
import { Vault } from './services/vault/vault.ts'
import { ChunkReader } from './services/whatsapp/chunk/reader.ts'
import { WhatsApp } from './services/whatsapp/whatsapp.ts'

const MEDIA_SERVER = 'https://mmg.whatsapp.net'

/** The simulator serves media beside its web socket; WhatsApp has a server of its own for it. */
const mediaBase = (config: Config): URL => {
  if (config.WHATSAPP_MEDIA_URL !== '') return config.WHATSAPP_MEDIA_URL
  if (!config.simulated) return new URL(MEDIA_SERVER)
  const { host, protocol } = config.WHATSAPP_URL
  return new URL(`${protocol === 'wss:' ? 'https' : 'http'}://${host}`)
}

/** Somebody who asks for a file is answered within this, file or not: many clients give up after half a minute. */
const MEDIA_PATIENCE_MS = 25_000

const largestFile = (config: Config): number => config.MEDIA_MAX_MB * 1_048_576

type Firebase = ReturnType<typeof firebaseOf>

/** Made once, for whatever of it is used; nothing is set up while nobody uses it. */
const firebaseOf = (config: Config) =>
  FirebaseApp.layer({
    projectId: config.FIREBASE_PROJECT_ID,
    credentials: config.GOOGLE_APPLICATION_CREDENTIALS,
    firestoreEmulator: config.FIRESTORE_EMULATOR_HOST,
    authEmulator: config.FIREBASE_AUTH_EMULATOR_HOST,
    storageEmulator: config.FIREBASE_STORAGE_EMULATOR_HOST
  })

/** In the folder; or in a bucket, with the folder for what is on its way. */
const mediaFiles = (config: Config, firebase: Firebase) => {
  const folder = MediaFolder.layer(join(config.DATA_DIR, 'media'))
  return config.FIREBASE_STORAGE_BUCKET === ''
    ? folder
    : Bucket.layer(config.FIREBASE_STORAGE_BUCKET).pipe(Layer.provide(firebase), Layer.provideMerge(folder))
}

/** What becomes of history: it is stored, or, in a dry run, only counted. */
const STORED = { jobs: JobKind.storing, sink: StoringSink.layer, threads: HeldThreads.layer }
const COUNTED = { jobs: JobKind.counting, sink: CountingSink.layer, threads: CountedThreads.layer }

const services = (config: Config, firebase: Firebase) => {
  const isInFirestore = config.STORE === 'firestore'
  const database = (isInFirestore ? Firestore.tracked : Firestore.untracked).pipe(
    Layer.provideMerge(SqlStore.upToDate),
    Layer.provideMerge(Migrations.layer),
    Layer.provideMerge(NodeSqlite.layer(join(config.DATA_DIR, 'backscroll.db')))
  )
  const foundation = Layer.mergeAll(SqlStore.layer, Incidents.layer, Vault.layer, Gauges.layer).pipe(
    Layer.provideMerge(Seal.layer({ key: config.VAULT_KEY, folder: config.DATA_DIR })),
    Layer.provideMerge(Layer.mergeAll(Wakes.layer, LiveTraffic.layer)),
    Layer.provideMerge(database)
  )
  const dryRun = config.WHATSAPP_HISTORY_SYNC_DRY_RUN
  const history = dryRun ? COUNTED : STORED
  const receiving = Ingest.layer.pipe(
    Layer.provideMerge(Conversations.layer),
    Layer.provideMerge(
      Layer.mergeAll(
        Identity.layer,
        Journal.layer,
        ChunkQueue.layer,
        BackfillJobs.layer,
        BackfillRequests.layer
      )
    ),
    Layer.provideMerge(
      Layer.mergeAll(Coverage.layer, DryRun.layer, PhoneActivity.layer, PlaceholderQueue.layer, history.jobs)
    ),
    Layer.provideMerge(foundation)
  )
  const whatsapp = WhatsApp.layer({
    url: config.WHATSAPP_URL,
    trustRoot: config.WHATSAPP_TRUST_ROOT,
    connectTimeoutMs: config.CONNECT_TIMEOUT,
    sendTimeoutMs: config.SEND_TIMEOUT,
    paceMs: config.START_PACE,
    syncFullHistory: config.WHATSAPP_SYNC_FULL_HISTORY,
    dryRun
  })
  const attachments = Attachments.layer({
    folder: join(config.DATA_DIR, 'outgoing'),
    largest: largestFile(config),
    allowPrivateAddresses: config.MEDIA_URL_PRIVATE
  })
  const backfill = Backfill.layer({
    count: config.WHATSAPP_BACKFILL_COUNT,
    threads: config.WHATSAPP_BACKFILL_THREADS,
    timeoutMs: config.BACKFILL_TIMEOUT,
    longestSilenceMs: config.BACKFILL_RETRY_MAX,
    settleMs: config.BACKFILL_DELAY,
    offlineQueueMs: config.OFFLINE_QUEUE
  }).pipe(Layer.provide(history.threads))
  const media = Media.layer({
    policy: config.MEDIA_DOWNLOAD,
    recentMs: config.MEDIA_DOWNLOAD_RECENT,
    largest: config.MEDIA_DOWNLOAD_MAX_MB * 1_048_576,
    mediaBase: mediaBase(config),
    waitMs: MEDIA_PATIENCE_MS
  }).pipe(Layer.provideMerge(mediaFiles(config, firebase)))
  const shown = isInFirestore
    ? Firestore.layer({
        databaseId: config.FIRESTORE_DATABASE,
        rampUp: config.FIRESTORE_RAMP_UP,
        sweepMs: config.FIRESTORE_OUTBOX_SWEEP
      }).pipe(Layer.provide(firebase))
    : StoreState.layerOfSqlite
  return Layer.mergeAll(
    History.layer.pipe(
      Layer.provide(history.sink),
      Layer.provide(ChunkReader.layer({ mediaBase: mediaBase(config) }))
    ),
    backfill,
    Placeholders.layer,
    shown.pipe(Layer.provideMerge(Outbox.layer({ paceMs: config.SEND_PACE }))),
    media
  ).pipe(Layer.provideMerge(attachments), Layer.provideMerge(whatsapp), Layer.provideMerge(receiving))
}

const announce = ({ generated }: ApiKey) =>
  Layer.effectDiscard(
    Effect.gen(function* () {
      const server = yield* HttpServer.HttpServer
      const url = HttpServer.formatAddress(server.address)
      if (generated !== undefined) {
        // Only a server that listens shows its key: one that could not must not keep it either.
        yield* generated.keep
        process.stdout.write(`\n  API key (shown this once, keep it): ${generated.key}\n\n`)
      }
      yield* Effect.logInfo('Listening').pipe(Effect.annotateLogs({ url, docs: `${url}/docs` }))
    })
  )

const server = (config: Config) =>
  Layer.unwrap(
    Effect.gen(function* () {
      yield* claim(config.DATA_DIR)
      yield* useScratchFolder(config.DATA_DIR)
      const key = yield* loadApiKey(config.API_KEY, config.DATA_DIR)
      const firebase = firebaseOf(config)
      const accounts = Root.layer({
        startPaceMs: config.START_PACE,
        pairingTimeoutMs: config.PAIRING_TIMEOUT,
        connectTimeoutMs: config.CONNECT_TIMEOUT,
        reconnectMinMs: config.RECONNECT_MIN,
        reconnectMaxMs: config.RECONNECT_MAX
      })
      return announce(key).pipe(
        Layer.merge(Layer.effectDiscard(ClockWatch.watch())),
        Layer.merge(Layer.mergeAll(Upkeep.layer, MediaUpkeep.layer, HistoryUpkeep.layer)),
        Layer.provide(
          Http.layer({
            host: config.HOST,
            port: config.PORT,
            key,
            largestFile: largestFile(config),
            dryRun: config.WHATSAPP_HISTORY_SYNC_DRY_RUN,
            inspectorUi: config.INSPECT_UI
          })
        ),
        Layer.provide(accounts),
        Layer.provide(
          config.FIREBASE_AUTH ? IdTokens.layer.pipe(Layer.provide(firebase)) : IdTokens.layerOfNone
        ),
        Layer.provide(services(config, firebase)),
        Layer.provide(Inspection.layer({ on: config.INSPECT })),
        Layer.provide([StrayRejections.layer, Stopping.layer]),
        Layer.provide(SteadyClock.layer)
      )
    })
  )

const refuse = (text: string): never => {
  process.stderr.write(`${text}\n`)
  process.exit(1)
}

const [flag] = process.argv.slice(2)
if (flag === '--help' || flag === '-h') {
  process.stdout.write(
    `Backscroll: npm start\n\nSettings are environment variables, or lines of a file named .env:\n\n${describeSettings()}\n`
  )
  process.exit(0)
}
if (flag !== undefined)
  refuse(`Unknown argument ${flag}. Settings are environment variables: npm start -- --help lists them.`)

try {
  process.loadEnvFile()
} catch {
  // No .env file: the environment alone decides.
}
const config = Result.getOrElse(loadConfig(process.env), error =>
  refuse(`Backscroll cannot start.\n${error.message}`)
)

/** The first words in a chain of causes; a server that cannot listen says why only at its end. */
const reasonOf = (failure: unknown): string => {
  if (!(failure instanceof Error)) {
    // What Effect finds wrong with a variable is no Error of JavaScript's.
    const told =
      typeof failure === 'object' && failure !== null && 'message' in failure ? failure.message : ''
    return typeof told === 'string' && told !== '' ? told : 'for an unknown reason'
  }
  const inner = failure.cause instanceof Error ? reasonOf(failure.cause) : undefined
  const words = failure.message || inner || failure.name
  return /EADDR|ENOTFOUND|listen/.test(inner ?? '') ? `${inner}. Choose another HOST or PORT.` : words
}

/** Stopping takes a second; a service manager must not wait for something that hangs. */
const STOP_DEADLINE_MS = 10_000
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    setTimeout(
      () => refuse('Backscroll did not stop in order within 10 seconds; nothing acknowledged is lost.'),
      STOP_DEADLINE_MS
    ).unref()
  })
}

collectGarbageEarly()
const traces = Tracing.isWanted(process.env) ? Tracing.layer(process.env) : Layer.empty
const observed = Layer.provideMerge(traces, Log.layer(config.LOG_LEVEL))
NodeRuntime.runMain(Layer.launch(server(config)).pipe(Effect.provide(observed)), {
  disableErrorReporting: true,
  teardown: (exit, onExit) => {
    // SIGTERM and SIGINT interrupt: everything was closed in order, which is success.
    if (Exit.isSuccess(exit) || Cause.hasInterruptsOnly(exit.cause)) return onExit(0)
    const failure = Cause.squash(exit.cause)
    process.stderr.write(`Backscroll stopped: ${reasonOf(failure)}\n`)
    onExit(1)
  }
})
