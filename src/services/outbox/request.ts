// What an application may ask to be sent: as JSON (over HTTP or in a Firestore document), or as an uploaded file.
import { Schema, Struct } from 'effect'
import type { MediaType } from '../../domain/outbox.ts'
import { Address, commonFields } from './fields.ts'
import { REQUESTABLE } from './kinds/index.ts'

interface RequestSchemaOf extends Struct.Lambda {
  <Kind extends { readonly request: Schema.Top }>(kind: Kind): Kind['request']
  readonly '~lambda.out': this['~lambda.in'] extends { readonly request: infer Request } ? Request : never
}
const requestSchemaOf = Struct.lambda<RequestSchemaOf>(({ request }) => request)

/** Exactly one kind of content. */
export const SendRequest = Schema.Struct({
  ...commonFields,
  /** People named with @number in the text or caption. */
  mentions: Schema.optionalKey(Schema.Array(Address).check(Schema.isMaxLength(256))),
  ...Struct.map(Struct.map(REQUESTABLE, requestSchemaOf), Schema.optionalKey)
}).annotate({ identifier: 'SendRequest' })
export type SendRequest = typeof SendRequest.Type

/** An uploaded file, with what its message says. */
export interface UploadRequest extends Pick<
  SendRequest,
  'to' | 'threadId' | 'replyTo' | 'idempotencyKey' | 'sendAt' | 'expiresAt' | 'mentions'
> {
  readonly type?: MediaType
  readonly caption?: string
  readonly fileName?: string
  readonly viewOnce?: boolean
  readonly file: { readonly path: string; readonly name: string; readonly contentType: string }
}
