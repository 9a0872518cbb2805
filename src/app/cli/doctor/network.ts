// What `doctor` finds out by asking: the port, WhatsApp and its clock, Firestore.
import { createServer } from 'node:net'
import { Effect, Layer, Result } from 'effect'
import type { Config } from '../../../config.ts'
import type { FirestoreDatabase } from '../../../services/firestore/publish/database.ts'
import { get, type GetFailed } from '../../../services/whatsapp/http-get.ts'
import { liveVersion } from '../../../services/whatsapp/version/page.ts'
import { BUILT_IN, formatVersion, isNewer } from '../../../services/whatsapp/version/version.ts'
import * as Firebase from '../../wings/firebase.ts'
import { httpHost, versionPage } from '../../wings/whatsapp.ts'
import { failed, wordsOf } from '../failure.ts'
import { lazily } from '../lazily.ts'
import { bad, type Finding, ok, skipped, warning } from './finding.ts'

const TIMEOUT = '10 seconds'

/** Whether something could listen there now. */
const isFree = (host: string, port: number): Effect.Effect<true, NodeJS.ErrnoException> =>
  Effect.callback(resume => {
    const server = createServer()
      .once('error', error => resume(Effect.fail(error)))
      .listen(port, host, () => server.close(() => resume(Effect.succeed(true))))
    return Effect.sync(() => void server.close())
  })

/** What answers at the port, if it is one of ours. */
const runningServer = (url: string) =>
  Effect.tryPromise({
    try: async signal => {
      const [health, ready] = await Promise.all(
        ['/health', '/ready'].map(path => fetch(url + path, { signal }))
      )
      const body: unknown = await health?.json()
      const isOurs = typeof body === 'object' && body !== null && 'status' in body && body.status === 'ok'
      return { isOurs, isReady: ready?.ok === true }
    },
    catch: cause => failed(wordsOf(cause))
  }).pipe(
    Effect.timeout(TIMEOUT),
    Effect.orElseSucceed(() => ({ isOurs: false, isReady: false }))
  )

/** Free, or taken by a server of ours. */
export const checkPort = Effect.fnUntraced(function* ({ HOST, PORT }: Config, url: string) {
  const where = `${HOST}:${PORT}`
  const free = yield* Effect.result(isFree(HOST, PORT))
  if (Result.isSuccess(free)) return ok('port', `${where} is free; no server runs there`)
  const { code } = free.failure
  if (code === 'EACCES')
    return bad(
      'port',
      `this user may not listen on ${where}`,
      'Choose a PORT above 1023, behind a reverse proxy'
    )
  if (code !== 'EADDRINUSE')
    return bad(
      'port',
      `nothing can listen on ${where} (${code ?? free.failure.message})`,
      'Set HOST to an address of this machine'
    )
  const { isOurs, isReady } = yield* runningServer(url)
  if (!isOurs) return bad('port', `another program listens on ${where}`, 'Stop it, or choose another PORT')
  return isReady
    ? ok('port', `a server runs on ${where} and is ready`)
    : warning(
        'port',
        `a server runs on ${where} but is not ready`,
        `Look at ${url}/ready and the log of the server`
      )
})

const proxyOf = ({ WHATSAPP_PROXY_URL: url }: Config): string | undefined =>
  url === '' ? undefined : url.href

const unreachable = (config: Config, reason: string): Finding =>
  bad(
    'whatsapp',
    `${config.WHATSAPP_URL.host} cannot be reached (${reason})`,
    proxyOf(config) === undefined
      ? 'Let this machine reach it by port 443: DNS, firewall; or set WHATSAPP_PROXY_URL'
      : 'Check WHATSAPP_PROXY_URL, and that the proxy reaches it'
  )

interface Reached {
  readonly reach: Finding
  /** The time of the answer by WhatsApp's clock, milliseconds since 1970, and by ours. */
  readonly times: { readonly theirs: number; readonly ours: number } | undefined
}

/** Any answer says that it is reachable: this is no connection of an account. */
const reach = (config: Config): Effect.Effect<Reached> =>
  get(httpHost(config), { headers: {}, proxy: proxyOf(config) }).pipe(
    Effect.map(({ headers }) => {
      const theirs = Date.parse(headers.date ?? '')
      return {
        reach: ok(
          'whatsapp',
          `${config.WHATSAPP_URL.host} answers${proxyOf(config) === undefined ? '' : ' through the proxy'}`
        ),
        times: Number.isNaN(theirs) ? undefined : { theirs, ours: Date.now() }
      }
    }),
    Effect.scoped,
    Effect.timeout(TIMEOUT),
    Effect.catch((failure: GetFailed | { readonly _tag: 'TimeoutError' }) =>
      Effect.succeed({
        reach: unreachable(config, 'reason' in failure ? failure.reason : 'no answer in time'),
        times: undefined
      })
    )
  )

const WRONG_MS = 30_000

const checkClock = ({ times }: Reached): Finding => {
  if (times === undefined) return skipped('clock', 'WhatsApp did not say what the time is')
  const seconds = Math.round((times.ours - times.theirs) / 1000)
  if (Math.abs(seconds) * 1000 <= WRONG_MS)
    return ok('clock', `within ${WRONG_MS / 1000} seconds of WhatsApp's`)
  return warning(
    'clock',
    `${Math.abs(seconds)} seconds ${seconds < 0 ? 'behind' : 'ahead of'} WhatsApp's`,
    'Set the clock: `timedatectl set-ntp true`; in a container the clock is that of its host'
  )
}

/** What a connection would introduce itself with. */
const checkVersion = Effect.fnUntraced(function* (config: Config) {
  if (config.WHATSAPP_VERSION !== 'auto')
    return warning(
      'whatsapp version',
      `${formatVersion(config.WHATSAPP_VERSION)}, fixed by WHATSAPP_VERSION`,
      'Set it to auto, unless there is a reason: WhatsApp refuses old versions'
    )
  const page = versionPage(config)
  const live = yield* Effect.result(liveVersion(page, proxyOf(config)))
  if (Result.isFailure(live))
    return warning(
      'whatsapp version',
      `${page.host} does not tell the live version (${live.failure.reason}); this release knows ${formatVersion(BUILT_IN)}`,
      'Let this machine reach that page, or set WHATSAPP_VERSION_URL'
    )
  const isBehind = isNewer(live.success, BUILT_IN)
  return ok('whatsapp version', `${formatVersion(live.success)} is live${isBehind ? ' and is used' : ''}`)
})

/** WhatsApp's server, its time and its version. */
export const checkWhatsApp = Effect.fnUntraced(function* (config: Config) {
  const [reached, version] = yield* Effect.all([reach(config), checkVersion(config)], { concurrency: 2 })
  return [reached.reach, version, checkClock(reached)]
})

const readOnce = (config: Config) =>
  Effect.gen(function* () {
    const { FirestoreDatabase: Database } = yield* lazily(
      () => import('../../../services/firestore/publish/database.ts')
    )
    const database = Database.layer({ databaseId: config.FIRESTORE_DATABASE }).pipe(
      Layer.provide(Firebase.app(config))
    )
    const read = Effect.flatMap(Database, (firestore: FirestoreDatabase['Service']) =>
      Effect.tryPromise({
        try: () => firestore.collection('accounts').limit(1).get(),
        catch: cause => failed(wordsOf(cause))
      })
    )
    yield* Firebase.identity(config)
    yield* Effect.provide(read, database)
  })

/** Whether the database can be read with the server's identity. */
export const checkFirestore = (config: Config): Effect.Effect<Finding> => {
  if (config.STORE !== 'firestore') return Effect.succeed(skipped('firestore', 'not used: STORE is sqlite'))
  const where = `${config.FIREBASE_PROJECT_ID}, database ${config.FIRESTORE_DATABASE}`
  return readOnce(config).pipe(
    Effect.as(ok('firestore', `${where} can be read`)),
    Effect.timeout(TIMEOUT),
    Effect.catch(failure =>
      Effect.succeed(
        bad(
          'firestore',
          `${where} cannot be read: ${wordsOf(failure)}`,
          'Check FIREBASE_PROJECT_ID, FIRESTORE_DATABASE and the role of the service account (docs/firestore.md)'
        )
      )
    )
  )
}
