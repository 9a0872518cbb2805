// The work of one erasure: a step at a time, each in a transaction with the note of how far it has come, so that it goes on after a
// kill where it was.
import { Clock, Effect, Schema } from 'effect'
import { SqlClient } from 'effect/sql'
import type { ErasureCounts } from '../../domain/erasure.ts'
import { Identity } from '../conversations/identity.ts'
import { PersonalMessages, type Removed } from '../conversations/personal-messages.ts'
import { Transaction } from '../database/transaction.ts'
import { LiveTraffic } from '../journal/traffic.ts'
import { Media } from '../media/media.ts'
import { makePace } from '../process/pace.ts'
import { Seal } from '../vault/seal.ts'
import { type ErasureRow, saveErasure } from './erasure-rows.ts'
import { remainsOf } from './remains.ts'
import { rowsPace } from './scan.ts'

/** Whom an erasure is about, as it is sealed. */
const Person = Schema.Struct({
  addresses: Schema.Array(Schema.String),
  threadIds: Schema.Array(Schema.String)
})
export type Person = typeof Person.Type

const sealedAs = (erasureId: string): string => `erasure ${erasureId}`

export const sealPerson = (seal: Seal['Service'], erasureId: string, person: Person): Uint8Array =>
  seal.close(sealedAs(erasureId), Buffer.from(JSON.stringify(person)))

const openPerson = Effect.fnUntraced(function* ({ erasureId, sealed }: ErasureRow) {
  const seal = yield* Seal
  const plain =
    sealed === null ? '{"addresses":[],"threadIds":[]}' : yield* seal.open(sealedAs(erasureId), sealed)
  return yield* Schema.decodeEffect(Schema.fromJsonString(Person))(plain.toString())
})

/** Messages of the conversation in one step. */
const messagesPace = () => makePace({ first: 50, least: 5, most: 500 })
/** A step through all messages ends with so many that have something of the person. */
const FOUND_AT_ONCE = 25

const plus = (
  counts: ErasureCounts,
  removed: Removed,
  field: 'messages' | 'groupMessages'
): ErasureCounts => ({
  ...counts,
  [field]: counts[field] + removed.messages,
  files: counts.files + removed.files,
  changedMessages: counts.changedMessages + removed.changed,
  quotes: counts.quotes + removed.quotes
})

/** Runs a step with the note of it in one transaction, after what is live; answers the row as it is then. */
const step = Effect.fnUntraced(function* <E, R>(
  row: ErasureRow,
  work: Effect.Effect<Partial<ErasureRow>, E, R>
) {
  const sql = yield* SqlClient.SqlClient
  const transaction = yield* Transaction
  const { quiet } = yield* LiveTraffic
  yield* quiet('part')
  return yield* transaction.run(
    Effect.gen(function* () {
      const after: ErasureRow = { ...row, ...(yield* work) }
      yield* saveErasure(sql, after)
      return after
    })
  )
})

const removed = (row: ErasureRow, counts: ErasureCounts): Pick<ErasureRow, 'report'> => ({
  report: { ...row.report, removed: counts }
})

const eraseThread = Effect.fnUntraced(function* (begun: ErasureRow, threadId: string) {
  const messages = yield* PersonalMessages
  const pace = messagesPace()
  let row = begun
  let isThrough = false
  while (!isThrough) {
    const before = row
    row = yield* step(
      before,
      pace.step(
        Effect.fnUntraced(function* (limit) {
          const { accountId, report, requestedAt } = before
          const gone = yield* messages.removeOfThread(accountId, threadId, requestedAt, limit)
          isThrough = gone.messages < limit
          return removed(before, plus(report.removed, gone, 'messages'))
        })
      )
    )
  }
  return row
})

const eraseElsewhere = Effect.fnUntraced(function* (begun: ErasureRow, person: Person) {
  const messages = yield* PersonalMessages
  const pace = rowsPace()
  let row = begun
  while (row.scanned < row.upTo) {
    const before = row
    row = yield* step(
      before,
      pace.step(
        Effect.fnUntraced(function* (size) {
          const { accountId, report, requestedAt, scanned: after } = before
          const found = yield* messages.removeInRows({
            accountId,
            person,
            after,
            upTo: Math.min(after + size, before.upTo),
            until: requestedAt,
            limit: FOUND_AT_ONCE
          })
          return {
            ...removed(before, plus(report.removed, found.removed, 'groupMessages')),
            scanned: found.scanned
          }
        })
      )
    )
  }
  return row
})

/** The rest in one transaction, with the end of the erasure. A conversation that goes on keeps its thread and its addresses. */
const finish = Effect.fnUntraced(function* (row: ErasureRow, person: Person) {
  const sql = yield* SqlClient.SqlClient
  const messages = yield* PersonalMessages
  const identity = yield* Identity
  const { accountId } = row
  return yield* step(
    row,
    Effect.gen(function* () {
      const stayed = yield* messages.withMessages(person.threadIds)
      const rest = yield* messages.removeRest(accountId, {
        addresses: stayed.length === 0 ? person.addresses : [],
        threadIds: person.threadIds.filter(id => !stayed.includes(id))
      })
      yield* identity.forget(accountId)
      const counts = row.report.removed
      return {
        sealed: null,
        status: 'done' as const,
        endedAt: yield* Clock.currentTimeMillis,
        report: {
          removed: { ...counts, quotes: counts.quotes + rest.quotes, rows: Object.fromEntries(rest.rows) },
          remains: yield* remainsOf(sql, accountId, person.addresses, stayed.length)
        }
      }
    })
  )
})

/** Does what is left to do of an erasure. */
export const erase = Effect.fnUntraced(function* (begun: ErasureRow) {
  const media = yield* Media
  const person = yield* openPerson(begun)
  let row = begun
  for (const threadId of person.threadIds) row = yield* eraseThread(row, threadId)
  row = yield* eraseElsewhere(row, person)
  const done = yield* finish(row, person)
  yield* media.removeOrphans
  yield* Effect.logInfo('A person was erased').pipe(
    Effect.annotateLogs({ accountId: done.accountId, erasureId: done.erasureId })
  )
})
