// Documents as they should be now, made from what is stored: the fields of the API under the same names.
import { Effect, Result, Schema } from 'effect'
import { SqlClient, SqlError } from 'effect/sql'
import { Beginning, coverageState } from '../../../domain/coverage.ts'
import type { Receipt } from '../../../domain/message.ts'
import { decodeGap } from '../../history/coverage/rows.ts'
import { decodeIncident } from '../../incidents/incidents.ts'
import { decodeOutboxRow, entryOf } from '../../outbox/entry-row.ts'
import { decodeAccount } from '../../conversations/sql/accounts.ts'
import { decodeMessage } from '../../conversations/sql/message-row.ts'
import { pastParticipants } from '../../conversations/sql/past-participants.ts'
import { decodeReceipt } from '../../conversations/sql/receipts.ts'
import { decodeThread, THREAD_SELECT } from '../../conversations/sql/thread-pages.ts'
import { type Fields, fitted } from './document.ts'
import { type Place, placeOf } from './paths.ts'

type MessagePlace = Extract<Place, { collection: 'messages' }>
type OtherPlace = Exclude<Place, MessagePlace>

const Raw = Schema.NullOr(Schema.Uint8Array)
const ContactRow = Schema.Struct({
  accountId: Schema.String,
  contactJid: Schema.String,
  name: Schema.NullOr(Schema.String),
  pushName: Schema.NullOr(Schema.String)
})
const CoverageRow = Schema.Struct({
  beginning: Beginning,
  refusal: Schema.NullOr(Schema.String),
  refusedAt: Schema.NullOr(Schema.Finite)
})
const decodeRaw = Schema.decodeUnknownEffect(Raw)
const decodeContact = Schema.decodeUnknownEffect(ContactRow)
const decodeCoverage = Schema.decodeUnknownEffect(CoverageRow)

/**
 * What the documents at these paths should be; of a path at which nothing should be, there is no entry. `senderName` is
 * what the message itself told: a contact that is renamed later does not rewrite all they ever wrote.
 */
export const makeComposer = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient

  const receiptsOf = Effect.fnUntraced(function* (wanted: string) {
    const rows = yield* sql.unsafe<{ threadId: string; messageId: string }>(
      `SELECT r.* FROM json_each(?) AS w CROSS JOIN receipts r
        ON r.thread_id = w.value ->> 0 AND r.message_id = w.value ->> 1 ORDER BY r.recipient`,
      [wanted]
    )
    const found = new Map<string, Array<Receipt>>()
    for (const row of rows) {
      const key = `${row.threadId} ${row.messageId}`
      const list = found.get(key) ?? []
      list.push(yield* decodeReceipt(row))
      found.set(key, list)
    }
    return found
  })

  const messages = Effect.fnUntraced(function* (places: ReadonlyArray<readonly [string, MessagePlace]>) {
    const wanted = JSON.stringify(places.map(([, { messageId, threadId }]) => [threadId, messageId]))
    const rows = yield* sql.unsafe<Record<string, unknown>>(
      `SELECT m.* FROM json_each(?) AS w CROSS JOIN messages m
        ON m.thread_id = w.value ->> 0 AND m.message_id = w.value ->> 1`,
      [wanted]
    )
    const receipts = yield* receiptsOf(wanted)
    return yield* Effect.forEach(rows, row =>
      Effect.gen(function* () {
        const message = yield* decodeMessage(row)
        const document: Fields = {
          ...message,
          receipts: receipts.get(`${message.threadId} ${message.messageId}`) ?? [],
          raw: yield* decodeRaw(row['raw']),
          truncated: []
        }
        return document
      }).pipe(
        Effect.result,
        Effect.map(
          found => [`threads/${String(row['threadId'])}/messages/${String(row['messageId'])}`, found] as const
        )
      )
    )
  })

  const coverageOf = Effect.fnUntraced(function* (threadId: string) {
    const [row] =
      yield* sql`SELECT beginning, refusal, refused_at FROM coverage WHERE thread_id = ${threadId}`
    const known = row === undefined ? undefined : yield* decodeCoverage(row)
    const rows =
      yield* sql`SELECT * FROM gaps WHERE thread_id = ${threadId} AND closed_at IS NULL ORDER BY gap_id`
    const gaps = yield* Effect.forEach(rows, gap => decodeGap(gap))
    const beginning = known?.beginning ?? 'unknown'
    return {
      state: coverageState(beginning, gaps.length),
      beginningReached: beginning === 'reached',
      gaps: gaps.map(({ from, gapId, openedAt, reason, to }) => ({ gapId, reason, from, to, openedAt })),
      lastRefusal:
        known?.refusal == null || known.refusedAt === null
          ? null
          : { reason: known.refusal, at: known.refusedAt }
    }
  })

  const thread = Effect.fnUntraced(function* (threadId: string) {
    const [row] = yield* sql.unsafe(`${THREAD_SELECT} WHERE t.thread_id = ?`, [threadId])
    if (row === undefined) return undefined
    const found = yield* decodeThread(row)
    const { accountId, clientJid } = found
    const aliases = yield* sql<{ jid: string }>`SELECT jid FROM addresses
      WHERE account_id = ${accountId} AND person = ${clientJid} AND jid <> ${clientJid} ORDER BY jid`
    return {
      ...found,
      aliases: aliases.map(({ jid }) => jid),
      coverage: yield* coverageOf(threadId),
      pastParticipants: yield* pastParticipants(sql, threadId)
    }
  })

  const account = Effect.fnUntraced(function* (accountId: string) {
    const [row] = yield* sql`SELECT * FROM accounts WHERE account_id = ${accountId}`
    if (row === undefined) return undefined
    // When it was last online changes all the time, and is of use to the server alone.
    const { onlineAt: _, ...found } = yield* decodeAccount(row)
    return found
  })

  const contact = Effect.fnUntraced(function* (id: string) {
    const at = id.indexOf('__')
    const [row] = yield* sql`SELECT * FROM contacts
      WHERE account_id = ${id.slice(0, at)} AND contact_jid = ${id.slice(at + 2)}`
    if (row === undefined) return undefined
    const found = yield* decodeContact(row)
    return {
      accountId: found.accountId,
      contactJid: found.contactJid,
      name: found.name,
      pushName: found.pushName
    }
  })

  const outboxEntry = Effect.fnUntraced(function* (id: string) {
    const [row] = yield* sql`SELECT * FROM outbox WHERE document_id = ${id}
      UNION ALL SELECT * FROM outbox WHERE whatsapp_id = ${id} AND document_id IS NULL LIMIT 1`
    return row === undefined ? undefined : entryOf(yield* decodeOutboxRow(row))
  })

  const incident = Effect.fnUntraced(function* (id: string) {
    const [row] = yield* sql`SELECT * FROM incidents WHERE incident_id = ${id}`
    return row === undefined ? undefined : yield* decodeIncident(row)
  })

  const BY_COLLECTION: Readonly<
    Record<
      OtherPlace['collection'],
      (id: string) => Effect.Effect<Fields | undefined, SqlError.SqlError | Schema.SchemaError>
    >
  > = {
    accounts: account,
    threads: thread,
    contacts: contact,
    outbox: outboxEntry,
    incidents: incident
  }

  /** The documents, and of those that cannot be read, why. */
  const compose = Effect.fnUntraced(function* (paths: ReadonlyArray<string>) {
    const ofMessages: Array<readonly [string, MessagePlace]> = []
    const documents = new Map<string, Fields>()
    const unreadable = new Map<string, string>()
    const put = <E>(path: string, found: Result.Result<Fields | undefined, E>) => {
      if (Result.isFailure(found)) unreadable.set(path, 'its row is not as this version knows it')
      else if (found.success !== undefined) documents.set(path, fitted(found.success))
    }
    for (const path of paths) {
      const place = placeOf(path)
      if (place === undefined) unreadable.set(path, 'its place is not known')
      else if (place.collection === 'messages') ofMessages.push([path, place])
      else put(path, yield* unlessDatabaseFails(BY_COLLECTION[place.collection](place.id)))
    }
    for (const [path, found] of yield* messages(ofMessages)) put(path, found)
    return { documents, unreadable }
  })

  return { compose }
})

/** A row that cannot be decoded concerns one document; a database that fails concerns all. */
const unlessDatabaseFails = <A>(
  work: Effect.Effect<A, SqlError.SqlError | Schema.SchemaError>
): Effect.Effect<Result.Result<A, Schema.SchemaError>, SqlError.SqlError> =>
  Effect.matchEffect(work, {
    onSuccess: found => Effect.succeed(Result.succeed(found)),
    onFailure: error => (SqlError.isSqlError(error) ? Effect.fail(error) : Effect.succeed(Result.fail(error)))
  })
