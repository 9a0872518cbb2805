// The server: its wings, from the bottom up, the accounts on them, and HTTP on top.
import { Clock, Effect, Layer } from 'effect'
import { HttpServer } from 'effect/http'
import * as Root from '../actors/root.ts'
import type { Config } from '../config.ts'
import { type ApiKey, loadApiKey } from '../http/auth/api-key.ts'
import * as Http from '../http/server.ts'
import {
  claim,
  type ClaimOptions,
  nothingUnlessStarted,
  useScratchFolder
} from '../services/database/sqlite/data-folder.ts'
import { DiskSpace } from '../services/database/disk-space.ts'
import * as SteadyClock from '../services/process/steady-clock.ts'
import { Erasures } from '../services/personal-data/erasures.ts'
import { Stopping } from '../services/process/stopping.ts'
import { StrayRejections } from '../services/process/stray-rejections.ts'
import * as Access from './wings/access.ts'
import * as Conversations from './wings/conversations.ts'
import * as Database from './wings/database.ts'
import * as Events from './wings/events.ts'
import * as Feed from './wings/feed.ts'
import * as Firebase from './wings/firebase.ts'
import * as History from './wings/history.ts'
import * as Incidents from './wings/incidents.ts'
import * as Intake from './wings/intake.ts'
import * as Journal from './wings/journal.ts'
import * as Media from './wings/media.ts'
import * as MessageFiles from './wings/message-files.ts'
import * as Outbox from './wings/outbox.ts'
import * as Retention from './wings/retention.ts'
import * as Telemetry from './wings/telemetry.ts'
import * as Vault from './wings/vault.ts'
import * as Webhooks from './wings/webhooks.ts'
import * as WhatsApp from './wings/whatsapp.ts'

const services = (config: Config, firebase: Firebase.App) =>
  Firebase.store(config, firebase).pipe(
    Layer.provideMerge(Webhooks.layer(config)),
    Layer.provideMerge(Feed.layer),
    Layer.provideMerge(Layer.mergeAll(Erasures.layer, Retention.layer(config))),
    Layer.provideMerge(
      Layer.mergeAll(
        Intake.layer,
        Outbox.layer(config).pipe(
          Layer.provide(MessageFiles.layer),
          Layer.provideMerge(Media.layer(config, firebase))
        ),
        History.layer(config)
      )
    ),
    Layer.provideMerge(WhatsApp.layer(config)),
    Layer.provideMerge(History.queues(config)),
    Layer.provideMerge(Layer.mergeAll(Events.layer, Journal.layer, Access.layer)),
    Layer.provideMerge(Conversations.layer),
    Layer.provideMerge(Layer.mergeAll(Incidents.layer, Telemetry.gauges)),
    Layer.provideMerge(Vault.layer(config)),
    Layer.provideMerge(Events.lost),
    Layer.provideMerge(Database.newestTime),
    Layer.provideMerge(Database.layer(config, config.STORE === 'firestore'))
  )

/** Hourly removal of what is not needed any more. */
const upkeep = Layer.mergeAll(
  Conversations.upkeep,
  History.upkeep,
  Media.upkeep,
  Retention.upkeep.pipe(Layer.provide(Webhooks.beforePruning))
)

const accounts = (config: Config) =>
  Root.layer({
    startPaceMs: config.START_PACE,
    takenBackWithinMs: config.IMPORT_WATCH,
    pairingTimeoutMs: config.PAIRING_TIMEOUT,
    connectTimeoutMs: config.CONNECT_TIMEOUT,
    reconnectMinMs: config.RECONNECT_MIN,
    reconnectMaxMs: config.RECONNECT_MAX
  })

const http = (config: Config, key: ApiKey) =>
  Http.layer({
    host: config.HOST,
    port: config.PORT,
    key,
    allowedHosts: config.ALLOWED_HOSTS,
    corsOrigins: config.CORS_ORIGINS,
    trustsProxy: config.TRUST_PROXY,
    requestsPerMinute: config.KEY_REQUESTS_PER_MINUTE,
    largestFile: Outbox.largestFile(config),
    dryRun: config.WHATSAPP_HISTORY_SYNC_DRY_RUN,
    postsStatuses: config.WHATSAPP_POST_STATUSES,
    inspectorUi: config.INSPECT_UI,
    settings: config.inForce
  }).pipe(Layer.provide(DiskSpace.layer(config.DATA_DIR)))

/** Says where the server listens; a generated API key is shown once, and kept only by a server that listens. */
const announce = ({ generated }: ApiKey, started: Effect.Effect<void>) =>
  Layer.effectDiscard(
    Effect.gen(function* () {
      const server = yield* HttpServer.HttpServer
      yield* started
      const url = HttpServer.formatAddress(server.address)
      if (generated !== undefined) {
        yield* generated.keep
        process.stdout.write(`\n  API key (shown this once, keep it): ${generated.key}\n\n`)
      }
      yield* Effect.logInfo('Listening').pipe(Effect.annotateLogs({ url, docs: `${url}/docs` }))
    })
  )

/** The last line of a server that has started: everything is closed, and the folder free. */
const sayStopped = Effect.fnUntraced(function* (hasStarted: () => boolean) {
  const startedAt = yield* Clock.currentTimeMillis
  yield* Effect.addFinalizer(() =>
    Effect.flatMap(Clock.currentTimeMillis, now =>
      hasStarted()
        ? Effect.annotateLogs(Effect.logInfo('Stopped'), {
            uptimeSeconds: Math.round((now - startedAt) / 1000)
          })
        : Effect.void
    )
  )
})

/** The accounts on all services, without HTTP. */
export const core = (config: Config, firebase: Firebase.App) =>
  accounts(config).pipe(
    Layer.provideMerge(History.restoredCopy),
    Layer.provideMerge(services(config, firebase)),
    Layer.provideMerge(Telemetry.inspection(config)),
    Layer.provideMerge(Layer.mergeAll(StrayRejections.layer, Stopping.layer)),
    Layer.provide(SteadyClock.layer)
  )

/** The whole server on its data folder, which it owns for as long as it runs. */
export const layer = (config: Config, options: Pick<ClaimOptions, 'beginsEmpty'> = {}) =>
  Layer.unwrap(
    Effect.gen(function* () {
      let isListening = false
      yield* sayStopped(() => isListening)
      const claimed = yield* claim(config.DATA_DIR, options)
      const { started } = yield* nothingUnlessStarted(config.DATA_DIR, claimed)
      yield* useScratchFolder(config.DATA_DIR)
      const key = yield* loadApiKey(config.API_KEY, config.DATA_DIR)
      const firebase = Firebase.app(config)
      return announce(
        key,
        Effect.tap(started, () => Effect.sync(() => (isListening = true)))
      ).pipe(
        Layer.merge(Layer.mergeAll(Incidents.watches, upkeep)),
        Layer.provide(http(config, key)),
        Layer.provide(Firebase.idTokens(config, firebase)),
        Layer.provide(core(config, firebase)),
        Layer.provide(SteadyClock.layer)
      )
    })
  )
