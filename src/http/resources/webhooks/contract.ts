// The HTTP contract of webhooks.
import { Schema } from 'effect'
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema } from 'effect/http-api'
import {
  DeadLetter,
  Webhook,
  WebhookBatch,
  WebhookDelivery,
  WebhookFormat,
  WhatCameBack
} from '../../../domain/webhook.ts'
import { isSecret } from '../../../services/webhooks/signature.ts'
import { operates } from '../../auth/access.ts'
import { Authorization } from '../../auth/authorization.ts'
import { DELIVERED_TYPES, eventTypeOf } from '../../event-types.ts'
import { AccountId, Id, limit, optionalBody, ThreadId } from '../../fields.ts'
import { operation } from '../../operation.ts'
import { BadField, Forbidden, NotFound, StoreUnavailable, TooManyWebhooks } from '../../problems.ts'
import { Whole } from '../../../domain/whole.ts'

const isUrl = (text: string): boolean => {
  const url = URL.parse(text)
  return url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.hash === ''
}

const WebhookUrl = Schema.String.check(
  Schema.isMaxLength(2000),
  Schema.makeFilter(text => isUrl(text) || 'Expected an http:// or https:// address without a user name')
)

const Types = Schema.Array(eventTypeOf(DELIVERED_TYPES)).check(Schema.isMaxLength(50))

/** What a delivery says by itself. */
const OWN_HEADERS = /^(?:webhook-|content-(?!type$)|host$|connection$|transfer-encoding$|user-agent$)/i
/** Servers that take no other type than this one read events as JSON; what else it could be is not what is sent. */
const isOtherType = ([name, value]: readonly [string, string]): boolean =>
  /^content-type$/i.test(name) && !/^application\/json(; ?charset=utf-8)?$/i.test(value)

const Headers = Schema.Record(Schema.String, Schema.String.check(Schema.isMaxLength(2000))).check(
  Schema.makeFilter(headers => {
    const names = Object.keys(headers)
    if (names.length > 20) return 'Expected at most 20 headers'
    const wrong = names.find(name => !/^[\w!#$%&'*+.^`|~-]{1,100}$/.test(name) || OWN_HEADERS.test(name))
    if (wrong !== undefined) return `The header ${JSON.stringify(wrong.slice(0, 100))} cannot be set`
    if (Object.entries(headers).some(isOtherType))
      return 'Expected no other content-type than application/json'
    return Object.values(headers).every(value => /^[\t\x20-\x7e]*$/.test(value)) || 'Expected values in ASCII'
  })
)

const Secret = Schema.String.check(
  Schema.makeFilter(text => isSecret(text) || 'Expected whsec_ and 24 to 64 bytes in base64')
)

const Name = Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(100))

const Batch = Schema.Struct(WebhookBatch.fields).annotate({ identifier: 'NewWebhookBatch' })

/** Of the formats of other servers, whichever it is; the handler says which are of the webhook's. */
const FormatEvents = Schema.Array(Schema.String.check(Schema.isMaxLength(100))).check(Schema.isMaxLength(50))

const MOST_THREADS = 100

const ThreadIds = Schema.Array(ThreadId).check(Schema.isMaxLength(MOST_THREADS))

const NewWebhook = Schema.Struct({
  url: WebhookUrl,
  name: Schema.optionalKey(Name),
  accountId: Schema.optionalKey(AccountId),
  types: Schema.optionalKey(Types),
  threadIds: Schema.optionalKey(ThreadIds),
  format: Schema.optionalKey(WebhookFormat),
  formatEvents: Schema.optionalKey(FormatEvents),
  batch: Schema.optionalKey(Schema.NullOr(Batch)),
  headers: Schema.optionalKey(Headers),
  secret: Schema.optionalKey(Secret)
}).annotate({ identifier: 'NewWebhook' })
export type NewWebhookPayload = typeof NewWebhook.Type

const ChangedWebhook = Schema.Struct({
  url: Schema.optionalKey(WebhookUrl),
  name: Schema.optionalKey(Name),
  types: Schema.optionalKey(Types),
  threadIds: Schema.optionalKey(ThreadIds),
  format: Schema.optionalKey(WebhookFormat),
  formatEvents: Schema.optionalKey(FormatEvents),
  batch: Schema.optionalKey(Schema.NullOr(Batch)),
  headers: Schema.optionalKey(Headers),
  state: Schema.optionalKey(Schema.Literals(['active', 'paused']))
}).annotate({ identifier: 'WebhookChange' })
export type WebhookChangePayload = typeof ChangedWebhook.Type

const WithSecret = Schema.Struct({ webhook: Webhook, secret: Schema.String }).annotate({
  identifier: 'WebhookWithSecret'
})

const path = { webhookId: Id }

/** Milliseconds since 1970. */
const Time = Schema.Finite.check(Schema.isInt(), Schema.isGreaterThanOrEqualTo(0))

const ReplayedEvents = Schema.Struct({ events: Whole }).annotate({ identifier: 'ReplayedEvents' })

const Stretch = Schema.Struct({
  since: Time,
  until: Schema.optionalKey(Time),
  types: Schema.optionalKey(Types)
}).annotate({ identifier: 'ReplayRequest' })
export type StretchPayload = typeof Stretch.Type

const LONGEST_OVERLAP_SECONDS = 7 * 86_400

const SecretRotation = Schema.Struct({
  overlapSeconds: Schema.optionalKey(
    Schema.Finite.check(Schema.isInt(), Schema.isBetween({ minimum: 0, maximum: LONGEST_OVERLAP_SECONDS }))
  )
}).annotate({ identifier: 'SecretRotation' })

const errors = [NotFound, StoreUnavailable] as const

export class WebhooksGroup extends HttpApiGroup.make('webhooks')
  .add(
    HttpApiEndpoint.get('list', '/webhooks', {
      success: Schema.Struct({ webhooks: Schema.Array(Webhook) }).annotate({ identifier: 'WebhookList' }),
      error: StoreUnavailable
    }).annotateMerge(
      operation({
        access: operates('handler'),
        summary: 'List webhooks',
        description:
          'Those that the caller may manage: of the own accounts, with events that the caller may hear.'
      })
    ),
    HttpApiEndpoint.post('create', '/webhooks', {
      payload: NewWebhook,
      success: WithSecret.pipe(HttpApiSchema.status(201)),
      error: [BadField, Forbidden, NotFound, StoreUnavailable, TooManyWebhooks]
    }).annotateMerge(
      operation({
        access: operates('handler'),
        summary: 'Create a webhook',
        description:
          'Events that are stored from now on are delivered to the URL, of one account or of all, of some threads of an account, of the types named or of all: `types` and `threadIds` that are left out or empty mean all. Each is a CloudEvent in JSON, signed by Standard Webhooks with the secret, which is shown this once. An event is delivered until the URL answers with 2xx; those of a conversation in their order. With `batch`, several are delivered in one request, in CloudEvents’ format for batches. With `format`, they come in the form of another server, so that software made for that goes on working. A webhook whose URL was set with a key of another role than admin gets what this key may hear, and ends with it.'
      })
    ),
    HttpApiEndpoint.get('get', '/webhooks/:webhookId', {
      params: path,
      success: Webhook,
      error: [...errors]
    }).annotateMerge(operation({ access: operates('handler'), summary: 'Show a webhook' })),
    HttpApiEndpoint.patch('change', '/webhooks/:webhookId', {
      params: path,
      payload: optionalBody(ChangedWebhook),
      success: Webhook,
      error: [...errors, BadField, Forbidden]
    }).annotateMerge(
      operation({
        access: operates('handler'),
        summary: 'Change a webhook',
        description:
          'While it is paused, events wait, for as long as they are kept. A webhook that was disabled, because its server answered 410, goes on once it is set to active. An address on another server needs `headers` too, as those that are set are not sent to it.'
      })
    ),
    HttpApiEndpoint.delete('delete', '/webhooks/:webhookId', {
      params: path,
      success: HttpApiSchema.NoContent,
      error: [...errors]
    }).annotateMerge(operation({ access: operates('handler'), summary: 'Delete a webhook' })),
    HttpApiEndpoint.post('renewSecret', '/webhooks/:webhookId/secret', {
      params: path,
      payload: optionalBody(SecretRotation),
      success: WithSecret,
      error: [...errors]
    }).annotateMerge(
      operation({
        access: operates('handler'),
        summary: 'Replace the secret of a webhook',
        description:
          'Deliveries are signed with the new secret, and for `overlapSeconds` (a day by default) with the one before, too.'
      })
    ),
    HttpApiEndpoint.post('test', '/webhooks/:webhookId/test', {
      params: path,
      success: Schema.Struct({
        isTaken: Schema.Boolean,
        ...WhatCameBack,
        milliseconds: Whole
      }).annotate({ identifier: 'WebhookTestResult' }),
      error: [...errors]
    }).annotateMerge(
      operation({
        access: operates('handler'),
        summary: 'Test a webhook',
        description:
          'Delivers an event of the type `webhook.test`, once, and says what the URL answered: `reason` is why it was not taken, `answer` how the body of such an answer begins.'
      })
    ),
    HttpApiEndpoint.post('replay', '/webhooks/:webhookId/replay', {
      params: path,
      payload: Stretch,
      success: ReplayedEvents.pipe(HttpApiSchema.status(202)),
      error: [...errors]
    }).annotateMerge(
      operation({
        access: operates('handler'),
        summary: 'Deliver events again',
        description:
          'Delivers what happened from `since` on, as far as it is kept, with the same `webhook-id` as before. `events`: how many events were logged in that time, wanted ones and others.'
      })
    ),
    HttpApiEndpoint.get('deliveries', '/webhooks/:webhookId/deliveries', {
      params: path,
      query: { limit: limit(1000) },
      success: Schema.Struct({ deliveries: Schema.Array(WebhookDelivery) }).annotate({
        identifier: 'WebhookDeliveryList'
      }),
      error: [...errors]
    }).annotateMerge(
      operation({
        access: operates('handler'),
        summary: 'List attempts to deliver',
        description:
          'The newest first, up to a thousand. `reason` says why an event was not taken, in words of this server; `answer` is how the body of the answer begins.'
      })
    ),
    HttpApiEndpoint.get('deadLetters', '/webhooks/:webhookId/dead-letters', {
      params: path,
      query: { limit: limit(1000) },
      success: Schema.Struct({ deadLetters: Schema.Array(DeadLetter) }).annotate({
        identifier: 'DeadLetterList'
      }),
      error: [...errors]
    }).annotateMerge(
      operation({
        access: operates('handler'),
        summary: 'List events that were given up',
        description:
          'An event that is not taken within two and a half days is given up, and the later ones are delivered.'
      })
    ),
    HttpApiEndpoint.post('replayDeadLetters', '/webhooks/:webhookId/dead-letters/replay', {
      params: path,
      success: ReplayedEvents.pipe(HttpApiSchema.status(202)),
      error: [...errors]
    }).annotateMerge(
      operation({
        access: operates('handler'),
        summary: 'Deliver events that were given up',
        description: 'Those whose events are still kept, with what came after them in their conversations.'
      })
    )
  )
  .middleware(Authorization)
  .prefix('/v1') {}
