// A file to send with its fields, as an HTML form or `curl -F` submits it.
import { Schema } from 'effect'
import { Multipart } from 'effect/http'
import { HttpApiSchema } from 'effect/http-api'
import { MediaType } from '../../../domain/outbox.ts'
import { YesOrNo } from '../../fields.ts'
import { commonFields, line, Text } from '../../../services/outbox/fields.ts'

const FormTime = Schema.String.check(Schema.isMaxLength(40))

/** Addresses with commas between them, or each in a field of its own. */
const FormAddresses = Schema.String.check(Schema.isMaxLength(16_384))

export const SendForm = Schema.Struct({
  ...commonFields,
  sendAt: Schema.optionalKey(FormTime),
  expiresAt: Schema.optionalKey(FormTime),
  type: Schema.optionalKey(MediaType),
  caption: Schema.optionalKey(Text),
  /** People named with @number in the caption. */
  mentions: Schema.optionalKey(Schema.Union([FormAddresses, Schema.Array(FormAddresses)])),
  fileName: Schema.optionalKey(line(240)),
  viewOnce: Schema.optionalKey(YesOrNo),
  file: Multipart.SingleFileSchema
})
  .annotate({ identifier: 'SendForm' })
  .pipe(HttpApiSchema.asMultipart({ maxParts: 20, maxTotalSize: '2 GiB' }))
export type SendForm = typeof SendForm.Type
