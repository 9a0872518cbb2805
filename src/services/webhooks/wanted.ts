// Which events an endpoint gets: what it asks for, and no more than the key may hear by which its URL was set.
import { Clock, Effect } from 'effect'
import type { FeedEvent } from '../../domain/feed.ts'
import { MISSED_TYPE } from '../../domain/events/server-events.ts'
import { mayFollow } from '../../domain/events/catalogue.ts'
import { ADMIN, type Grant, hasRole, isAdmin, mayRead, mayReadAll } from '../../domain/grant.ts'
import { isWanted } from '../../domain/webhook.ts'
import { AccessKeys } from '../access/access-keys.ts'
import type { Endpoint } from './endpoints.ts'

/** Whether an event is delivered. That events are lost is told to everybody. */
export type Wants = (event: FeedEvent) => boolean

type Filters = Pick<Endpoint, 'accountId' | 'ofThreads' | 'threadIds' | 'types'>

export const wantsOf = ({ accountId, ofThreads, threadIds, types }: Filters, grant: Grant = ADMIN): Wants => {
  const threads = new Set<string | null>(threadIds)
  return event =>
    event.kind === MISSED_TYPE ||
    ((accountId === null || event.accountId === accountId) &&
      (!ofThreads || threads.has(event.threadId)) &&
      isWanted(types, event.kind) &&
      mayFollow(grant, event.kind))
}

/** What the key may do by which the URL was set; `undefined`: there is no such key any more, or it may not have this webhook. */
export const grantOf = Effect.fnUntraced(function* ({ accountId, keyId }: Endpoint) {
  if (keyId === null) return ADMIN
  const keys = yield* AccessKeys
  const key = yield* keys.get(keyId)
  const now = yield* Clock.currentTimeMillis
  if (key === undefined || (key.expiresAt ?? Infinity) <= now) return undefined
  const { accounts, events, role } = key
  const grant: Grant = { role, accounts, events }
  return mayManage(grant, accountId) ? grant : undefined
})

/** Whether a caller may have webhooks for an account, or, with `null`, for all of them. */
export const mayManage = (grant: Grant, accountId: string | null): boolean =>
  isAdmin(grant) ||
  (hasRole(grant, 'operator') && (accountId === null ? mayReadAll(grant) : mayRead(grant, accountId)))
