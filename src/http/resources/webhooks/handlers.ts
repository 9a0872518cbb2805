// Webhooks over HTTP.
import { Effect } from 'effect'
import { HttpApiBuilder } from 'effect/http-api'
import { parseThreadId } from '../../../domain/ids.ts'
import type { Webhook } from '../../../domain/webhook.ts'
import type { DatabaseError } from '../../../services/database/error.ts'
import { eventsOfFormat } from '../../../services/webhooks/formats/formats.ts'
import { type StoredWebhook, type WebhookError, Webhooks } from '../../../services/webhooks/webhooks.ts'
import { Api } from '../../api.ts'
import { auditMade } from '../../auth/auditing.ts'
import { Caller } from '../../auth/caller.ts'
import { findAccount, findThread } from '../../lookup.ts'
import {
  badField,
  NotFound,
  orDatabaseUnavailable,
  StoreUnavailable,
  TooManyWebhooks
} from '../../problems.ts'
import type { NewWebhookPayload, StretchPayload, WebhookChangePayload } from './contract.ts'
import { allowedTypes, isManaged, keyOfCaller, requireAccount } from './rights.ts'

const PAGE = 100
const OVERLAP_SECONDS = 86_400

const noSuch = (webhookId: string) =>
  new NotFound({ detail: `There is no webhook ${webhookId.slice(0, 100)}` })

/** What cannot be opened was damaged, or sealed with another key. */
const unreadable = () =>
  Effect.fail(
    new StoreUnavailable({
      detail: 'What is stored of the webhook cannot be opened with the VAULT_KEY. Delete it and make it again'
    })
  )

/** For `Effect.catchTags`. */
const unavailable = {
  SealBroken: unreadable,
  DatabaseError: (error: DatabaseError) => orDatabaseUnavailable(Effect.fail(error))
}

const orUnavailable = <A, R>(
  work: Effect.Effect<A, WebhookError, R>
): Effect.Effect<A, StoreUnavailable, R> => Effect.catchTags(work, unavailable)

const orNone =
  (webhookId: string) =>
  <A, E, R>(work: Effect.Effect<A | undefined, E, R>) =>
    Effect.filterOrFail(
      work,
      result => result !== undefined,
      () => noSuch(webhookId)
    )

const found = <A, R>(webhookId: string, work: Effect.Effect<A | undefined, WebhookError, R>) =>
  orNone(webhookId)(orUnavailable(work))

/** The ids under which threads are stored that are all of one account, and which one that is. */
const threadsOf = Effect.fnUntraced(function* (
  given: ReadonlyArray<string>,
  accountId: string | null | undefined
) {
  const threads = yield* Effect.forEach(given, findThread)
  const accounts = new Set(threads.map(thread => thread.accountId))
  if (accountId !== undefined && threads.length > 0) accounts.add(accountId ?? '')
  if (accounts.size > 1)
    return yield* badField('payload', 'threadIds', 'Expected threads of one account, which is the webhook’s')
  return {
    accountId: accountId ?? threads[0]?.accountId ?? null,
    threadIds: [...new Set(threads.map(({ threadId }) => threadId))].toSorted()
  }
})

/** What fits together of a format, the events that are asked for of it, and batches. */
const checkFormat = Effect.fnUntraced(function* ({
  batch,
  format,
  formatEvents
}: Pick<Webhook, 'batch' | 'format' | 'formatEvents'>) {
  const known = eventsOfFormat(format)
  if (batch !== null && format !== 'backscroll')
    return yield* badField(
      'payload',
      'batch',
      'Expected none: only events in the format backscroll come in batches'
    )
  if (formatEvents.every(event => known.includes(event))) return
  const expected =
    known.length === 0 ? 'none: types says which events are delivered' : `some of ${known.join(', ')}`
  return yield* badField('payload', 'formatEvents', `Expected ${expected}`)
})

/** Whether something can be delivered there is known of some addresses from the beginning. */
const checkUrl = Effect.fnUntraced(function* (url: string) {
  const { addressRefusal } = yield* Webhooks
  const refusal = addressRefusal(url)
  if (refusal !== undefined) return yield* badField('payload', 'url', refusal)
})

const create = Effect.fnUntraced(function* (payload: NewWebhookPayload) {
  const { accountId, headers = {}, name, secret, threadIds = [], types = [], url } = payload
  const { batch = null, format = 'backscroll', formatEvents = [] } = payload
  const form = { batch, format, formatEvents }
  yield* checkFormat(form)
  yield* checkUrl(url)
  if (accountId !== undefined || threadIds.length === 0) yield* requireAccount(accountId ?? null)
  for (const threadId of threadIds) yield* requireAccount(parseThreadId(threadId)?.accountId ?? null)
  if (accountId !== undefined) yield* findAccount(accountId)
  const place = yield* threadsOf(threadIds, accountId)
  const webhooks = yield* Webhooks
  const webhook = {
    ...place,
    url,
    headers,
    types: yield* allowedTypes(types),
    secret,
    ...form,
    keyId: yield* keyOfCaller,
    name: name ?? new URL(url).host
  }
  const created = yield* orUnavailable(webhooks.create(webhook))
  if (created === undefined) return yield* new TooManyWebhooks({ detail: 'Delete some that are not needed' })
  yield* auditMade('webhookId', created.webhook.webhookId)
  if (place.accountId !== null) yield* auditMade('accountId', place.accountId)
  return created
})

/** The webhook, for whoever may manage it: others are not told that there is one. */
const managed = Effect.fnUntraced(function* (webhookId: string) {
  const { grant } = yield* Caller
  const webhooks = yield* Webhooks
  const webhook = yield* found(webhookId, webhooks.read(webhookId))
  return isManaged(grant, webhook) ? webhook : yield* noSuch(webhookId)
})

const list = Effect.gen(function* () {
  const { grant } = yield* Caller
  const webhooks = yield* Webhooks
  const all = yield* orUnavailable(webhooks.list)
  return { webhooks: all.filter(webhook => isManaged(grant, webhook)) }
})

const originOf = (url: string): string => new URL(url).origin

/** What fits to what is stored of the webhook: another change may have come in between. */
const decided = Effect.fnUntraced(function* (stored: StoredWebhook, payload: WebhookChangePayload) {
  const { headers, state, url } = payload
  // They may hold credentials, which are not shown to whoever sets the address.
  if (url !== undefined && Object.keys(stored.headers).length > 0 && headers === undefined)
    if (originOf(url) !== originOf(stored.url))
      return yield* badField('payload', 'headers', 'Expected the headers for the other server')
  const { batch = stored.batch, format = stored.format } = payload
  // The events of another format have other names.
  const formatEvents = payload.formatEvents ?? (format === stored.format ? stored.formatEvents : [])
  yield* checkFormat({ batch, format, formatEvents })
  return { formatEvents, isTakenOver: url !== undefined || (state === 'active' && stored.keyId !== null) }
})

const change = Effect.fnUntraced(function* (webhook: Webhook, payload: WebhookChangePayload) {
  const { threadIds, types, url } = payload
  if (url !== undefined) yield* checkUrl(url)
  const threads = threadIds && (yield* threadsOf(threadIds, webhook.accountId))
  const change = { ...payload, types: types && (yield* allowedTypes(types)), threadIds: threads?.threadIds }
  const { grant } = yield* Caller
  const keyId = yield* keyOfCaller
  const webhooks = yield* Webhooks
  const decide = Effect.fnUntraced(function* (stored: StoredWebhook) {
    if (!isManaged(grant, stored)) return yield* noSuch(webhook.webhookId)
    const { formatEvents, isTakenOver } = yield* decided(stored, payload)
    return { ...change, formatEvents, keyId: isTakenOver ? keyId : undefined }
  })
  return yield* webhooks
    .change(webhook.webhookId, decide)
    .pipe(Effect.catchTags(unavailable), orNone(webhook.webhookId))
})

const remove = Effect.fnUntraced(function* (webhookId: string) {
  const webhooks = yield* Webhooks
  if (!(yield* orDatabaseUnavailable(webhooks.delete(webhookId)))) return yield* noSuch(webhookId)
})

const replay = Effect.fnUntraced(function* (webhookId: string, { since, types = [], until }: StretchPayload) {
  const webhooks = yield* Webhooks
  return { events: yield* found(webhookId, webhooks.replay(webhookId, { since, until, types })) }
})

/** The same for a webhook that the caller may manage. */
const ofManaged = <A, E, R>(webhookId: string, use: (webhook: Webhook) => Effect.Effect<A, E, R>) =>
  Effect.flatMap(managed(webhookId), use)

const renewSecret = (webhookId: string, overlapSeconds: number) =>
  Webhooks.use(webhooks => found(webhookId, webhooks.renewSecret(webhookId, overlapSeconds)))

const test = (webhookId: string) => Webhooks.use(webhooks => found(webhookId, webhooks.test(webhookId)))

const deliveries = (webhookId: string, limit: number) =>
  Webhooks.use(webhooks =>
    Effect.map(orDatabaseUnavailable(webhooks.deliveries(webhookId, limit)), found => ({ deliveries: found }))
  )

const deadLetters = (webhookId: string, limit: number) =>
  Webhooks.use(webhooks =>
    Effect.map(orDatabaseUnavailable(webhooks.deadLetters(webhookId, limit)), found => ({
      deadLetters: found
    }))
  )

const replayDeadLetters = (webhookId: string) =>
  Webhooks.use(webhooks =>
    Effect.map(found(webhookId, webhooks.replayDeadLetters(webhookId)), events => ({ events }))
  )

export const webhooksLayer = HttpApiBuilder.group(Api, 'webhooks', handlers =>
  handlers.handleAll({
    list: () => list,
    create: ({ payload }) => create(payload),
    get: ({ params }) => managed(params.webhookId),
    change: ({ params, payload = {} }) => ofManaged(params.webhookId, webhook => change(webhook, payload)),
    delete: ({ params }) => ofManaged(params.webhookId, ({ webhookId }) => remove(webhookId)),
    renewSecret: ({ params, payload: { overlapSeconds = OVERLAP_SECONDS } = {} }) =>
      ofManaged(params.webhookId, ({ webhookId }) => renewSecret(webhookId, overlapSeconds)),
    test: ({ params }) => ofManaged(params.webhookId, ({ webhookId }) => test(webhookId)),
    replay: ({ params, payload }) =>
      ofManaged(params.webhookId, ({ webhookId }) => replay(webhookId, payload)),
    deliveries: ({ params, query: { limit = PAGE } }) =>
      ofManaged(params.webhookId, ({ webhookId }) => deliveries(webhookId, limit)),
    deadLetters: ({ params, query: { limit = PAGE } }) =>
      ofManaged(params.webhookId, ({ webhookId }) => deadLetters(webhookId, limit)),
    replayDeadLetters: ({ params }) =>
      ofManaged(params.webhookId, ({ webhookId }) => replayDeadLetters(webhookId))
  })
)
