// Peer messages (what the own phone sends to this device beside the chats) that could not be decrypted. Each is asked for again
// until it has arrived or is given up. During the first history it may have announced a chunk, so the threads have a gap.
import { Clock, Context, Effect, Layer, Schema } from 'effect'
import { SqlClient } from 'effect/sql'
import { asDatabaseError, type DatabaseError } from '../../database/error.ts'
import { Incidents } from '../../incidents/incidents.ts'
import { topic, Wakes } from '../../process/wakes.ts'
import type { PeerStanza } from '../../whatsapp/convert/journaled.ts'
import { ChunkQueue } from '../chunks/queue.ts'
import { Coverage } from '../coverage/coverage.ts'
import { messageLost, messageUndecryptable } from './incidents.ts'

const PeerMessage = Schema.Struct({
  whatsAppId: Schema.String,
  attributes: Schema.fromJsonString(Schema.Record(Schema.String, Schema.String)),
  /** How often the phone was asked. */
  asked: Schema.Finite,
  /** How often it was given up before. */
  givenUp: Schema.Finite
})
export type PeerMessage = typeof PeerMessage.Type

/** Peer messages wait to be asked for. */
export const PEER_MESSAGES = topic('peer messages')

/** A phone whose answer cannot be decrypted either is asked again after this time, not at the next one that is planned. */
const ASK_AGAIN_MS = 1000
/** More than a phone ever sends; only something that makes stanzas up reaches it. */
const MOST_WAITING = 10_000

/** Every method fails with `DatabaseError` only. Times are milliseconds since 1970. */
export class PeerMessageQueue extends Context.Service<
  PeerMessageQueue,
  {
    /** Peer messages could not be decrypted; joins the caller's transaction and wakes the worker after its commit. */
    readonly add: (
      accountId: string,
      stanzas: ReadonlyArray<PeerStanza>
    ) => Effect.Effect<void, DatabaseError>
    /** Peer messages with these ids were decrypted; joins the caller's transaction. */
    readonly arrived: (
      accountId: string,
      whatsAppIds: ReadonlyArray<string>
    ) => Effect.Effect<void, DatabaseError>
    /** The one that is to be asked for now. */
    readonly due: (accountId: string, now: number) => Effect.Effect<PeerMessage | undefined, DatabaseError>
    /** When the earliest is to be asked for; `undefined` when none waits. */
    readonly nextDue: (accountId: string) => Effect.Effect<number | undefined, DatabaseError>
    /** The phone was asked for it; it is asked again at `nextAt`. */
    readonly askedFor: (
      accountId: string,
      whatsAppId: string,
      nextAt: number
    ) => Effect.Effect<void, DatabaseError>
    /** The phone is not asked for it any more. If it comes all the same, it is taken, or once asked for again. */
    readonly giveUp: (accountId: string, whatsAppId: string) => Effect.Effect<void, DatabaseError>
    /** Forgets what a phone sent to an earlier link: nobody can encrypt it for this one. */
    readonly forgetEarlierLinks: (accountId: string) => Effect.Effect<void, DatabaseError>
  }
>()('backscroll/services/history/PeerMessageQueue') {
  static readonly layer: Layer.Layer<PeerMessageQueue, never, Dependencies> = Layer.effect(
    PeerMessageQueue,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const context = Context.pick(
        SqlClient.SqlClient,
        ChunkQueue,
        Coverage,
        Incidents,
        Wakes
      )(yield* Effect.context<Dependencies>())
      const run = <A, E>(work: Effect.Effect<A, E, Dependencies>) =>
        asDatabaseError('peer messages')(Effect.provideContext(work, context))
      return PeerMessageQueue.of({
        add: (accountId, stanzas) => run(addAll(accountId, stanzas)),
        arrived: (accountId, whatsAppIds) => run(noteArrived(accountId, whatsAppIds)),
        due: (accountId, now) => run(findDue(accountId, now)),
        nextDue: accountId => run(nextDue(accountId)),
        askedFor: (accountId, whatsAppId, nextAt) => run(noteAsked(accountId, whatsAppId, nextAt)),
        giveUp: (accountId, whatsAppId) => run(sql.withTransaction(giveUp(accountId, whatsAppId))),
        forgetEarlierLinks: accountId => run(sql.withTransaction(forgetEarlierLinks(accountId)))
      })
    })
  )
}

type Dependencies = SqlClient.SqlClient | ChunkQueue | Coverage | Incidents | Wakes

const addAll = Effect.fnUntraced(function* (accountId: string, stanzas: ReadonlyArray<PeerStanza>) {
  if (stanzas.length === 0) return
  const sql = yield* SqlClient.SqlClient
  const chunks = yield* ChunkQueue
  const coverage = yield* Coverage
  const incidents = yield* Incidents
  const wakes = yield* Wakes
  const { complete } = yield* chunks.settled(accountId)
  for (const stanza of stanzas) {
    const added = yield* addOne(accountId, stanza, !complete)
    if (added || (yield* askAgain(accountId, stanza.whatsAppId)))
      yield* incidents.report(messageUndecryptable(accountId))
  }
  yield* resolveIncidents(accountId)
  if (!complete) yield* coverage.noteUnreadAnnouncements(accountId)
  yield* sql.afterCommit(wakes.wake(PEER_MESSAGES, accountId))
})

/** Answers whether it is the first time. */
const addOne = Effect.fnUntraced(function* (
  accountId: string,
  { attributes, whatsAppId }: PeerStanza,
  inFirstHistory: boolean
) {
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  const added = yield* sql`INSERT INTO peer_messages
      (account_id, whatsapp_id, attributes, next_at, received_at, in_first_history)
    SELECT ${accountId}, ${whatsAppId}, ${JSON.stringify(attributes)}, ${now}, ${now}, ${inFirstHistory}
    WHERE (SELECT COUNT(*) FROM peer_messages WHERE account_id = ${accountId} AND state = 'waiting') < ${MOST_WAITING}
    ON CONFLICT DO NOTHING RETURNING 1`
  return added.length > 0
})

/** What the phone sent again cannot be decrypted either. Answers whether that had been given up: it is asked for once more. */
const askAgain = Effect.fnUntraced(function* (accountId: string, whatsAppId: string) {
  const sql = yield* SqlClient.SqlClient
  const again = (yield* Clock.currentTimeMillis) + ASK_AGAIN_MS
  yield* sql`UPDATE peer_messages SET next_at = CASE WHEN next_at > ${again} THEN ${again} ELSE next_at END
    WHERE account_id = ${accountId} AND whatsapp_id = ${whatsAppId} AND state = 'waiting'`
  const late = yield* sql`UPDATE peer_messages SET state = 'waiting', next_at = ${again}
    WHERE account_id = ${accountId} AND whatsapp_id = ${whatsAppId} AND state = 'lost' AND given_up = 1 RETURNING 1`
  return late.length > 0
})

const noteArrived = Effect.fnUntraced(function* (accountId: string, whatsAppIds: ReadonlyArray<string>) {
  if (whatsAppIds.length === 0) return
  const sql = yield* SqlClient.SqlClient
  const coverage = yield* Coverage
  const arrived = yield* sql<{ whatsAppId: string }>`UPDATE peer_messages SET state = 'arrived'
    WHERE account_id = ${accountId} AND whatsapp_id IN ${sql.in(whatsAppIds)} AND state <> 'arrived'
    RETURNING whatsapp_id`
  if (arrived.length === 0) return
  yield* coverage.noteAnnouncementsRead(
    accountId,
    arrived.map(({ whatsAppId }) => whatsAppId)
  )
  yield* resolveIncidents(accountId)
})

/** In the transaction of the change after which there is no reason for them: a crash leaves none behind. */
const resolveIncidents = Effect.fnUntraced(function* (accountId: string) {
  const sql = yield* SqlClient.SqlClient
  const incidents = yield* Incidents
  const [left] = yield* sql<{ waiting: number; lost: number }>`SELECT
      COUNT(*) FILTER (WHERE state = 'waiting') AS waiting, COUNT(*) FILTER (WHERE state = 'lost') AS lost
    FROM peer_messages WHERE account_id = ${accountId}`
  if (left?.waiting === 0) yield* incidents.resolve(messageUndecryptable(accountId))
  if (left?.lost === 0) yield* incidents.resolve(messageLost(accountId))
})

const findDue = Effect.fnUntraced(function* (accountId: string, now: number) {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql`SELECT whatsapp_id, attributes, asked, given_up FROM peer_messages
    WHERE account_id = ${accountId} AND state = 'waiting' AND next_at <= ${now} ORDER BY next_at LIMIT 1`
  return row === undefined ? undefined : yield* decodePeerMessage(row)
})

const decodePeerMessage = Schema.decodeUnknownEffect(PeerMessage)

const nextDue = Effect.fnUntraced(function* (accountId: string) {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql<{ at: number | null }>`SELECT MIN(next_at) AS at FROM peer_messages
    WHERE account_id = ${accountId} AND state = 'waiting'`
  return row?.at ?? undefined
})

const noteAsked = Effect.fnUntraced(function* (accountId: string, whatsAppId: string, nextAt: number) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`UPDATE peer_messages SET asked = asked + 1, next_at = ${nextAt}
    WHERE account_id = ${accountId} AND whatsapp_id = ${whatsAppId}`
})

const giveUp = Effect.fnUntraced(function* (accountId: string, whatsAppId: string) {
  const sql = yield* SqlClient.SqlClient
  const incidents = yield* Incidents
  const given = yield* sql`UPDATE peer_messages SET state = 'lost', given_up = given_up + 1
    WHERE account_id = ${accountId} AND whatsapp_id = ${whatsAppId} AND state = 'waiting' RETURNING 1`
  if (given.length === 0) return
  yield* incidents.report(messageLost(accountId))
  yield* resolveIncidents(accountId)
})

const forgetEarlierLinks = Effect.fnUntraced(function* (accountId: string) {
  const sql = yield* SqlClient.SqlClient
  const forgotten = yield* sql`DELETE FROM peer_messages WHERE account_id = ${accountId} AND received_at <
    COALESCE((SELECT linked_at FROM accounts WHERE account_id = ${accountId}), 0) RETURNING 1`
  if (forgotten.length > 0) yield* resolveIncidents(accountId)
})
