// Erasure of a person from an account. It is written down with the hashes by which nothing of them is stored again, then done; what a
// killed server left is done by the next one.
import { randomBytes } from 'node:crypto'
import { Clock, Context, Effect, Latch, Layer } from 'effect'
import { SqlClient } from 'effect/sql'
import { type Erasure, NOTHING_REMOVED } from '../../domain/erasure.ts'
import { ErasedPeople } from '../conversations/erased-people.ts'
import { Identity } from '../conversations/identity.ts'
import { PersonalMessages } from '../conversations/personal-messages.ts'
import { asDatabaseError, type DatabaseError } from '../database/error.ts'
import { Transaction } from '../database/transaction.ts'
import { troubleOf } from '../incidents/storage-trouble.ts'
import { LiveTraffic } from '../journal/traffic.ts'
import { Media } from '../media/media.ts'
import { Seal } from '../vault/seal.ts'
import {
  erasureOf,
  type ErasureRow,
  insertErasure,
  readErasure,
  readErasures,
  runningErasures,
  runningOf
} from './erasure-rows.ts'
import { erase, sealPerson } from './erasing.ts'

type Needed =
  | ErasedPeople
  | Identity
  | LiveTraffic
  | Media
  | PersonalMessages
  | Seal
  | SqlClient.SqlClient
  | Transaction

const NEEDED = [
  ErasedPeople,
  Identity,
  LiveTraffic,
  Media,
  PersonalMessages,
  Seal,
  SqlClient.SqlClient,
  Transaction
] as const

export class Erasures extends Context.Service<
  Erasures,
  {
    /** Writes the erasure down and begins it. One that is running for the same person is answered instead. */
    readonly start: (accountId: string, address: string) => Effect.Effect<Erasure, DatabaseError>
    readonly read: (accountId: string, erasureId: string) => Effect.Effect<Erasure | undefined, DatabaseError>
    /** The newest first. */
    readonly list: (accountId: string, limit: number) => Effect.Effect<ReadonlyArray<Erasure>, DatabaseError>
  }
>()('backscroll/services/personal-data/Erasures') {
  static readonly layer: Layer.Layer<Erasures, never, Needed> = Layer.effect(
    Erasures,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const provided = Effect.provideContext(Context.pick(...NEEDED)(yield* Effect.context<Needed>()))
      const waiting = yield* Latch.make(true)
      yield* Effect.forkScoped(provided(work(waiting)))
      return Erasures.of({
        start: (accountId, address) =>
          begin(accountId, address).pipe(
            provided,
            Effect.tap(waiting.open),
            asDatabaseError('erasing a person'),
            // What was begun goes on, also when whoever asked goes away in between.
            Effect.uninterruptible
          ),
        read: (accountId, erasureId) =>
          readErasure(sql, accountId, erasureId).pipe(
            Effect.map(row => row && erasureOf(row)),
            asDatabaseError('reading erasures')
          ),
        list: (accountId, limit) =>
          readErasures(sql, accountId, limit).pipe(
            Effect.map(rows => rows.map(erasureOf)),
            asDatabaseError('reading erasures')
          )
      })
    })
  )
}

/** Writes an erasure down; answers the one that is running for the same person. */
export const begin = Effect.fnUntraced(function* (accountId: string, address: string) {
  const sql = yield* SqlClient.SqlClient
  const erased = yield* ErasedPeople
  const messages = yield* PersonalMessages
  const transaction = yield* Transaction
  const seal = yield* Seal
  return yield* transaction.run(
    Effect.gen(function* () {
      const person = yield* messages.personOf(accountId, address)
      const hashes = person.addresses.map(jid => erased.hashOf(accountId, jid))
      for (const hash of hashes) {
        const running = yield* runningOf(sql, accountId, hash)
        if (running !== undefined) return erasureOf(running)
      }
      const now = yield* Clock.currentTimeMillis
      const erasureId = `erasure-${randomBytes(9).toString('hex')}`
      yield* erased.add(accountId, person.addresses, now)
      // At once: what comes later in these tables is new.
      const rows = yield* messages.removeAbout(accountId, person.addresses)
      const row: ErasureRow = {
        erasureId,
        accountId,
        personHash: hashes[0] ?? '',
        sealed: sealPerson(seal, erasureId, person),
        status: 'running',
        scanned: 0,
        upTo: yield* messages.newestRow,
        report: { removed: { ...NOTHING_REMOVED, rows: Object.fromEntries(rows) }, remains: [] },
        requestedAt: now,
        endedAt: null
      }
      yield* insertErasure(sql, row)
      return erasureOf(row)
    })
  )
})

const TRY_AGAIN = '10 seconds'

/** One that cannot go on now holds up none of the others. */
const eraseOrTell = Effect.fnUntraced(
  function* (row: ErasureRow) {
    const media = yield* Media
    yield* erase(row)
    yield* media.removeOrphans
    return true
  },
  (erasing, { accountId, erasureId }) =>
    erasing.pipe(
      Effect.catch(error =>
        Effect.as(Effect.logWarning(`An erasure waits: ${troubleOf(error).reason}`), false)
      ),
      Effect.annotateLogs({ accountId, erasureId })
    )
)

/** Never ends. */
const work = (waiting: Latch.Latch) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    yield* waiting.await
    yield* waiting.close
    const running = yield* runningErasures(sql)
    const done = yield* Effect.forEach(running, eraseOrTell)
    return done.every(isDone => isDone)
  }).pipe(
    Effect.catch(error =>
      Effect.as(Effect.logWarning(`An erasure waits: ${troubleOf(error).reason}`), false)
    ),
    Effect.flatMap(isDone => (isDone ? Effect.void : Effect.andThen(Effect.sleep(TRY_AGAIN), waiting.open))),
    Effect.forever
  )
