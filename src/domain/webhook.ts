// URLs to which events are delivered, as applications manage them.
import { Schema } from 'effect'
import { matchesEvent } from './event-pattern.ts'
import { Time, Whole } from './whole.ts'

/** `disabled`: its server said that it is gone (410). It is `active` again once somebody says so. */
export const WebhookState = Schema.Literals(['active', 'paused', 'disabled'])
export type WebhookState = typeof WebhookState.Type

/** Times are milliseconds since 1970. */
export const Webhook = Schema.Struct({
  webhookId: Schema.String,
  name: Schema.String,
  url: Schema.String,
  /** Events of this account only; `null`: of all. */
  accountId: Schema.NullOr(Schema.String),
  /** Which events: `message.stored`, or all of a kind: `message.*`. Empty: all. */
  types: Schema.Array(Schema.String),
  /** Names of the headers that are added; their values are not shown. */
  headers: Schema.Array(Schema.String),
  state: WebhookState,
  /** Why it is disabled. */
  reason: Schema.NullOr(Schema.String),
  /** How many events are still to be delivered. */
  waiting: Whole,
  /** How many conversations wait because a delivery has failed, and when the next of them is tried. */
  failingLanes: Whole,
  nextAttemptAt: Schema.NullOr(Time),
  deadLetters: Whole,
  /** Until when deliveries are signed with the secret before, too. */
  previousSecretUntil: Schema.NullOr(Time),
  createdAt: Time,
  updatedAt: Time
}).annotate({ identifier: 'Webhook' })
export type Webhook = typeof Webhook.Type

export const WebhookDelivery = Schema.Struct({
  deliveryId: Whole,
  eventId: Whole,
  type: Schema.String,
  attempt: Whole,
  outcome: Schema.Literals(['delivered', 'failed']),
  /** What the server answered; `null` when it did not. */
  status: Schema.NullOr(Whole),
  reason: Schema.NullOr(Schema.String),
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
  status: Schema.NullOr(Whole),
  reason: Schema.NullOr(Schema.String),
  at: Time
}).annotate({ identifier: 'DeadLetter' })
export type DeadLetter = typeof DeadLetter.Type

/** Whether an event of this type is among those wanted. */
export const isWanted = (types: ReadonlyArray<string>, type: string): boolean =>
  types.length === 0 || types.some(wanted => matchesEvent(wanted, type))
