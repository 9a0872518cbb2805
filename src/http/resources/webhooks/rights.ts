// Whose webhooks a caller may manage: those of the own accounts, with events that the caller may hear.
import { Effect } from 'effect'
import { type Grant, isAdmin, mayHear } from '../../../domain/grant.ts'
import type { Webhook } from '../../../domain/webhook.ts'
import { mayManage } from '../../../services/webhooks/wanted.ts'
import { Caller } from '../../auth/caller.ts'
import { Forbidden } from '../../problems.ts'

/** Whether a caller may be told of all that a webhook with these types gets. */
const mayHearAll = (grant: Grant, types: ReadonlyArray<string>): boolean =>
  isAdmin(grant) ||
  (types.length === 0
    ? grant.events === undefined || grant.events === 'all'
    : types.every(type => mayHear(grant, type)))

/** Whether there is such a webhook for this caller. */
export const isManaged = (
  grant: Grant,
  { accountId, types }: Pick<Webhook, 'accountId' | 'types'>
): boolean => mayManage(grant, accountId) && mayHearAll(grant, types)

export const requireAccount = Effect.fnUntraced(function* (accountId: string | null) {
  const { grant } = yield* Caller
  if (mayManage(grant, accountId)) return
  const detail =
    accountId === null ? 'Name one of your accounts: accountId' : 'You have no access to this account'
  return yield* new Forbidden({ detail })
})

/** The types that a webhook gets for which these are asked; none are all that the caller may hear. */
export const allowedTypes = Effect.fnUntraced(function* (types: ReadonlyArray<string>) {
  const { grant } = yield* Caller
  if (mayHearAll(grant, types)) return types
  if (types.length === 0 && grant.events !== undefined && grant.events !== 'all' && grant.events.length > 0)
    return grant.events
  return yield* new Forbidden({ detail: 'Your key is limited to other types of events' })
})

/** The key with which a webhook ends whose URL the caller sets. An administrator's webhooks stay when the key goes. */
export const keyOfCaller = Effect.map(Caller, ({ grant, identity }) =>
  identity.kind === 'key' && !isAdmin(grant) ? identity.keyId : null
)
