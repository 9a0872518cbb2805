// The HTTP contract of taking over a linked session of another server.
import { Schema } from 'effect'
import { Multipart } from 'effect/http'
import { HttpApiEndpoint, HttpApiSchema } from 'effect/http-api'
import { operates } from '../../auth/access.ts'
import { YesOrNo } from '../../fields.ts'
import { operation } from '../../operation.ts'
import { BadField, SessionInUse, SessionUnusable, StoreUnavailable } from '../../problems.ts'
import { Whole } from '../../../domain/whole.ts'

const fields = {
  /** Which session, of a store that has several: the folder's name, or the value of the column. */
  session: Schema.optionalKey(Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(200))),
  /** Takes a copy that was used before. Only for one that has not been used since: else messages are lost. */
  again: Schema.optionalKey(YesOrNo)
}

/** The fields beside the file, in the query or in the form. */
export const importFields = <Name extends Schema.Top>(name: Name) => ({
  name: Schema.optionalKey(name),
  ...fields
})

/** Of each kind of key, how many. */
const Counts = Schema.Record(Schema.String, Whole)

export const importEndpoint = <Account extends Schema.Top, Name extends Schema.Top>(
  account: Account,
  name: Name
) =>
  HttpApiEndpoint.post('import', '/import', {
    query: importFields(name),
    payload: [
      Schema.Struct({ ...importFields(name), file: Multipart.SingleFileSchema })
        .annotate({ identifier: 'ImportForm' })
        .pipe(HttpApiSchema.asMultipart()),
      Schema.Uint8Array.pipe(HttpApiSchema.asUint8Array({ contentType: 'application/zip' })),
      Schema.Unknown
    ],
    success: Schema.Struct({
      account,
      /** `pending`: the connection is not open yet, or could not be opened; `account.lastDisconnect` says why. */
      outcome: Schema.Literals(['connected', 'pending']),
      taken: Counts,
      /** Could not be read by this server. */
      leftOut: Counts
    })
      .annotate({ identifier: 'ImportedSession' })
      .pipe(HttpApiSchema.status(201)),
    error: [BadField, SessionUnusable, SessionInUse, StoreUnavailable]
  }).annotateMerge(
    operation({
      access: operates('all'),
      summary: 'Import a linked session',
      description:
        'Takes over a linked session of another Baileys server and connects with it, without a QR code. Stop the other server first. The body is a zip or a JSON document of at most 64 MiB: Baileys’ multi-file folder, or rows of the stores of Evolution API, WAHA and baileys-api; or multipart/form-data with it as `file`. `name` is needed.'
    })
  )
