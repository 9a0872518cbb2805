// Webhooks over HTTP.
import { Effect } from 'effect'
import { HttpApiBuilder } from 'effect/http-api'
import type { Accounts } from '../../../services/accounts.ts'
import type { DatabaseError } from '../../../services/database/error.ts'
import { type WebhookError, Webhooks } from '../../../services/webhooks/webhooks.ts'
import { Api } from '../../api.ts'
import { auditMade } from '../../auth/auditing.ts'
import { findAccount } from '../../lookup.ts'
import { NotFound, orDatabaseUnavailable, StoreUnavailable, TooManyWebhooks } from '../../problems.ts'
import type { NewWebhookPayload, StretchPayload, WebhookChangePayload } from './contract.ts'

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

const orUnavailable = <A, R>(
  work: Effect.Effect<A, WebhookError, R>
): Effect.Effect<A, StoreUnavailable, R> =>
  Effect.catchTags(work, {
    SealBroken: unreadable,
    DatabaseError: error => orDatabaseUnavailable(Effect.fail(error))
  })

const found = <A, R>(webhookId: string, work: Effect.Effect<A | undefined, WebhookError, R>) =>
  Effect.filterOrFail(
    orUnavailable(work),
    result => result !== undefined,
    () => noSuch(webhookId)
  )

const create = Effect.fnUntraced(function* ({
  accountId,
  headers = {},
  name,
  types = [],
  url,
  secret
}: NewWebhookPayload) {
  if (accountId !== undefined) yield* findAccount(accountId)
  const webhooks = yield* Webhooks
  const webhook = {
    url,
    headers,
    types,
    secret,
    name: name ?? new URL(url).host,
    accountId: accountId ?? null
  }
  const created = yield* orUnavailable(webhooks.create(webhook))
  if (created === undefined) return yield* new TooManyWebhooks({ detail: 'Delete some that are not needed' })
  yield* auditMade('webhookId', created.webhook.webhookId)
  return created
})

const change = (webhookId: string, payload: WebhookChangePayload) =>
  Webhooks.use(webhooks => found(webhookId, webhooks.change(webhookId, payload)))

const remove = Effect.fnUntraced(function* (webhookId: string) {
  const webhooks = yield* Webhooks
  if (!(yield* orDatabaseUnavailable(webhooks.delete(webhookId)))) return yield* noSuch(webhookId)
})

const replay = Effect.fnUntraced(function* (webhookId: string, { since, types = [], until }: StretchPayload) {
  const webhooks = yield* Webhooks
  return { events: yield* found(webhookId, webhooks.replay(webhookId, { since, until, types })) }
})

/** A list of something of a webhook that is there. */
const ofWebhook = Effect.fnUntraced(function* <A>(
  webhookId: string,
  read: (webhooks: Webhooks['Service']) => Effect.Effect<A, DatabaseError>
) {
  const webhooks = yield* Webhooks
  yield* found(webhookId, webhooks.read(webhookId))
  return yield* orDatabaseUnavailable(read(webhooks))
})

export const webhooksLayer = HttpApiBuilder.group(
  Api,
  'webhooks',
  Effect.fn(function* (handlers) {
    const services = yield* Effect.context<Accounts | Webhooks>()
    const provide = Effect.provideContext(services)
    return handlers.handleAll({
      list: () =>
        provide(
          Webhooks.use(webhooks => Effect.map(orUnavailable(webhooks.list), all => ({ webhooks: all })))
        ),
      create: ({ payload }) => provide(create(payload)),
      get: ({ params: { webhookId } }) =>
        provide(Webhooks.use(webhooks => found(webhookId, webhooks.read(webhookId)))),
      change: ({ params, payload }) => provide(change(params.webhookId, payload)),
      delete: ({ params }) => provide(remove(params.webhookId)),
      renewSecret: ({ params: { webhookId }, payload: { overlapSeconds = OVERLAP_SECONDS } }) =>
        provide(Webhooks.use(webhooks => found(webhookId, webhooks.renewSecret(webhookId, overlapSeconds)))),
      test: ({ params: { webhookId } }) =>
        provide(Webhooks.use(webhooks => found(webhookId, webhooks.test(webhookId)))),
      replay: ({ params, payload }) => provide(replay(params.webhookId, payload)),
      deliveries: ({ params: { webhookId }, query: { limit = PAGE } }) =>
        provide(
          Effect.map(
            ofWebhook(webhookId, webhooks => webhooks.deliveries(webhookId, limit)),
            deliveries => ({ deliveries })
          )
        ),
      deadLetters: ({ params: { webhookId }, query: { limit = PAGE } }) =>
        provide(
          Effect.map(
            ofWebhook(webhookId, webhooks => webhooks.deadLetters(webhookId, limit)),
            deadLetters => ({ deadLetters })
          )
        ),
      replayDeadLetters: ({ params: { webhookId } }) =>
        provide(
          Webhooks.use(webhooks =>
            Effect.map(found(webhookId, webhooks.replayDeadLetters(webhookId)), events => ({ events }))
          )
        )
    })
  })
)
