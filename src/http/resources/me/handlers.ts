// What the credential of a request may do, over HTTP.
import { Effect } from 'effect'
import { HttpApiBuilder } from 'effect/http-api'
import { Api } from '../../api.ts'
import { Caller, type CallerIdentity } from '../../auth/caller.ts'

/** The ticket of a link is no credential for /v1. */
const shownIdentity = (identity: CallerIdentity) => {
  switch (identity.kind) {
    case 'key':
      return { kind: identity.kind, id: identity.keyId, name: identity.name } as const
    case 'user':
      return { kind: identity.kind, id: identity.uid, name: null } as const
    case 'settings':
    case 'link':
      return { kind: 'settings', id: null, name: null } as const
  }
}

const me = (postsStatuses: boolean) =>
  Effect.map(Caller, ({ grant: { accounts, events = 'all', role }, identity, until = null }) => ({
    ...shownIdentity(identity),
    role,
    // An admin's are not looked at.
    accounts: role === 'admin' ? ('all' as const) : accounts,
    events,
    expiresAt: until,
    postsStatuses
  }))

export const meLayer = ({ postsStatuses }: { readonly postsStatuses: boolean }) =>
  HttpApiBuilder.group(Api, 'me', handlers => handlers.handleAll({ me: () => me(postsStatuses) }))
