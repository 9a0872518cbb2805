// The database's numbered upgrades, one file each. Append; never edit one that has been released.
import { Effect, Layer, Schema } from 'effect'
import { SqlClient, type SqlError } from 'effect/sql'
import { innermostReason } from './error.ts'
import type { OwnedTable } from './tables.ts'
import { foundation } from './migrations/0001-foundation.ts'
import { nothingLost } from './migrations/0002-nothing-lost.ts'
import { coverage } from './migrations/0003-coverage.ts'
import { search } from './migrations/0004-search.ts'
import { media } from './migrations/0005-media.ts'
import { fewerIndexes } from './migrations/0006-fewer-indexes.ts'
import { incidents } from './migrations/0007-incidents.ts'
import { lighterSearch } from './migrations/0008-lighter-search.ts'
import { traces } from './migrations/0009-traces.ts'
import { incidentPlaces } from './migrations/0010-incident-places.ts'
import { searchFolding } from './migrations/0011-search-folding.ts'
import { dryJobs } from './migrations/0012-dry-jobs.ts'
import { firestore } from './migrations/0013-firestore.ts'
import { messageRows } from './migrations/0014-message-rows.ts'
import { sealedAddOns } from './migrations/0015-sealed-add-ons.ts'
import { appState } from './migrations/0016-app-state.ts'
import { people } from './migrations/0017-people.ts'
import { whatPhonesGive } from './migrations/0019-what-phones-give.ts'
import { messageLinks } from './migrations/0020-message-links.ts'
import { suspensions } from './migrations/0021-suspensions.ts'
import { broadcastMark } from './migrations/0022-broadcast-mark.ts'
import { network } from './migrations/0026-network.ts'
import { rightAddress } from './migrations/0027-right-address.ts'
import { peerMessages } from './migrations/0028-peer-messages.ts'
import { movingIn } from './migrations/0029-moving-in.ts'
import { generations } from './migrations/0032-generations.ts'
import { bounds } from './migrations/0033-bounds.ts'
import { addOnAttempts } from './migrations/0034-add-on-attempts.ts'
import { access } from './migrations/0035-access.ts'
import { webhooks } from './migrations/0036-webhooks.ts'
import { catalogue } from './migrations/0037-catalogue.ts'
import { webhookFilters } from './migrations/0038-webhook-filters.ts'
import { retention } from './migrations/0041-retention.ts'
import { erasures } from './migrations/0042-erasures.ts'
import { webhookAnswers } from './migrations/0043-webhook-answers.ts'
import { webhooksOfThreads } from './migrations/0044-webhooks-of-threads.ts'
import { queuedMessages } from './migrations/0045-queued-messages.ts'
import { pins } from './migrations/0048-pins.ts'
import { lateMessages } from './migrations/0049-late-messages.ts'
import { answersOfEndpoints } from './migrations/0050-answers-of-endpoints.ts'
import { ownersOfErasedNumbers } from './migrations/0051-owners-of-erased-numbers.ts'
import { numberOfMessages } from './migrations/number-of-messages.ts'

/** Every upgrade by its number and name. */
export const MIGRATIONS = {
  '0001_foundation': foundation,
  '0002_nothing_lost': nothingLost,
  '0003_coverage': coverage,
  '0004_search': search,
  '0005_media': media,
  '0006_fewer_indexes': fewerIndexes,
  '0007_incidents': incidents,
  '0008_lighter_search': lighterSearch,
  '0009_traces': traces,
  '0010_incident_places': incidentPlaces,
  '0011_search_folding': searchFolding,
  '0012_dry_jobs': dryJobs,
  '0013_firestore': firestore,
  '0014_message_rows': messageRows,
  '0015_sealed_add_ons': sealedAddOns,
  '0016_app_state': appState,
  '0017_people': people,
  '0019_what_phones_give': whatPhonesGive,
  '0020_message_links': messageLinks,
  '0021_suspensions': suspensions,
  '0022_broadcast_mark': broadcastMark,
  '0026_network': network,
  '0027_right_address': rightAddress,
  '0028_peer_messages': peerMessages,
  '0029_moving_in': movingIn,
  '0032_generations': generations,
  '0033_bounds': bounds,
  '0034_add_on_attempts': addOnAttempts,
  '0035_access': access,
  '0036_webhooks': webhooks,
  '0037_catalogue': catalogue,
  '0038_webhook_filters': webhookFilters,
  '0041_retention': retention,
  '0042_erasures': erasures,
  '0043_webhook_answers': webhookAnswers,
  '0044_webhooks_of_threads': webhooksOfThreads,
  '0045_queued_messages': queuedMessages,
  '0048_pins': pins,
  '0049_late_messages': lateMessages,
  '0050_answers_of_endpoints': answersOfEndpoints,
  '0051_owners_of_erased_numbers': ownersOfErasedNumbers
}

const TABLE = 'migrations'

/** The tables about the database itself: the upgrades that it has, and which state of it this is. */
export const migrationTables: ReadonlyArray<OwnedTable> = [{ name: TABLE }, { name: 'generation' }]

/** An upgrade failed. Those before it are kept, and nothing of it is. */
export class UpgradeFailed extends Schema.TaggedError<UpgradeFailed>()('UpgradeFailed', {
  upgrade: Schema.String,
  cause: Schema.Defect()
}) {
  override get message(): string {
    return `The database could not be upgraded (${this.upgrade}): ${innermostReason(this.cause)}. It is as it was before that upgrade; the version that wrote it can still use it.`
  }
}

interface Numbered {
  readonly id: number
  readonly name: string
}

interface Step extends Numbered {
  readonly work: Effect.Effect<unknown, unknown, SqlClient.SqlClient>
}

/** `0002_nothing_lost` has the number 2. */
const stepsOf = (migrations: Partial<typeof MIGRATIONS>): ReadonlyArray<Step> =>
  Object.entries(migrations)
    .map(([key, work]) => ({ id: Number(key.slice(0, 4)), name: key.slice(5), work }))
    .toSorted((a, b) => a.id - b.id)

/** The newest upgrade that this version does not know, beside the newest that it knows; `undefined` when it knows all. */
export const newerThan = (
  found: ReadonlyArray<Numbered>
): { readonly found: Numbered; readonly known: Numbered } | undefined => {
  const steps = stepsOf(MIGRATIONS)
  const unknown = found.filter(({ id }) => !steps.some(step => step.id === id)).at(-1)
  const known = steps.at(-1)
  return unknown === undefined || known === undefined ? undefined : { found: unknown, known }
}

/** More seconds than this, and a person at the terminal would wonder what the server is doing. */
const NOTICED_SECONDS = 3
/** Measured with half a million messages on two cores; the others take less than a second for a million. */
const SECONDS_PER_MILLION: ReadonlyMap<number, number> = new Map([
  [2, 2],
  [3, 1],
  [4, 50],
  [5, 1],
  [8, 28],
  [20, 3],
  [22, 1],
  [33, 5],
  [45, 1]
])

const secondsFor = (pending: ReadonlyArray<Numbered>, messages: number): number =>
  Math.ceil(
    pending.reduce((sum, { id }) => sum + (SECONDS_PER_MILLION.get(id) ?? 0.1), 0) * (messages / 1_000_000)
  )

const announce = Effect.fnUntraced(function* (pending: ReadonlyArray<Step>) {
  const messages = yield* numberOfMessages
  const names = pending.map(({ id, name }) => `${id} ${name}`).join(', ')
  const seconds = secondsFor(pending, messages)
  const duration =
    seconds < NOTICED_SECONDS ? '' : `; this takes about ${seconds} seconds, and nothing is served until then`
  yield* Effect.logInfo(`Upgrading the database with about ${messages} messages${duration}`).pipe(
    Effect.annotateLogs({ upgrades: names })
  )
})

const apply = Effect.fnUntraced(function* ({ id, name, work }: Step) {
  const sql = yield* SqlClient.SqlClient
  yield* work.pipe(
    Effect.andThen(sql`INSERT INTO ${sql(TABLE)} (migration_id, name) VALUES (${id}, ${name})`),
    sql.withTransaction,
    Effect.mapError(cause => new UpgradeFailed({ upgrade: `${id} ${name}`, cause }))
  )
})

/** Runs the upgrades that a database does not have yet, in order, each in a transaction of its own; a new database gets all in one. */
export const upgrade = Effect.fnUntraced(function* (migrations: Partial<typeof MIGRATIONS>) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE IF NOT EXISTS ${sql(TABLE)} (migration_id INTEGER PRIMARY KEY NOT NULL,
    created_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP, name VARCHAR(255) NOT NULL)`
  const rows = yield* sql<{ migrationId: number }>`SELECT migration_id FROM ${sql(TABLE)}`
  const done = new Set(rows.map(({ migrationId }) => migrationId))
  const pending = stepsOf(migrations).filter(({ id }) => !done.has(id))
  if (done.size > 0 && pending.length > 0) yield* announce(pending)
  const applying = Effect.forEach(pending, apply, { discard: true })
  yield* done.size === 0 ? sql.withTransaction(applying) : applying
  if (done.size > 0 && pending.length > 0) yield* Effect.logInfo('The database is upgraded')
})

/** Brings the database up to date. */
export const layer: Layer.Layer<never, UpgradeFailed | SqlError.SqlError, SqlClient.SqlClient> =
  Layer.effectDiscard(upgrade(MIGRATIONS))
