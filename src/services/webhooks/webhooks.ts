// Webhooks: where applications want events delivered, from the first event after they were made on. `workers.ts` delivers.
import { randomUUID } from 'node:crypto'
import { Clock, Context, Effect, Layer, Schema } from 'effect'
import { SqlClient } from 'effect/sql'
import { type CloudEvent, cloudEvent } from '../../domain/cloud-event.ts'
import {
  DeadLetter,
  type Webhook,
  type WebhookBatch,
  type WebhookDelivery,
  type WebhookFormat
} from '../../domain/webhook.ts'
import { canonicalThreadId } from '../conversations/sql/canonical-thread.ts'
import { readThreads } from '../conversations/sql/threads.ts'
import { asDatabaseError, type DatabaseError } from '../database/error.ts'
import { EventLog } from '../events/event-log.ts'
import { ALL_ACCOUNTS, Wakes } from '../process/wakes.ts'
import { Seal, type SealBroken } from '../vault/seal.ts'
import { addressRefusal } from './address.ts'
import { readAttempts } from './attempts.ts'
import { isTaken, send } from './delivery.ts'
import {
  deleteEndpoint,
  type Endpoint,
  readEndpoint,
  readEndpoints,
  writeEndpoint,
  writeThreads
} from './endpoints.ts'
import { isOver, WEBHOOK_INCIDENTS } from './incidents.ts'
import { KnownEndpoints } from './known-endpoints.ts'
import { measureLag } from './lag.ts'
import { laneFor, restartLane } from './lanes.ts'
import { ofAccount, requestsFor } from './material.ts'
import { addReplay } from './replays.ts'
import { shown } from './shown.ts'
import { newSecret } from './signature.ts'
import { WEBHOOK, WEBHOOKS } from './topics.ts'
import { NEEDED, type Needed } from './working.ts'

export type WebhookError = DatabaseError | SealBroken

/** More than a server has use for; each has a worker. */
export const MOST_WEBHOOKS = 200

export interface NewWebhook {
  readonly name: string
  readonly url: string
  readonly accountId: string | null
  readonly types: ReadonlyArray<string>
  /** Of the account. */
  readonly threadIds: ReadonlyArray<string>
  readonly format: WebhookFormat
  readonly formatEvents: ReadonlyArray<string>
  readonly batch: WebhookBatch | null
  readonly headers: Readonly<Record<string, string>>
  /** With which it ends. */
  readonly keyId: string | null
  /** Made here when it is not given. */
  readonly secret?: string | undefined
}

type Changeable = Omit<NewWebhook, 'secret' | 'accountId'>

/** What is `undefined` stays. */
export type WebhookChange = { readonly [Name in keyof Changeable]?: Changeable[Name] | undefined } & {
  readonly state?: 'active' | 'paused' | undefined
}

/** What changes is decided on. */
export type StoredWebhook = Pick<
  Endpoint,
  'accountId' | 'batch' | 'format' | 'formatEvents' | 'headers' | 'keyId' | 'types' | 'url'
>

/** What becomes of a webhook, or what decides on it by what is stored in the transaction that changes it. */
export type Decision<E> = WebhookChange | ((stored: StoredWebhook) => Effect.Effect<WebhookChange, E>)

/** Shown once. */
export interface WithSecret {
  readonly webhook: Webhook
  readonly secret: string
}

export interface TestOutcome {
  readonly isTaken: boolean
  readonly status: number | null
  readonly reason: string | null
  readonly answer: string | null
  readonly milliseconds: number
}

export class Webhooks extends Context.Service<
  Webhooks,
  {
    /** Why nothing can be delivered to a URL, as far as it says so itself; `undefined` when it may be possible. */
    readonly addressRefusal: (url: string) => string | undefined
    /** `undefined` when there are as many as there can be. */
    readonly create: (webhook: NewWebhook) => Effect.Effect<WithSecret | undefined, WebhookError>
    readonly list: Effect.Effect<ReadonlyArray<Webhook>, WebhookError>
    /** The others answer `undefined` when there is no such webhook. */
    readonly read: (webhookId: string) => Effect.Effect<Webhook | undefined, WebhookError>
    readonly change: <E = never>(
      webhookId: string,
      change: Decision<E>
    ) => Effect.Effect<Webhook | undefined, WebhookError | E>
    readonly delete: (webhookId: string) => Effect.Effect<boolean, DatabaseError>
    /** Signs with a new secret, and with the one before for so many seconds. */
    readonly renewSecret: (
      webhookId: string,
      overlapSeconds: number
    ) => Effect.Effect<WithSecret | undefined, WebhookError>
    /** Delivers an event that says that this is a test, once and now. */
    readonly test: (webhookId: string) => Effect.Effect<TestOutcome | undefined, WebhookError>
    /** Delivers once more what happened within a stretch of time, milliseconds since 1970; answers how many events that are at most. */
    readonly replay: (
      webhookId: string,
      stretch: {
        readonly since: number
        readonly until?: number | undefined
        readonly types: ReadonlyArray<string>
      }
    ) => Effect.Effect<number | undefined, WebhookError>
    /** The newest attempts first. */
    readonly deliveries: (
      webhookId: string,
      limit: number
    ) => Effect.Effect<ReadonlyArray<WebhookDelivery>, DatabaseError>
    /** The latest first. */
    readonly deadLetters: (
      webhookId: string,
      limit: number
    ) => Effect.Effect<ReadonlyArray<DeadLetter>, DatabaseError>
    /** Measures how far deliveries are behind, for monitoring. */
    readonly measureLag: Effect.Effect<void, DatabaseError>
    /** Delivers the dead letters once more whose events are still kept; answers how many. */
    readonly replayDeadLetters: (webhookId: string) => Effect.Effect<number | undefined, WebhookError>
  }
>()('backscroll/services/webhooks/Webhooks') {
  static layer(options: {
    readonly allowPrivateAddresses: boolean
  }): Layer.Layer<Webhooks, never, Needed | Wakes> {
    return Layer.effect(Webhooks, make(options))
  }
}

const make = Effect.fnUntraced(function* (options: { readonly allowPrivateAddresses: boolean }) {
  const wakes = yield* Wakes
  const provided = Effect.provideContext(Context.pick(...NEEDED)(yield* Effect.context<Needed>()))
  const known = yield* KnownEndpoints
  const changed = (webhookId: string) =>
    Effect.suspend(() => {
      known.forget(webhookId)
      return Effect.andThen(wakes.wake(WEBHOOKS, ALL_ACCOUNTS), wakes.wake(WEBHOOK, webhookId))
    })
  const run = <A, E>(name: string, work: Effect.Effect<A, E, Needed>) =>
    provided(work).pipe(asDatabaseError(name))
  /** What is written is told, also when whoever asked goes away in between. */
  const runAndTell = <A, E>(webhookId: string, name: string, work: Effect.Effect<A, E, Needed>) =>
    Effect.uninterruptible(Effect.tap(run(name, work), changed(webhookId)))

  return Webhooks.of({
    addressRefusal: url => addressRefusal(url, options.allowPrivateAddresses),
    create: webhook =>
      Effect.uninterruptible(
        Effect.tap(run('create', create(webhook)), created =>
          created === undefined ? Effect.void : changed(created.webhook.webhookId)
        )
      ),
    list: run('list', list),
    read: webhookId => run('read', read(webhookId)),
    change: (webhookId, change) => runAndTell(webhookId, 'change', changeWith(webhookId, change)),
    delete: webhookId => runAndTell(webhookId, 'delete', remove(webhookId)),
    renewSecret: (webhookId, seconds) =>
      runAndTell(webhookId, 'renewSecret', renewSecret(webhookId, seconds)),
    test: webhookId => run('test', test(webhookId, options.allowPrivateAddresses)),
    replay: (webhookId, stretch) => runAndTell(webhookId, 'replay', replay(webhookId, stretch)),
    deliveries: (webhookId, limit) =>
      run(
        'deliveries',
        Effect.flatMap(SqlClient.SqlClient, sql => readAttempts(sql, webhookId, limit))
      ),
    deadLetters: (webhookId, limit) => run('deadLetters', deadLetters(webhookId, limit)),
    measureLag: run('measureLag', measureLag),
    replayDeadLetters: webhookId => runAndTell(webhookId, 'replayDeadLetters', replayDeadLetters(webhookId))
  })
})

/** The ids of all. */
export const idsOfAll = Effect.flatMap(SqlClient.SqlClient, sql =>
  Effect.map(sql<{ id: string }>`SELECT webhook_id AS id FROM webhooks`, rows => rows.map(({ id }) => id))
)

const endpointOf = Effect.fnUntraced(function* (webhookId: string) {
  return yield* readEndpoint(yield* SqlClient.SqlClient, yield* Seal, webhookId)
})

/** `undefined` when there is no such endpoint. */
const ofEndpoint = <A, E, R>(webhookId: string, use: (endpoint: Endpoint) => Effect.Effect<A, E, R>) =>
  Effect.flatMap(endpointOf(webhookId), endpoint =>
    endpoint === undefined ? Effect.undefined : use(endpoint)
  )

/**
 * What is read of an endpoint and written back belongs together: what else happens to it, as an erasure, a merge of threads, or its end,
 * comes before or after.
 */
const inTransaction = <A, E, R>(work: Effect.Effect<A, E, R>) =>
  Effect.flatMap(SqlClient.SqlClient, sql => sql.withTransaction(work))

/** Those of the threads that are there, by the ids under which they are stored now. */
const storedThreads = Effect.fnUntraced(function* (threadIds: ReadonlyArray<string>) {
  const sql = yield* SqlClient.SqlClient
  const ids = yield* Effect.forEach(threadIds, threadId => canonicalThreadId(sql, threadId))
  const threads = yield* readThreads(sql, ids)
  return threads.map(({ threadId }) => threadId).toSorted()
})

const create = Effect.fnUntraced(function* ({ secret = newSecret(), ...webhook }: NewWebhook) {
  const endpoint = yield* inTransaction(add({ ...webhook, secret }))
  return endpoint && { webhook: yield* shown(endpoint), secret }
})

const add = Effect.fnUntraced(function* (webhook: NewWebhook & { readonly secret: string }) {
  if ((yield* idsOfAll).length >= MOST_WEBHOOKS) return undefined
  const log = yield* EventLog
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  const endpoint: Endpoint = {
    ...webhook,
    ofThreads: webhook.threadIds.length > 0,
    threadIds: yield* storedThreads(webhook.threadIds),
    webhookId: `wh_${randomUUID().replaceAll('-', '').slice(0, 20)}`,
    state: 'active',
    reason: null,
    place: yield* log.newest,
    batchUpto: null,
    previousSecretUntil: null,
    createdAt: now,
    updatedAt: now
  }
  yield* writeEndpoint(sql, yield* Seal, endpoint)
  yield* writeThreads(sql, endpoint)
  return endpoint
})

const list = Effect.gen(function* () {
  return yield* Effect.forEach(yield* readEndpoints(yield* SqlClient.SqlClient, yield* Seal), shown)
})

const read = (webhookId: string) => ofEndpoint(webhookId, shown)

/** By their times, the versions of an endpoint are told apart. */
const laterThan = ({ updatedAt }: Endpoint, now: number): number => Math.max(now, updatedAt + 1)

const changeWith = Effect.fnUntraced(function* <E>(webhookId: string, decision: Decision<E>) {
  const changed = yield* inTransaction(
    ofEndpoint(webhookId, endpoint =>
      typeof decision === 'function'
        ? Effect.flatMap(decision(endpoint), change => apply(endpoint, change))
        : apply(endpoint, decision)
    )
  )
  return changed && (yield* shown(changed))
})

const apply = Effect.fnUntraced(function* (endpoint: Endpoint, { threadIds, ...change }: WebhookChange) {
  const sql = yield* SqlClient.SqlClient
  const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined))
  const changed: Endpoint = {
    ...endpoint,
    ...given,
    ...(threadIds && { ofThreads: threadIds.length > 0, threadIds: yield* storedThreads(threadIds) }),
    reason: change.state === undefined ? endpoint.reason : null,
    updatedAt: laterThan(endpoint, yield* Clock.currentTimeMillis)
  }
  yield* writeEndpoint(sql, yield* Seal, changed)
  if (threadIds !== undefined) yield* writeThreads(sql, changed)
  if (change.state === 'active') yield* isOver('webhook.disabled', endpoint.webhookId)
  return changed
})

const remove = (webhookId: string) =>
  inTransaction(
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const found = yield* sql`SELECT 1 FROM webhooks WHERE webhook_id = ${webhookId}`
      if (found.length === 0) return false
      yield* deleteEndpoint(sql, webhookId)
      for (const kind of WEBHOOK_INCIDENTS) yield* isOver(kind, webhookId)
      return true
    })
  )

const renewSecret = Effect.fnUntraced(function* (webhookId: string, overlapSeconds: number) {
  const renewed = yield* inTransaction(
    ofEndpoint(webhookId, endpoint => withNewSecret(endpoint, overlapSeconds))
  )
  return renewed && { webhook: yield* shown(renewed), secret: renewed.secret }
})

const withNewSecret = Effect.fnUntraced(function* (endpoint: Endpoint, overlapSeconds: number) {
  const now = yield* Clock.currentTimeMillis
  const renewed: Endpoint = {
    ...endpoint,
    secret: newSecret(),
    previousSecret: endpoint.secret,
    previousSecretUntil: now + overlapSeconds * 1000,
    updatedAt: laterThan(endpoint, now)
  }
  yield* writeEndpoint(yield* SqlClient.SqlClient, yield* Seal, renewed)
  return renewed
})

const testEvent = ({ accountId, webhookId }: Endpoint, at: number): CloudEvent =>
  cloudEvent({ id: `test-${at}`, kind: 'webhook.test', accountId, at }, { webhookId })

const test = (webhookId: string, allowPrivateAddresses: boolean) =>
  ofEndpoint(
    webhookId,
    Effect.fnUntraced(function* (endpoint) {
      const now = yield* Clock.currentTimeMillis
      const begun = performance.now()
      const about = [[ofAccount(endpoint.accountId), testEvent(endpoint, now)]] as const
      const [request] = (yield* requestsFor(endpoint, about)).flat()
      if (request === undefined)
        return { isTaken: false, status: null, reason: null, answer: null, milliseconds: 0 }
      const answer = yield* send({ endpoint, allowPrivateAddresses }, request)
      return {
        isTaken: isTaken(answer),
        status: answer.status,
        reason: answer.reason,
        answer: answer.answer,
        milliseconds: Math.round(performance.now() - begun)
      } satisfies TestOutcome
    })
  )

interface GivenStretch {
  readonly since: number
  readonly until?: number | undefined
  readonly types: ReadonlyArray<string>
}

const replay = (webhookId: string, { since, types, until }: GivenStretch) =>
  inTransaction(
    ofEndpoint(
      webhookId,
      Effect.fnUntraced(function* ({ place: taken }) {
        const sql = yield* SqlClient.SqlClient
        const log = yield* EventLog
        const place = yield* log.before(since)
        // What is newer than its place comes anyway.
        const untilEvent = Math.min(taken, until === undefined ? taken : yield* log.before(until))
        const createdAt = yield* Clock.currentTimeMillis
        if (untilEvent <= place) return 0
        yield* addReplay(sql, { webhookId, types, place, untilEvent, createdAt })
        return yield* log.count(place, untilEvent)
      })
    )
  )

const decodeDeadLetters = Schema.decodeUnknownEffect(Schema.Array(DeadLetter))

const deadLetters = Effect.fnUntraced(function* (webhookId: string, limit: number) {
  const sql = yield* SqlClient.SqlClient
  const rows =
    yield* sql`SELECT dead_letter_id, event_id, type, attempts, status, reason, answer, at FROM webhook_dead_letters
    WHERE webhook_id = ${webhookId} ORDER BY dead_letter_id DESC LIMIT ${limit}`
  return yield* decodeDeadLetters(rows)
})

/** Each conversation is delivered again from its first dead letter on. */
const replayDeadLetters = (webhookId: string) =>
  inTransaction(
    ofEndpoint(
      webhookId,
      Effect.fnUntraced(function* () {
        const sql = yield* SqlClient.SqlClient
        const now = yield* Clock.currentTimeMillis
        const letters = yield* sql<{
          accountId: string | null
          threadId: string | null
          eventId: number
          n: number
        }>`
          SELECT e.account_id, e.thread_id, MIN(e.event_id) AS event_id, COUNT(*) AS n FROM webhook_dead_letters d
          JOIN events e ON e.event_id = d.event_id WHERE d.webhook_id = ${webhookId} GROUP BY e.account_id, e.thread_id`
        for (const letter of letters)
          yield* restartLane(sql, { ...laneFor(webhookId, letter), eventId: letter.eventId, nextAt: now })
        yield* sql`DELETE FROM webhook_dead_letters WHERE webhook_id = ${webhookId}
          AND event_id IN (SELECT event_id FROM events)`
        const left = yield* sql`SELECT 1 FROM webhook_dead_letters WHERE webhook_id = ${webhookId} LIMIT 1`
        if (left.length === 0) yield* isOver('webhook.deadLetter', webhookId)
        return letters.reduce((sum, { n }) => sum + n, 0)
      })
    )
  )
