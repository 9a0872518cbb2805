// Something a person should know of: what happened, what the server did about it, what to do.
import { Schema } from 'effect'
import { Time, Whole } from './whole.ts'

/** Every kind that this version reports; docs/operations.md tells what each means. */
export const INCIDENT_KINDS = [
  'account.loggedOut',
  'account.replaced',
  'account.banned',
  'account.locked',
  'account.suspended',
  'account.updateNeeded',
  'account.versionExpires',
  'account.proxyFailed',
  'account.notLinked',
  'account.codeRefused',
  'account.passkeyRefused',
  'account.passkeyExpired',
  'account.unknownDisconnect',
  'account.logoutUnconfirmed',
  'account.restricted',
  'account.deafConnection',
  'account.differentPreKeys',
  'account.crashed',
  'outbox.failed',
  'outbox.unanswered',
  'history.chunkLost',
  'history.threadRefused',
  'peerMessage.undecryptable',
  'peerMessage.lost',
  'message.withoutContent',
  'message.unsupportedKind',
  'stanza.faulty',
  'appState.unreadableRecord',
  'appState.damaged',
  'appState.missingKey',
  'media.lost',
  'journal.unreadableEntry',
  'journal.overLimit',
  'waiting.overLimit',
  'storage.full',
  'storage.locked',
  'storage.readOnly',
  'storage.damaged',
  'storage.failed',
  'storage.restored',
  'webhook.deadLetter',
  'webhook.disabled',
  'webhook.eventsMissed',
  'firestore.unreachable',
  'firestore.noAccess',
  'firestore.refused',
  'clock.setBack',
  'clock.wrong',
  'clock.behindDatabase'
] as const
export type IncidentKind = (typeof INCIDENT_KINDS)[number]

export const Incident = Schema.Struct({
  incidentId: Schema.String,
  accountId: Schema.NullOr(Schema.String),
  kind: Schema.String,
  severity: Schema.Literals(['info', 'warning', 'error']),
  /** The conversation and the message, where it is about one; of a repeat, the latest. */
  threadId: Schema.NullOr(Schema.String),
  messageId: Schema.NullOr(Schema.String),
  /** What tells a repeat from news within the account: a digest of a thread, a chunk, a kind of restriction, the id of a webhook. */
  subject: Schema.String,
  happened: Schema.String,
  did: Schema.String,
  advice: Schema.String,
  firstSeenAt: Time,
  lastSeenAt: Time,
  count: Whole,
  /** When a person has seen it, milliseconds since 1970; `null` until then, and again once it is repeated. */
  acknowledgedAt: Schema.NullOr(Time),
  /** When its cause was over, milliseconds since 1970; `null` while it lasts, and where nobody can tell. */
  resolvedAt: Schema.NullOr(Time)
}).annotate({ identifier: 'Incident' })
export type Incident = typeof Incident.Type
