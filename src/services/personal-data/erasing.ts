// The work of one erasure: a step at a time, each in a transaction with the note of how far it has come, so that it goes on after a
// kill where it was.
import { Clock, Effect, Schema } from 'effect'
import { SqlClient } from 'effect/sql'
import type { ErasureCounts } from '../../domain/erasure.ts'
import { Identity } from '../conversations/identity.ts'
import { PersonalMessages, type Removed } from '../conversations/personal-messages.ts'
import { Transaction } from '../database/transaction.ts'
import { LiveTraffic } from '../journal/traffic.ts'
import { makePace, type Pace } from '../process/pace.ts'
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

const isMore = (before: ReadonlyArray<string>, after: ReadonlyArray<string>): boolean =>
  after.some(one => !before.includes(one))

/**
 * The person as they are known now, and the erasure of them: one that has learned of another address or conversation looks through all
 * messages once more.
 */
const personNow = Effect.fnUntraced(function* (begun: ErasureRow) {
  const messages = yield* PersonalMessages
  const seal = yield* Seal
  const before = yield* openPerson(begun)
  const person = yield* messages.personAfter(begun.accountId, before)
  const hasMore = isMore(before.addresses, person.addresses) || isMore(before.threadIds, person.threadIds)
  const row: ErasureRow = hasMore
    ? { ...begun, sealed: sealPerson(seal, begun.erasureId, person), scanned: 0 }
    : begun
  return { person, row }
})

interface Paces {
  readonly conversation: Pace
  readonly elsewhere: Pace
}

const makePaces = (): Paces => ({
  conversation: makePace({ first: 50, least: 5, most: 500 }),
  elsewhere: rowsPace()
})

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

const withRemoved = (row: ErasureRow, removed: ErasureCounts): ErasureRow => ({
  ...row,
  report: { ...row.report, removed }
})

/** Removes the oldest messages of the first of the conversations that has any; `undefined`: none has. */
const eraseConversation = Effect.fnUntraced(function* (row: ErasureRow, person: Person, limit: number) {
  const messages = yield* PersonalMessages
  for (const threadId of person.threadIds) {
    const gone = yield* messages.removeOfThread(row.accountId, threadId, row.upTo, limit)
    if (gone.messages > 0) return withRemoved(row, plus(row.report.removed, gone, 'messages'))
  }
  return undefined
})

/** Looks through some of all messages for what the person wrote elsewhere, and what is said of them. */
const eraseElsewhere = Effect.fnUntraced(function* (row: ErasureRow, person: Person, size: number) {
  const messages = yield* PersonalMessages
  const { accountId, report, scanned: after, upTo } = row
  const { removed, scanned } = yield* messages.removeInRows({
    accountId,
    person,
    after,
    upTo: Math.min(after + size, upTo),
    limit: FOUND_AT_ONCE
  })
  return { ...withRemoved(row, plus(report.removed, removed, 'groupMessages')), scanned }
})

/** The rest, with the end of the erasure. A conversation that goes on keeps its thread and its addresses. */
const finish = Effect.fnUntraced(function* (row: ErasureRow, person: Person) {
  const sql = yield* SqlClient.SqlClient
  const messages = yield* PersonalMessages
  const identity = yield* Identity
  const { accountId } = row
  const stayed = yield* messages.withMessages(person.threadIds)
  const rest = yield* messages.removeRest(accountId, {
    addresses: stayed.length === 0 ? person.addresses : [],
    threadIds: person.threadIds.filter(id => !stayed.includes(id))
  })
  yield* identity.forget(accountId)
  const counts = row.report.removed
  const done: ErasureRow = {
    ...row,
    sealed: null,
    status: 'done',
    endedAt: yield* Clock.currentTimeMillis,
    report: {
      removed: { ...counts, quotes: counts.quotes + rest.quotes, rows: Object.fromEntries(rest.rows) },
      remains: yield* remainsOf(sql, accountId, person.addresses, stayed.length)
    }
  }
  return done
})

/** What is done next, and where the erasure is then. The end is one only if nothing is left of what came before it. */
const advance = Effect.fnUntraced(function* (begun: ErasureRow, paces: Paces) {
  const { person, row } = yield* personNow(begun)
  const erased = yield* paces.conversation.step(limit => eraseConversation(row, person, limit))
  if (erased !== undefined) return erased
  return row.scanned < row.upTo
    ? yield* paces.elsewhere.step(size => eraseElsewhere(row, person, size))
    : yield* finish(row, person)
})

/** Does what is left to do of an erasure: after what is live, a step at a time. */
export const erase = Effect.fnUntraced(function* (begun: ErasureRow) {
  const sql = yield* SqlClient.SqlClient
  const transaction = yield* Transaction
  const { quiet } = yield* LiveTraffic
  const paces = makePaces()
  let row = begun
  while (row.status === 'running') {
    yield* quiet('part')
    row = yield* transaction.run(Effect.tap(advance(row, paces), after => saveErasure(sql, after)))
  }
  yield* Effect.logInfo('A person was erased').pipe(
    Effect.annotateLogs({ accountId: row.accountId, erasureId: row.erasureId })
  )
})
