// The server: its wings, from the bottom up, the accounts on them, and HTTP on top.
import { Effect, Layer } from 'effect'
import { HttpServer } from 'effect/http'
import * as Root from '../actors/root.ts'
import type { Config } from '../config.ts'
import { type ApiKey, loadApiKey } from '../http/auth/api-key.ts'
import * as Http from '../http/server.ts'
import * as ClockWatch from '../services/incidents/clock-watch.ts'
import { Ingest } from '../services/intake/ingest.ts'
import { claim, useScratchFolder } from '../services/database/sqlite/data-folder.ts'
import * as SteadyClock from '../services/process/steady-clock.ts'
import { Stopping } from '../services/process/stopping.ts'
import { StrayRejections } from '../services/process/stray-rejections.ts'
import { Inspection } from '../services/telemetry/inspection.ts'
import * as Conversations from './wings/conversations.ts'
import * as Database from './wings/database.ts'
import * as Firebase from './wings/firebase.ts'
import * as History from './wings/history.ts'
import * as Media from './wings/media.ts'
import * as Outbox from './wings/outbox.ts'
import * as Upkeep from './wings/upkeep.ts'
import * as WhatsApp from './wings/whatsapp.ts'

const services = (config: Config, firebase: Firebase.App) =>
  Firebase.store(config, firebase).pipe(
    Layer.provideMerge(
      Layer.mergeAll(Ingest.layer, Outbox.layer(config), Media.layer(config, firebase), History.layer(config))
    ),
    Layer.provideMerge(WhatsApp.layer(config)),
    Layer.provideMerge(History.queues(config)),
    Layer.provideMerge(Conversations.layer(config)),
    Layer.provideMerge(Database.layer(config, config.STORE === 'firestore'))
  )

const accounts = (config: Config) =>
  Root.layer({
    startPaceMs: config.START_PACE,
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
    largestFile: Outbox.largestFile(config),
    dryRun: config.WHATSAPP_HISTORY_SYNC_DRY_RUN,
    inspectorUi: config.INSPECT_UI
  })

/** Says where the server listens; a generated API key is shown once, and kept only by a server that listens. */
const announce = ({ generated }: ApiKey) =>
  Layer.effectDiscard(
    Effect.gen(function* () {
      const server = yield* HttpServer.HttpServer
      const url = HttpServer.formatAddress(server.address)
      if (generated !== undefined) {
        yield* generated.keep
        process.stdout.write(`\n  API key (shown this once, keep it): ${generated.key}\n\n`)
      }
      yield* Effect.logInfo('Listening').pipe(Effect.annotateLogs({ url, docs: `${url}/docs` }))
    })
  )

/** The accounts on all services, without HTTP. */
export const core = (config: Config, firebase: Firebase.App) =>
  accounts(config).pipe(
    Layer.provideMerge(services(config, firebase)),
    Layer.provideMerge(Inspection.layer({ on: config.INSPECT })),
    Layer.provideMerge(Layer.mergeAll(StrayRejections.layer, Stopping.layer)),
    Layer.provide(SteadyClock.layer)
  )

/** The whole server on its data folder, which it owns for as long as it runs. */
export const layer = (config: Config) =>
  Layer.unwrap(
    Effect.gen(function* () {
      yield* claim(config.DATA_DIR)
      yield* useScratchFolder(config.DATA_DIR)
      const key = yield* loadApiKey(config.API_KEY, config.DATA_DIR)
      const firebase = Firebase.app(config)
      return announce(key).pipe(
        Layer.merge(Layer.effectDiscard(ClockWatch.watch())),
        Layer.merge(Upkeep.layer),
        Layer.provide(http(config, key)),
        Layer.provide(Firebase.idTokens(config, firebase)),
        Layer.provide(core(config, firebase)),
        Layer.provide(SteadyClock.layer)
      )
    })
  )
