// The client version of the connections: fixed by a setting, or the live one of WhatsApp's page, never lower than the last that
// worked. The page is asked on behalf of an account that connects, the way this account's connections take.
import { Clock, Context, Effect, Layer, Result } from 'effect'
import { SqlClient } from 'effect/sql'
import { AccountMemory } from '../../process/account-memory.ts'
import { noteClientVersion } from '../../telemetry/metrics.ts'
import { readWorkingVersion, storeWorkingVersion } from './memory.ts'
import { askForNewer, askWhenDue, type Checks, keepAsking, type Known } from './checks.ts'
import { BUILT_IN, formatVersion, isNewer, newest, type Version } from './version.ts'

export interface VersionOptions {
  /** Always this version, whatever the page says: it is never asked. */
  readonly fixed: Version | undefined
  /** The page that names the live version. */
  readonly page: URL
}

/** What a refused version leads to: another version, or the reason why there is none. */
export type AfterRefusal = { readonly next: Version } | { readonly reason: string }

export class ClientVersion extends Context.Service<
  ClientVersion,
  {
    /** The version that a new connection of the account introduces itself with. Waits a moment for the page when it is to be asked. */
    readonly forConnection: (accountId: string, proxy: string | undefined) => Effect.Effect<Version>
    /** The version of the account's present or last connection since the server started. */
    readonly usedBy: (accountId: string) => Effect.Effect<string | null>
    /** WhatsApp has accepted the version. Never fails: what cannot be stored is found again. */
    readonly noteWorking: (version: Version) => Effect.Effect<void>
    /** WhatsApp refused the version. Asks the page unless a newer one is known. */
    readonly afterRefusal: (version: Version, proxy: string | undefined) => Effect.Effect<AfterRefusal>
    /** A version newer than this one, which WhatsApp will not accept for long. Asks the page unless one is known. */
    readonly newerThan: (version: Version, proxy: string | undefined) => Effect.Effect<Version | undefined>
    /** Asks the page whenever it is time to. Never ends. */
    readonly keepFresh: (proxy: string | undefined) => Effect.Effect<void>
  }
>()('backscroll/services/whatsapp/ClientVersion') {
  static layer(
    options: VersionOptions
  ): Layer.Layer<ClientVersion, never, AccountMemory | SqlClient.SqlClient> {
    return Layer.effect(
      ClientVersion,
      options.fixed === undefined ? automatic(options) : fixed(options.fixed)
    )
  }
}

const makeUsed = Effect.map(AccountMemory, memory => {
  const used = memory.register('whatsapp.clientVersions', new Map<string, Version>())
  return {
    note: (accountId: string, version: Version) => {
      used.set(accountId, version)
      return version
    },
    usedBy: (accountId: string) =>
      Effect.sync(() => {
        const version = used.get(accountId)
        return version === undefined ? null : formatVersion(version)
      })
  }
})

const refused = (version: Version, why: string): AfterRefusal => ({
  reason: `WhatsApp refuses the client version ${formatVersion(version)}${why}`
})

const fixed = Effect.fnUntraced(function* (version: Version) {
  const { note, usedBy } = yield* makeUsed
  yield* noteClientVersion(version[2])
  return ClientVersion.of({
    forConnection: accountId => Effect.sync(() => note(accountId, version)),
    usedBy,
    noteWorking: () => Effect.void,
    afterRefusal: () =>
      Effect.succeed(
        refused(version, ', which WHATSAPP_VERSION sets: set it to auto or to a newer version, and restart')
      ),
    newerThan: () => Effect.undefined,
    keepFresh: () => Effect.never
  })
})

/** Without the database the server does not start: a version that cannot be read is no reason of its own to fail. */
const rememberedVersion = (sql: SqlClient.SqlClient) =>
  Effect.map(
    Effect.orElseSucceed(readWorkingVersion(sql), () => undefined),
    working => newest(BUILT_IN, ...(working === undefined ? [] : [working]))
  )

const automatic = Effect.fnUntraced(function* ({ page }: VersionOptions) {
  const sql = yield* SqlClient.SqlClient
  const { note, usedBy } = yield* makeUsed
  const version = yield* rememberedVersion(sql)
  const known: Known = { version, working: version, dueAt: -Infinity, running: undefined }
  const checks: Checks = { known, page, scope: yield* Effect.scope }
  yield* noteClientVersion(version[2])
  return ClientVersion.of({
    forConnection: (accountId, proxy) =>
      Effect.map(askWhenDue(checks, proxy), () => note(accountId, known.version)),
    usedBy,
    noteWorking: noteWorking(sql, known),
    afterRefusal: afterRefusal(checks),
    newerThan: (version, proxy) => Effect.map(askForNewer(checks, version, proxy), ({ newer }) => newer),
    keepFresh: proxy => keepAsking(checks, proxy)
  })
})

/** Every connection tells it; the database is written when it is news. */
const noteWorking = (sql: SqlClient.SqlClient, known: Known) =>
  Effect.fnUntraced(
    function* (version: Version) {
      if (!isNewer(version, known.working)) return
      yield* storeWorkingVersion(sql, version, yield* Clock.currentTimeMillis)
      known.working = version
    },
    Effect.catch(error => Effect.logDebug('The client version that works could not be stored', error))
  )

const afterRefusal = (checks: Checks) =>
  Effect.fnUntraced(function* (version: Version, proxy: string | undefined) {
    const { answer, newer } = yield* askForNewer(checks, version, proxy)
    if (newer !== undefined) return { next: newer }
    return Result.isSuccess(answer)
      ? refused(version, ', and its page names no newer one: update this server')
      : refused(
          version,
          `, and the live version cannot be read from ${checks.page.host} (${answer.failure.reason}): let this server reach that page, or set WHATSAPP_VERSION`
        )
  })
