// The HTTP contract of what a credential may do: what a console offers depends on it.
import { Schema } from 'effect'
import { HttpApiEndpoint, HttpApiGroup } from 'effect/http-api'
import { AccessScope } from '../../../domain/access-key.ts'
import { ROLES } from '../../../domain/grant.ts'
import { Time } from '../../../domain/whole.ts'
import { lists } from '../../auth/access.ts'
import { Authorization } from '../../auth/authorization.ts'
import { operation } from '../../operation.ts'

/** Whoever asks. Times are milliseconds since 1970. */
export const Me = Schema.Struct({
  /** The key of the settings, a key of /v1/keys, or a person with a Firebase ID token. */
  kind: Schema.Literals(['settings', 'key', 'user']),
  /** The keyId, or the person's uid. */
  id: Schema.NullOr(Schema.String),
  /** The name of the key. */
  name: Schema.NullOr(Schema.String),
  role: Schema.Literals(ROLES),
  /** Ids of the accounts that the credential is limited to, or all accounts. */
  accounts: AccessScope,
  /** Types of events that may be followed, such as `message.*`. */
  events: AccessScope,
  /** When the credential expires; `null`: never. */
  expiresAt: Schema.NullOr(Time),
  /** Whether this server posts statuses (WHATSAPP_POST_STATUSES). */
  postsStatuses: Schema.Boolean
}).annotate({ identifier: 'Me' })

export class MeGroup extends HttpApiGroup.make('me', { topLevel: true })
  .add(
    HttpApiEndpoint.get('me', '/me', { success: Me }).annotateMerge(
      operation({
        access: lists,
        summary: 'Get what the key may do',
        description: 'Role, accounts and events of the credential that the request is made with.'
      })
    )
  )
  .middleware(Authorization)
  .prefix('/v1') {}
