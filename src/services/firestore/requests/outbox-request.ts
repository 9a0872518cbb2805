// What a document in `outbox` asks for, decoded; or which of its fields is wrong.
import { Effect, Schema, SchemaIssue } from 'effect'
import type { DocumentSnapshot } from 'firebase-admin/firestore'
import { RequestRefused } from '../../outbox/errors.ts'
import { SendRequest } from '../../outbox/request.ts'

/** What an application writes; other fields are its own affair. */
const Asked = Schema.Struct({
  accountId: Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(100)),
  content: Schema.Record(Schema.String, Schema.Unknown),
  clientMessageId: Schema.optionalKey(Schema.NullOr(Schema.String)),
  to: Schema.optionalKey(Schema.NullOr(Schema.String)),
  threadId: Schema.optionalKey(Schema.NullOr(Schema.String)),
  sendAt: Schema.optionalKey(Schema.Unknown),
  expiresAt: Schema.optionalKey(Schema.Unknown)
})
const decodeAsked = Schema.decodeUnknownEffect(Asked)
const decodeRequest = Schema.decodeUnknownEffect(SendRequest, { onExcessProperty: 'error' })
const issuesOf = SchemaIssue.makeFormatterStandardSchemaV1()

/** The first field that does not fit. */
const unfit = ({ issue }: Schema.SchemaError): RequestRefused => {
  const [first] = issuesOf(issue).issues
  const path = (first?.path ?? []).map(part => String(typeof part === 'object' ? part.key : part))
  const field = path.join('.') || 'content'
  return new RequestRefused({
    field: field === 'idempotencyKey' ? 'clientMessageId' : field,
    reason: first?.message ?? 'Expected a message'
  })
}

/** A time as Firestore has it becomes one as the API has it. */
const plainTime = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && 'toMillis' in value && typeof value.toMillis === 'function'
    ? value.toMillis()
    : value

/** Null says as much as nothing. */
const given = (fields: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== null))

/** The request in a document, taken already or not. */
export const requestOf = Effect.fnUntraced(function* (document: DocumentSnapshot) {
  const data = document.data() ?? {}
  const asked = yield* decodeAsked({ ...data, content: data['content'] ?? data['payload'] })
  const { accountId, clientMessageId: idempotencyKey, content, threadId, to } = asked
  const [sendAt, expiresAt] = [plainTime(asked.sendAt), plainTime(asked.expiresAt)]
  const request = yield* decodeRequest({
    ...content,
    ...given({ to, threadId, sendAt, expiresAt, idempotencyKey })
  })
  return { accountId, request }
}, Effect.mapError(unfit))
