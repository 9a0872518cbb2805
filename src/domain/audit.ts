// Who changed what through the API. Entries hold ids and no content: no bodies, phone numbers or secrets.
import { Schema } from 'effect'
import { Time, Whole } from './whole.ts'

/** The API key of the settings, a key of /v1/keys, a person with a Firebase ID token, or whoever has the link for an owner. */
export const AUDIT_CALLERS = ['settings', 'key', 'user', 'link'] as const

export const AuditEntry = Schema.Struct({
  /** Grows with each entry. */
  auditId: Whole,
  at: Time,
  caller: Schema.Struct({
    kind: Schema.Literals(AUDIT_CALLERS),
    /** The id of the key, or of the user in Firebase. */
    id: Schema.NullOr(Schema.String),
    /** The name that the key had then. */
    name: Schema.NullOr(Schema.String)
  }),
  /** The `operationId` in the OpenAPI document, such as `accounts.restart`. */
  operation: Schema.String,
  accountId: Schema.NullOr(Schema.String),
  /** Other ids, by their names: of a key, an outbox entry, a job, a message; of a thread a hash, as its id has a phone number. */
  resources: Schema.Record(Schema.String, Schema.String),
  /** From where, as the server sees it: a proxy's unless TRUST_PROXY is set. */
  remoteAddress: Schema.NullOr(Schema.String),
  /** Of the response; `null` when there was none: the server was killed, or the client left. */
  status: Schema.NullOr(Whole)
}).annotate({ identifier: 'AuditEntry' })
export type AuditEntry = typeof AuditEntry.Type

/** What is known before the change is made. */
export type AuditedRequest = Omit<AuditEntry, 'auditId' | 'at' | 'status'>
