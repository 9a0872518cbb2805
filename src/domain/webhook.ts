// URLs to which events are delivered, as applications manage them.
import { Schema } from 'effect'
import { matchesEvent } from './event-pattern.ts'
import { Time, Whole } from './whole.ts'

/** `disabled`: its server said that it is gone (410), its key has ended, or its threads were erased. It is `active` again once somebody says so. */
export const WebhookState = Schema.Literals(['active', 'paused', 'disabled'])
export type WebhookState = typeof WebhookState.Type

/** In whose form events are delivered; `backscroll` is CloudEvents, the others are those of other servers. */
export const WEBHOOK_FORMATS = ['backscroll', 'evolution', 'waha', 'baileys-raw'] as const
export const WebhookFormat = Schema.Literals(WEBHOOK_FORMATS)
export type WebhookFormat = typeof WebhookFormat.Type

/** Several events in one request: as soon as there are so many, or the first of them has waited for so long (milliseconds). */
export const WebhookBatch = Schema.Struct({
  maxEvents: Schema.Finite.check(Schema.isInt(), Schema.isBetween({ minimum: 2, maximum: 500 })),
  maxWaitMs: Schema.Finite.check(Schema.isInt(), Schema.isBetween({ minimum: 0, maximum: 60_000 }))
}).annotate({ identifier: 'WebhookBatch' })
export type WebhookBatch = typeof WebhookBatch.Type

/** Times are milliseconds since 1970. */
export const Webhook = Schema.Struct({
  webhookId: Schema.String,
  name: Schema.String,
  url: Schema.String,
  /** Events of this account only; `null`: of all. */
  accountId: Schema.NullOr(Schema.String),
  /** Which events: `message.stored`, or all of a kind: `message.*`. Empty: all. */
  types: Schema.Array(Schema.String),
  /** Events of these threads only; empty: of all. A thread that becomes a part of another one is replaced by that. */
  threadIds: Schema.Array(Schema.String),
  format: WebhookFormat,
  /** Of a format of another server: the only events that are sent, by the names it gives them. Empty: all. */
  formatEvents: Schema.Array(Schema.String),
  /** `null`: each event in a request of its own. */
  batch: Schema.NullOr(WebhookBatch),
  /** The key by which its URL was set, and with which it ends; `null`: it does not. */
  keyId: Schema.NullOr(Schema.String),
  /** Names of the headers that are added; their values are not shown. */
  headers: Schema.Array(Schema.String),
  state: WebhookState,
  /** Why it is disabled. */
  reason: Schema.NullOr(Schema.String),
  /** How many events are still to be delivered, those of conversations that wait among them. */
  waiting: Whole,
  /** When the oldest of them happened: by that, one sees how far deliveries are behind. `null`: none waits. */
  oldestWaitingAt: Schema.NullOr(Time),
  /** How many conversations wait because a delivery has failed, and when the next of them is tried; none while it is not active. */
  failingLanes: Whole,
  nextAttemptAt: Schema.NullOr(Time),
  deadLetters: Whole,
  /** Until when deliveries are signed with the secret before, too. */
  previousSecretUntil: Schema.NullOr(Time),
  createdAt: Time,
  updatedAt: Time
}).annotate({ identifier: 'Webhook' })
export type Webhook = typeof Webhook.Type

export const WhatCameBack = {
  /** What the server answered; `null` when it did not. */
  status: Schema.NullOr(Whole),
  /** Why it was not taken, in words of this server. */
  reason: Schema.NullOr(Schema.String),
  /** How the body of an answer that refuses begins, 300 characters at most. It may hold whatever the other server writes. */
  answer: Schema.NullOr(Schema.String)
}

export const WebhookDelivery = Schema.Struct({
  deliveryId: Whole,
  /** Of a batch: the first one. */
  eventId: Whole,
  /** The type of the event; `batch` for several. */
  type: Schema.String,
  /** How many events the request had. */
  events: Whole,
  attempt: Whole,
  outcome: Schema.Literals(['delivered', 'failed']),
  ...WhatCameBack,
  milliseconds: Whole,
  at: Time
}).annotate({ identifier: 'WebhookDelivery' })
export type WebhookDelivery = typeof WebhookDelivery.Type

/** An event that was given up. */
export const DeadLetter = Schema.Struct({
  deadLetterId: Whole,
  eventId: Whole,
  type: Schema.String,
  attempts: Whole,
  ...WhatCameBack,
  at: Time
}).annotate({ identifier: 'DeadLetter' })
export type DeadLetter = typeof DeadLetter.Type

/** Whether an event of this type is among those wanted. */
export const isWanted = (types: ReadonlyArray<string>, type: string): boolean =>
  types.length === 0 || types.some(wanted => matchesEvent(wanted, type))
