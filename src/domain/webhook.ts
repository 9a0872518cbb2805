// URLs to which events are delivered, as applications manage them.
import { Schema } from 'effect'

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
  waiting: Schema.Finite,
  /** How many conversations wait because a delivery has failed, and when the next of them is tried. */
  failingLanes: Schema.Finite,
  nextAttemptAt: Schema.NullOr(Schema.Finite),
  deadLetters: Schema.Finite,
  /** Until when deliveries are signed with the secret before, too. */
  previousSecretUntil: Schema.NullOr(Schema.Finite),
  createdAt: Schema.Finite,
  updatedAt: Schema.Finite
})
export type Webhook = typeof Webhook.Type

export const WebhookDelivery = Schema.Struct({
  deliveryId: Schema.Finite,
  eventId: Schema.Finite,
  type: Schema.String,
  attempt: Schema.Finite,
  outcome: Schema.Literals(['delivered', 'failed']),
  /** What the server answered; `null` when it did not. */
  status: Schema.NullOr(Schema.Finite),
  reason: Schema.NullOr(Schema.String),
  milliseconds: Schema.Finite,
  at: Schema.Finite
})
export type WebhookDelivery = typeof WebhookDelivery.Type

/** An event that was given up. */
export const DeadLetter = Schema.Struct({
  deadLetterId: Schema.Finite,
  eventId: Schema.Finite,
  type: Schema.String,
  attempts: Schema.Finite,
  status: Schema.NullOr(Schema.Finite),
  reason: Schema.NullOr(Schema.String),
  at: Schema.Finite
})
export type DeadLetter = typeof DeadLetter.Type

/** Whether an event of this type is among those wanted. */
export const isWanted = (types: ReadonlyArray<string>, type: string): boolean =>
  types.length === 0 ||
  types.some(wanted => wanted === type || (wanted.endsWith('.*') && type.startsWith(wanted.slice(0, -1))))
