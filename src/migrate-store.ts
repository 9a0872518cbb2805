// Copies what is stored from one store to the other: npm run migrate-store -- --from sqlite --to firestore
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { NodeRuntime } from '@effect/platform-node'
import { Cause, Effect, Exit, Layer, Logger, Result } from 'effect'
import { loadConfig } from './config.ts'
import { withoutNumbers } from './domain/mask.ts'
import { FirebaseApp } from './services/firebase/app.ts'
import { Incidents } from './services/incidents/incidents.ts'
import { claim } from './services/process/data-folder.ts'
import * as Migrations from './services/database/migrations.ts'
import { TABLES } from './app/tables.ts'
import { Tables } from './services/database/tables.ts'
import * as NodeSqlite from './services/database/sqlite/node-sqlite.ts'
import { FirestoreDatabase } from './services/firestore/publish/database.ts'
import * as Firestore from './services/firestore/layer.ts'
import { isComplete, type Progress, type Report } from './services/firestore/migrate/report.ts'
import { copyToFirestore } from './services/firestore/migrate/to-firestore.ts'
import { copyToSqlite } from './services/firestore/migrate/to-sqlite.ts'
import { Publisher } from './services/firestore/publish/publisher.ts'
import * as ConversationStores from './services/conversations/layer.ts'

const USAGE = `npm run migrate-store -- --from sqlite --to firestore
npm run migrate-store -- --from firestore --to sqlite [--account acc-… …]

  Copies accounts, threads, messages, contacts and incidents, then compares both sides document by document. The
  server must not run on DATA_DIR meanwhile. What ends it half-way only delays it: run it again. Settings are those of
  the server: DATA_DIR, FIREBASE_PROJECT_ID, GOOGLE_APPLICATION_CREDENTIALS …
`

const refuse = (text: string): never => {
  process.stderr.write(`${text}\n`)
  process.exit(2)
}

interface Asked {
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly account?: ReadonlyArray<string> | undefined
}

const asked = (): Asked => {
  try {
    const { values } = parseArgs({
      options: {
        from: { type: 'string' },
        to: { type: 'string' },
        account: { type: 'string', multiple: true },
        help: { type: 'boolean', short: 'h' }
      }
    })
    if (values.help === true) {
      process.stdout.write(USAGE)
      process.exit(0)
    }
    return values
  } catch (error) {
    return refuse(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`)
  }
}

const { account: only = [], from, to } = asked()
if (!((from === 'sqlite' && to === 'firestore') || (from === 'firestore' && to === 'sqlite'))) refuse(USAGE)

try {
  process.loadEnvFile()
} catch {
  // No .env file: the environment alone decides.
}
const config = Result.getOrElse(loadConfig(process.env), error => refuse(error.message))

const TELL_EVERY_MS = 1000

/** A line a second, with the pace and what is left. */
const progress = (): Progress => {
  let what = ''
  let began = 0
  let first = 0
  let told = 0
  return (now, done, of) => {
    const at = Date.now()
    if (now !== what) {
      ;[what, began, first, told] = [now, at, done, 0]
    }
    if (at - told < TELL_EVERY_MS && done !== of) return
    told = at
    const pace = Math.round(((done - first) * 1000) / Math.max(1, at - began))
    const left = of === null || pace === 0 ? '' : `, ${Math.ceil((of - done) / pace)} s left`
    const share = of === null ? '' : ` of ${of}`
    process.stderr.write(`${done}${share} ${what}, ${pace} a second${left}\n`)
  }
}

const database = Firestore.tracked.pipe(
  Layer.provideMerge(ConversationStores.currentSearchIndex),
  Layer.provideMerge(Migrations.layer),
  Layer.provideMerge(NodeSqlite.layer(join(config.DATA_DIR, 'backscroll.db')))
)

const services = Publisher.layer({ rampUp: config.FIRESTORE_RAMP_UP }).pipe(
  Layer.provideMerge(Layer.mergeAll(ConversationStores.layer, Incidents.layer)),
  Layer.provideMerge(Tables.layer(TABLES)),
  Layer.provideMerge(FirestoreDatabase.layer({ databaseId: config.FIRESTORE_DATABASE })),
  Layer.provideMerge(
    FirebaseApp.layer({
      projectId: config.FIREBASE_PROJECT_ID,
      credentials: config.GOOGLE_APPLICATION_CREDENTIALS,
      firestoreEmulator: config.FIRESTORE_EMULATOR_HOST
    })
  ),
  Layer.provideMerge(database)
)

const migration = Effect.gen(function* () {
  yield* claim(config.DATA_DIR)
  const report: Report = yield* to === 'firestore'
    ? copyToFirestore(progress()).pipe(Effect.provide(services))
    : copyToSqlite(progress(), only).pipe(Effect.provide(services))
  process.stdout.write(`${JSON.stringify(report)}\n`)
  if (!isComplete(report)) {
    process.stderr.write('Not everything arrived as it was; run it again, or look at the counts above.\n')
    process.exitCode = 1
  }
}).pipe(Effect.scoped, Effect.provide(Logger.layer([])))

/** The words of the innermost error that has some; they may quote a path, and with it a phone number. */
const reasonOf = (failure: unknown): string =>
  failure instanceof Error
    ? failure.cause instanceof Error
      ? reasonOf(failure.cause)
      : failure.message || failure.name
    : 'for an unknown reason'

NodeRuntime.runMain(migration, {
  disableErrorReporting: true,
  teardown: (exit, onExit) => {
    if (Exit.isSuccess(exit)) return onExit(Number(process.exitCode ?? 0))
    process.stderr.write(
      `The stores were not copied: ${withoutNumbers(reasonOf(Cause.squash(exit.cause)))}\n`
    )
    onExit(1)
  }
})
