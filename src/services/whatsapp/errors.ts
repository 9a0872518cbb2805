// Why something could not be sent over an account's connection.
import { Schema } from 'effect'

/** The account has no open connection: wait for one. This does not count as an attempt. */
export class NotConnected extends Schema.TaggedError<NotConnected>()('NotConnected', {}) {}

/** WhatsApp did not confirm the message in time; it may or may not have it, so it is sent again with the same id. */
export class NotConfirmed extends Schema.TaggedError<NotConfirmed>()('NotConfirmed', {}) {}

/** WhatsApp refused the message. */
export class SendRefused extends Schema.TaggedError<SendRefused>()('SendRefused', {
  code: Schema.Finite,
  reason: Schema.String
}) {}

/** WhatsApp does not answer what has to be asked before: it is asked too often (429), or cannot (503). This does not count as an attempt. */
export class AskRefused extends Schema.TaggedError<AskRefused>()('AskRefused', {
  reason: Schema.String
}) {}

/** The file did not reach WhatsApp's media server. */
export class UploadFailed extends Schema.TaggedError<UploadFailed>()('UploadFailed', {
  reason: Schema.String
}) {}
