// The HTTP contract of one person's data: taken along, and erased.
import { Schema } from 'effect'
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema } from 'effect/http-api'
import { Erasure } from '../../../domain/erasure.ts'
import { administers } from '../../auth/access.ts'
import { Authorization } from '../../auth/authorization.ts'
import { accountPath, Id, limit } from '../../fields.ts'
import { operation } from '../../operation.ts'
import { BadField, NotFound, PersonUnknown, StoreUnavailable } from '../../problems.ts'

/** In the body: addresses in paths are written into the logs of proxies. */
const PersonRequest = Schema.Struct({
  /** A phone number with country code, or an address of the person. */
  person: Schema.String.check(Schema.isMaxLength(200))
}).annotate({ identifier: 'PersonRequest' })
export type PersonRequest = typeof PersonRequest.Type

const listQuery = { limit: limit(200) }
export type ErasureListQuery = Schema.Struct.Type<typeof listQuery>

export class PersonalDataGroup extends HttpApiGroup.make('personalData')
  .add(
    HttpApiEndpoint.post('export', '/person/export', {
      params: accountPath,
      payload: PersonRequest,
      success: Schema.String.pipe(HttpApiSchema.asText({ contentType: 'application/x-ndjson' })),
      error: [NotFound, PersonUnknown, BadField, StoreUnavailable]
    }).annotateMerge(
      operation({
        access: administers,
        summary: 'Export everything about a person',
        description:
          'JSON Lines: {"kind":"person"} with addresses and names, then {"kind":"thread"} and {"kind":"message"} of the conversation with the person and of what they wrote in groups, {"kind":"reference"} for reactions, votes, answers and mentions in messages of others, {"kind":"receipt"} for messages that reached them in groups, and at the end {"kind":"end"} with counts. Without that last line the export is incomplete. Files are in the archive only. The export is in the audit log. When the account has nothing about the person, it is refused with `person-unknown`, after everything was looked through.'
      })
    ),
    HttpApiEndpoint.post('archive', '/person/archive', {
      params: accountPath,
      payload: PersonRequest,
      success: Schema.Uint8Array.pipe(HttpApiSchema.asUint8Array({ contentType: 'application/zip' })),
      error: [NotFound, PersonUnknown, BadField, StoreUnavailable]
    }).annotateMerge(
      operation({
        access: administers,
        summary: 'Export everything about a person, with files',
        description:
          'A zip with `person.jsonl`, the lines of `person/export`, in which each message says the `files` that it has in the zip, and with these files. Files that are not stored here are not fetched: the last line counts them as `filesNotStored`. A zip that was cut off cannot be opened. The export is in the audit log. When the account has nothing about the person, it is refused with `person-unknown`, after everything was looked through.'
      })
    ),
    HttpApiEndpoint.post('erase', '/erasures', {
      params: accountPath,
      payload: PersonRequest,
      success: Erasure.pipe(HttpApiSchema.status(202)),
      error: [NotFound, BadField, StoreUnavailable]
    }).annotateMerge(
      operation({
        access: administers,
        summary: 'Erase a person',
        description:
          'Removes everything that the account has of the person, and keeps histories from bringing it back. Done in the background, also after a restart; the report says what was removed, what remains and why. Asked again while it is running, the same erasure is answered.'
      })
    ),
    HttpApiEndpoint.get('erasures', '/erasures', {
      params: accountPath,
      query: listQuery,
      success: Schema.Struct({ erasures: Schema.Array(Erasure) }).annotate({ identifier: 'ErasureList' }),
      error: StoreUnavailable
    }).annotateMerge(
      operation({
        access: administers,
        summary: 'List erasures',
        description: 'Newest first, with their reports.'
      })
    ),
    HttpApiEndpoint.get('erasure', '/erasures/:erasureId', {
      params: { ...accountPath, erasureId: Id },
      success: Erasure,
      error: [NotFound, StoreUnavailable]
    }).annotateMerge(operation({ access: administers, summary: 'Get an erasure with its report' }))
  )
  .middleware(Authorization)
  .prefix('/v1/accounts/:accountId') {}
