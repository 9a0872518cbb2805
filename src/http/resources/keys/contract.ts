// The HTTP contract of keys.
import { Schema } from 'effect'
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema } from 'effect/http-api'
import { AccessKey } from '../../../domain/access-key.ts'
import { ROLES } from '../../../domain/grant.ts'
import { administers } from '../../auth/access.ts'
import { Authorization } from '../../auth/authorization.ts'
import { eventTypeOf, STREAMED_TYPES } from '../../event-types.ts'
import { AccountId, Id, optionalBody } from '../../fields.ts'
import { operation } from '../../operation.ts'
import { BadField, NotFound, StoreUnavailable, TooManyKeys } from '../../problems.ts'
import { Name } from '../accounts/contract.ts'

const MOST_ACCOUNTS = 1000
const MOST_PATTERNS = 100
const LONGEST_OVERLAP_SECONDS = 30 * 24 * 60 * 60

const whole = (minimum: number, maximum: number) => {
  const message = `Expected a whole number from ${minimum} to ${maximum}`
  return Schema.Finite.check(Schema.isInt({ message }), Schema.isBetween({ minimum, maximum }, { message }))
}

const listed = <Item extends Schema.Top>(item: Item, most: number) =>
  Schema.Union([
    Schema.Literal('all'),
    Schema.Array(item).check(Schema.isMinLength(1), Schema.isMaxLength(most))
  ])

const decided = {
  name: Name,
  role: Schema.Literals(ROLES),
  /** Ids of accounts, or `all`: those of later, too. */
  accounts: listed(AccountId, MOST_ACCOUNTS)
}

const optional = {
  /** Types of events that the key may follow; `all` when left out. */
  events: Schema.optionalKey(listed(eventTypeOf(STREAMED_TYPES), MOST_PATTERNS)),
  /** As many as KEY_REQUESTS_PER_MINUTE says when left out or `null`. */
  requestsPerMinute: Schema.optionalKey(Schema.NullOr(whole(1, 1_000_000))),
  /** In milliseconds since 1970. */
  expiresAt: Schema.optionalKey(Schema.NullOr(whole(0, 8_640_000_000_000_000)))
}

const NewKey = Schema.Struct({ ...decided, ...optional }).annotate({ identifier: 'NewKey' })
export type NewKey = typeof NewKey.Type

const KeyChange = Schema.Struct({
  name: Schema.optionalKey(decided.name),
  role: Schema.optionalKey(decided.role),
  accounts: Schema.optionalKey(decided.accounts),
  ...optional
}).annotate({ identifier: 'KeyChange' })
export type KeyChange = typeof KeyChange.Type

const Rotation = Schema.Struct({
  /** How long the present secret stays valid; an hour when left out, 0 ends it at once. */
  overlapSeconds: Schema.optionalKey(whole(0, LONGEST_OVERLAP_SECONDS))
}).annotate({ identifier: 'KeyRotation' })
export type Rotation = typeof Rotation.Type

/** With the key itself, which is shown this once. */
export const IssuedKey = Schema.Struct({ ...AccessKey.fields, key: Schema.String }).annotate({
  identifier: 'IssuedKey'
})

const path = { keyId: Id }

export class KeysGroup extends HttpApiGroup.make('keys')
  .add(
    HttpApiEndpoint.post('create', '/', {
      payload: NewKey,
      success: IssuedKey.pipe(HttpApiSchema.status(201)),
      error: [BadField, TooManyKeys, StoreUnavailable]
    }).annotateMerge(
      operation({
        access: administers,
        summary: 'Create a key',
        description:
          '`key` is shown this once; the server keeps its hash. `viewer` reads, `agent` also sends, `operator` also links accounts and controls them, each for the accounts named; `admin` does everything. docs/security.md lists what each role may do.'
      })
    ),
    HttpApiEndpoint.get('list', '/', {
      success: Schema.Struct({ keys: Schema.Array(AccessKey) }).annotate({ identifier: 'KeyList' })
    }).annotateMerge(
      operation({
        access: administers,
        summary: 'List keys',
        description:
          'Oldest first, expired ones included; at most 1,000. Without the API key of the settings.'
      })
    ),
    HttpApiEndpoint.get('get', '/:keyId', {
      params: path,
      success: AccessKey,
      error: NotFound
    }).annotateMerge(operation({ access: administers, summary: 'Get a key' })),
    HttpApiEndpoint.patch('change', '/:keyId', {
      params: path,
      payload: optionalBody(KeyChange),
      success: AccessKey,
      error: [NotFound, BadField, StoreUnavailable]
    }).annotateMerge(
      operation({
        access: administers,
        summary: 'Change a key',
        description:
          'What is left out stays as it is. It holds from the next request on; event streams that were opened with the key end.'
      })
    ),
    HttpApiEndpoint.post('rotate', '/:keyId/rotate', {
      params: path,
      payload: optionalBody(Rotation),
      success: IssuedKey,
      error: [NotFound, StoreUnavailable]
    }).annotateMerge(
      operation({
        access: administers,
        summary: 'Exchange the secret of a key',
        description:
          'Answers with the new `key`, shown this once. The present one stays valid for `overlapSeconds`, one from an earlier exchange ends at once.'
      })
    ),
    HttpApiEndpoint.delete('remove', '/:keyId', {
      params: path,
      success: HttpApiSchema.NoContent,
      error: [NotFound, StoreUnavailable]
    }).annotateMerge(
      operation({
        access: administers,
        summary: 'Revoke a key',
        description: 'It is refused from now on, and event streams that were opened with it end.'
      })
    )
  )
  .middleware(Authorization)
  .prefix('/v1/keys') {}
