// What a caller may do: a person by their Firebase ID token, a program by its key.
import { Schema } from 'effect'
import { matchesEvent } from './event-pattern.ts'

/** Each role may do what those before it may. `admin` does everything, with every account. */
export const ROLES = ['viewer', 'agent', 'operator', 'admin'] as const
export type Role = (typeof ROLES)[number]

export interface Grant {
  readonly role: Role
  /** Ids of the accounts to which the role is limited; an admin's are not looked at. */
  readonly accounts: 'all' | ReadonlyArray<string>
  /** Which events may be followed, as `isEventPattern` describes; all when left out. */
  readonly events?: 'all' | ReadonlyArray<string>
}

/** The roles of the custom claim, the same as in firestore.rules. */
export const CLAIM_ROLES = ['viewer', 'agent', 'admin'] as const

/**
 * The custom claim in a Firebase ID token: `{ "backscroll": { "role": "agent", "accounts": ["acc-…"] } }`. An admin's need not name
 * accounts.
 */
export const GrantClaim = Schema.Struct({
  role: Schema.Literals(CLAIM_ROLES),
  accounts: Schema.optionalKey(Schema.Array(Schema.String))
})

export const ADMIN: Grant = { role: 'admin', accounts: 'all' }

export const isAdmin = ({ role }: Grant): boolean => role === 'admin'

export const hasRole = (grant: Grant, role: Role): boolean => ROLES.indexOf(grant.role) >= ROLES.indexOf(role)

export const mayReadAll = (grant: Grant): boolean => isAdmin(grant) || grant.accounts === 'all'

export const mayRead = (grant: Grant, accountId: string): boolean =>
  mayReadAll(grant) || grant.accounts.includes(accountId)

/** Whether the caller's key names events of this type, such as `message.stored`. */
export const mayHear = ({ events = 'all' }: Grant, type: string): boolean =>
  events === 'all' || events.some(pattern => matchesEvent(pattern, type))
