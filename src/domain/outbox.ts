// An entry of the outbox: what an application asked to be sent, and how far it got.
import { Schema } from 'effect'

export const OutboxStatus = Schema.Literals(['queued', 'sending', 'sent', 'failed'])
export type OutboxStatus = typeof OutboxStatus.Type

/** What is sent. Issue by issue this union grows with the kinds of content. */
export const OutboxContent = Schema.Struct({ text: Schema.String })
export type OutboxContent = typeof OutboxContent.Type

/** Attempts before an entry that WhatsApp keeps refusing is `failed`. Waiting for a connection is no attempt. */
export const MAX_SEND_ATTEMPTS = 6

/** Delay before the next attempt, in milliseconds: 2 s, 4 s, … at most a minute. */
export const retryDelay = (attempts: number): number => Math.min(60_000, 1000 * 2 ** Math.min(attempts, 10))
