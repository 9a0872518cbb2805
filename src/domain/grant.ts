// What a person may do, as their Firebase ID token says it: `{ "backscroll": { "role": "agent", "accounts": ["acc-…"] } }`.
import { Schema } from 'effect'

/** `viewer` reads the accounts named, `agent` also sends for them, `admin` does everything with every account. */
export const ROLES = ['viewer', 'agent', 'admin'] as const

export interface Grant {
  readonly role: (typeof ROLES)[number]
  readonly accounts: ReadonlyArray<string>
}

/** The same as in firestore.rules; an admin's claim need not name accounts. */
export const GrantClaim = Schema.Struct({
  role: Schema.Literals(ROLES),
  accounts: Schema.optionalKey(Schema.Array(Schema.String))
})

export const ADMIN: Grant = { role: 'admin', accounts: [] }

export const isAdmin = ({ role }: Grant): boolean => role === 'admin'

export const mayRead = (grant: Grant, accountId: string): boolean =>
  isAdmin(grant) || grant.accounts.includes(accountId)

export const maySend = (grant: Grant, accountId: string): boolean =>
  isAdmin(grant) || (grant.role === 'agent' && grant.accounts.includes(accountId))
