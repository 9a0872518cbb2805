// Why something could not be sent over an account's connection.
import { Schema } from 'effect'

/** The account has no open connection: wait for one. This does not count as an attempt. */
export class NotConnected extends Schema.TaggedError<NotConnected>()('NotConnected', {}) {}

/** WhatsApp did not confirm the message in time; it may or may not have it, so it is sent again with the same id. */
export class NotConfirmed extends Schema.TaggedError<NotConfirmed>()('NotConfirmed', {}) {}

/** WhatsApp refused the message, or to answer what has to be asked before. */
export class SendRefused extends Schema.TaggedError<SendRefused>()('SendRefused', {
  code: Schema.Finite,
  reason: Schema.String
}) {}

const PASSING: ReadonlySet<number> = new Set([429, 503])

/** Whether a refusal is about everything that is asked at the moment (too many requests, service unavailable), and passes. */
export const passes = (code: number): boolean => PASSING.has(code)

/** The file did not reach WhatsApp's media server. */
export class UploadFailed extends Schema.TaggedError<UploadFailed>()('UploadFailed', {
  reason: Schema.String
}) {}
