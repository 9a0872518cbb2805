// A real SQLite in memory with all migrations, and the services on it, for tests of single services.
import { Effect, Layer, Logger, ManagedRuntime } from 'effect'
import { JobKind } from '../../src/services/history/backfill/job-kind.ts'
import { BackfillJobs } from '../../src/services/history/backfill/jobs.ts'
import { PhoneActivity } from '../../src/services/history/backfill/phone-activity.ts'
import { BackfillRequests } from '../../src/services/history/backfill/requests.ts'
import { ChunkQueue } from '../../src/services/history/chunks/queue.ts'
import { Coverage } from '../../src/services/history/coverage/coverage.ts'
import { PeerMessageQueue } from '../../src/services/history/peer-messages/queue.ts'
import { PlaceholderQueue } from '../../src/services/history/placeholders/queue.ts'
import { DryRun } from '../../src/services/history/dry-run/dry-run.ts'
import { EventLog } from '../../src/services/events/event-log.ts'
import { EventTail } from '../../src/services/events/tail.ts'
import { Incidents } from '../../src/services/incidents/incidents.ts'
import { ErasedPeople } from '../../src/services/conversations/erased-people.ts'
import { Identity } from '../../src/services/conversations/identity.ts'
import { Journal } from '../../src/services/journal/journal.ts'
import { Conversations } from '../../src/services/conversations/apply.ts'
import { Ingest } from '../../src/services/intake/ingest.ts'
import { LiveTraffic } from '../../src/services/journal/traffic.ts'
import { AccountMemory } from '../../src/services/process/account-memory.ts'
import { Wakes } from '../../src/services/process/wakes.ts'
import { TABLES } from '../../src/app/tables.ts'
import { Tables } from '../../src/services/database/tables.ts'
import { emptyDatabase } from './empty-database.ts'
import * as Migrations from '../../src/services/database/migrations.ts'
import * as NodeSqlite from '../../src/services/database/sqlite/node-sqlite.ts'
import * as ConversationStores from '../../src/services/conversations/layer.ts'
import * as AddOns from '../../src/services/whatsapp/add-ons.ts'
import { make as makeSeal, Seal } from '../../src/services/vault/seal.ts'
import { AppState } from '../../src/services/whatsapp/app-state/app-state.ts'
import { Pseudonyms } from '../../src/services/vault/pseudonyms.ts'
import { Vault } from '../../src/services/vault/vault.ts'

export const KEY = new Uint8Array(32).fill(7)

const sqliteOn = (file: string) =>
  file === ':memory:'
    ? Layer.unwrap(Effect.map(Effect.promise(emptyDatabase), image => NodeSqlite.layer(file, image)))
    : NodeSqlite.layer(file)

/** Everything up to ingest, on the database file (in memory by default), sealed with the key. */
export const servicesOn = (file = ':memory:', key: Uint8Array = KEY, { dryRun = false } = {}) =>
  Ingest.layer.pipe(
    Layer.provideMerge(Layer.mergeAll(AppState.layer, PeerMessageQueue.layer)),
    Layer.provideMerge(Conversations.layer.pipe(Layer.provide(AddOns.layer))),
    Layer.provideMerge(
      Layer.mergeAll(
        EventTail.layer,
        ErasedPeople.layer,
        Identity.layer,
        Journal.layer,
        ChunkQueue.layer,
        BackfillJobs.layer,
        BackfillRequests.layer
      )
    ),
    Layer.provideMerge(
      Layer.mergeAll(
        Coverage.layer,
        DryRun.layer,
        PhoneActivity.layer,
        PlaceholderQueue.layer,
        dryRun ? JobKind.counting : JobKind.storing
      )
    ),
    Layer.provideMerge(
      Layer.mergeAll(ConversationStores.layer, Incidents.layer, Vault.layer).pipe(
        Layer.provideMerge(Pseudonyms.layer)
      )
    ),
    Layer.provideMerge(EventLog.layer),
    Layer.provideMerge(Tables.layer(TABLES)),
    Layer.provideMerge(Layer.succeed(Seal, Seal.of(makeSeal(key)))),
    Layer.provideMerge(LiveTraffic.layer),
    Layer.provideMerge(Layer.mergeAll(AccountMemory.layer, Wakes.layer)),
    Layer.provideMerge(Migrations.layer),
    Layer.provideMerge(sqliteOn(file)),
    // What is logged is not what these tests are about.
    Layer.provideMerge(Logger.layer([]))
  )

export const runtimeOn = (file?: string, key?: Uint8Array, options?: { readonly dryRun: boolean }) =>
  ManagedRuntime.make(servicesOn(file, key, options))

type Services = Layer.Success<ReturnType<typeof servicesOn>>

/** Runs a program on a database of its own. */
export const onDatabase = async <A, E>(
  program: Effect.Effect<A, E, Services>,
  options?: { readonly dryRun: boolean }
): Promise<A> => {
  const runtime = runtimeOn(undefined, undefined, options)
  try {
    return await runtime.runPromise(program)
  } finally {
    await runtime.dispose()
  }
}
