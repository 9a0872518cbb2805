// Copies what is stored from one store to the other.
import { Effect, Layer, Logger } from 'effect'
import type { Config } from '../../../config.ts'
import { withoutNumbers } from '../../../domain/mask.ts'
import { Incidents } from '../../../services/incidents/incidents.ts'
import { claim } from '../../../services/database/sqlite/data-folder.ts'
import { FirestoreDatabase } from '../../../services/firestore/publish/database.ts'
import type { Progress, Report } from '../../../services/firestore/migrate/report.ts'
import { copyToFirestore } from '../../../services/firestore/migrate/to-firestore.ts'
import { copyToSqlite } from '../../../services/firestore/migrate/to-sqlite.ts'
import { Publisher } from '../../../services/firestore/publish/publisher.ts'
import * as Database from '../../wings/database.ts'
import * as Firebase from '../../wings/firebase.ts'
import { type CommandFailed, failed } from '../failure.ts'
import { type Output, Surroundings } from '../surroundings.ts'
import * as ConversationStores from '../../../services/conversations/layer.ts'

const REPORT_EVERY_MS = 1000

/** A line a second, with the pace and what is left. */
const progressOn = (stderr: Output): Progress => {
  let what = ''
  let began = 0
  let first = 0
  let reportedAt = 0
  return (now, done, of) => {
    const at = Date.now()
    if (now !== what) {
      ;[what, began, first, reportedAt] = [now, at, done, 0]
    }
    if (at - reportedAt < REPORT_EVERY_MS && done !== of) return
    reportedAt = at
    const pace = Math.round(((done - first) * 1000) / Math.max(1, at - began))
    const left = of === null || pace === 0 ? '' : `, ${Math.ceil((of - done) / pace)} s left`
    const share = of === null ? '' : ` of ${of}`
    stderr.write(`${done}${share} ${what}, ${pace} a second${left}\n`)
  }
}

const services = (config: Config) =>
  Publisher.layer({ rampUp: config.FIRESTORE_RAMP_UP }).pipe(
    Layer.provideMerge(Layer.mergeAll(ConversationStores.layer, Incidents.layer)),
    Layer.provideMerge(FirestoreDatabase.layer({ databaseId: config.FIRESTORE_DATABASE })),
    Layer.provideMerge(Firebase.app(config)),
    Layer.provideMerge(Database.layer(config, true))
  )

const copied = Effect.fnUntraced(function* (
  config: Config,
  to: 'firestore' | 'sqlite',
  only: ReadonlyArray<string>
) {
  yield* Firebase.identity(config)
  // A folder that has lost its database is what Firestore is copied into.
  yield* claim(config.DATA_DIR, { mayBeginEmpty: to === 'sqlite' })
  const progress = progressOn((yield* Surroundings).stderr)
  return yield* to === 'firestore'
    ? copyToFirestore(progress).pipe(Effect.provide(services(config)))
    : copyToSqlite(progress, only).pipe(Effect.provide(services(config)))
})

/** Copies to the other store and compares both, on a data folder that no server uses. `only`: these accounts, if there are any. */
export const migrateStore = (
  config: Config,
  to: 'firestore' | 'sqlite',
  only: ReadonlyArray<string>
): Effect.Effect<Report, CommandFailed> =>
  copied(config, to, only).pipe(
    Effect.scoped,
    Effect.provide(Logger.layer([])),
    Effect.mapError(failure => failed(`The stores were not copied: ${withoutNumbers(reasonOf(failure))}`))
  )

export const incomplete = failed(
  'Not everything arrived as it was; run it again, or look at the counts above.'
)

/** The words of the innermost error that has some; they may quote a path, and with it a phone number. */
const reasonOf = (failure: unknown): string =>
  failure instanceof Error
    ? failure.cause instanceof Error
      ? reasonOf(failure.cause)
      : failure.message || failure.name
    : 'for an unknown reason'
