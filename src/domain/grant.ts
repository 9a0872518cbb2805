// What a person may do, as their Firebase ID token says it: `{ "backscroll": { "role": "agent", "accounts": ["acc-…"] } }`.
import { Schema } from 'effect'

/** `viewer` reads the accounts named, `agent` also sends for them, `admin` does everything with every account. */
export const ROLES = ['viewer', 'agent', 'admin'] as const

export const Grant = Schema.Struct({
  role: Schema.Literals(ROLES),
  accounts: Schema.Array(Schema.String)
})
export type Grant = typeof Grant.Type

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
