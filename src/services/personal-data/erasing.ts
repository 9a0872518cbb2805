// The work of one erasure: a step at a time, each in a transaction with the note of how far it has come, so that it goes on after a
// kill where it was.
import { Clock, Effect, Schema } from 'effect'
import { SqlClient } from 'effect/sql'
import type { ErasureCounts } from '../../domain/erasure.ts'
import { ErasedPeople } from '../conversations/erased-people.ts'
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

const withRemoved = (row: ErasureRow, removed: ErasureCounts): ErasureRow => ({
  ...row,
  report: { ...row.report, removed }
})

const withRows = (counts: ErasureCounts, removed: ReadonlyMap<string, number>): ErasureCounts => {
  const rows = new Map(Object.entries(counts.rows))
  for (const [table, count] of removed) rows.set(table, (rows.get(table) ?? 0) + count)
  return { ...counts, rows: Object.fromEntries(rows) }
}

const isMore = (before: ReadonlyArray<string>, after: ReadonlyArray<string>): boolean =>
  after.some(one => !before.includes(one))

/**
 * The person as they are known now, and the erasure of them: one that has learned of another address or conversation looks through all
 * messages once more.
 */
const personNow = Effect.fnUntraced(function* (begun: ErasureRow) {
  const erased = yield* ErasedPeople
  const messages = yield* PersonalMessages
  const seal = yield* Seal
  const before = yield* openPerson(begun)
  const person = yield* messages.personAfter(begun.accountId, before)
  const hasMore = isMore(before.addresses, person.addresses) || isMore(before.threadIds, person.threadIds)
  if (!hasMore) return { person, row: begun }
  const { accountId, erasureId, requestedAt } = begun
  yield* erased.addAlso(accountId, person.addresses, requestedAt)
  const learned = person.addresses.filter(jid => !before.addresses.includes(jid))
  const rows = yield* messages.removeAbout(accountId, learned)
  const row: ErasureRow = {
    ...withRemoved(begun, withRows(begun.report.removed, rows)),
    sealed: sealPerson(seal, erasureId, person),
    scanned: 0,
    upTo: yield* messages.newestRow
  }
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

/** Removes the oldest messages of the first of the conversations that has any; `undefined`: none has. */
const eraseConversation = Effect.fnUntraced(function* (row: ErasureRow, person: Person, limit: number) {
  const messages = yield* PersonalMessages
  for (const threadId of person.threadIds) {
    const before = { upTo: row.upTo, at: row.requestedAt }
    const gone = yield* messages.removeOfThread(row.accountId, threadId, before, limit)
    if (gone.messages > 0) return withRemoved(row, plus(row.report.removed, gone, 'messages'))
  }
  return undefined
})

/** Looks through some of all messages for what the person wrote elsewhere, and what is said of them. */
const eraseElsewhere = Effect.fnUntraced(function* (row: ErasureRow, person: Person, size: number) {
  const messages = yield* PersonalMessages
  const { accountId, report, requestedAt, scanned: after, upTo } = row
  const { removed, scanned } = yield* messages.removeInRows({
    accountId,
    person,
    after,
    before: { upTo: Math.min(after + size, upTo), at: requestedAt },
    limit: FOUND_AT_ONCE
  })
  return { ...withRemoved(row, plus(report.removed, removed, 'groupMessages')), scanned }
})

/** The rest, with the end of the erasure. Of somebody who has gone on since, who they are is kept, and the threads with new messages. */
const finish = Effect.fnUntraced(function* (row: ErasureRow, person: Person) {
  const sql = yield* SqlClient.SqlClient
  const erased = yield* ErasedPeople
  const messages = yield* PersonalMessages
  const identity = yield* Identity
  const { accountId } = row
  const stayed = yield* messages.withMessages(person.threadIds)
  const goesOn = stayed.length > 0 || (yield* erased.hasReturned(accountId, person.addresses))
  const rest = yield* messages.removeRest(accountId, {
    addresses: goesOn ? [] : person.addresses,
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
      removed: withRows({ ...counts, quotes: counts.quotes + rest.quotes }, rest.rows),
      remains: yield* remainsOf(sql, accountId, person.addresses, goesOn ? stayed.length : undefined)
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
