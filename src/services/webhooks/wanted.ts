// Which events an endpoint gets: what it asks for, and no more than the key may hear by which its URL was set.
import { Clock, Effect } from 'effect'
import type { SqlClient, Statement } from 'effect/sql'
import type { FeedEvent, FeedKind } from '../../domain/feed.ts'
import { MISSED_TYPE } from '../../domain/events/server-events.ts'
import { mayFollow } from '../../domain/events/catalogue.ts'
import { ADMIN, type Grant, hasRole, isAdmin, mayRead, mayReadAll } from '../../domain/grant.ts'
import { isWanted } from '../../domain/webhook.ts'
import { AccessKeys } from '../access/access-keys.ts'
import type { Endpoint } from './endpoints.ts'

/** Whether an event is delivered. That events are lost is told to everybody. */
export type Wants = (event: FeedEvent) => boolean

type Filters = Pick<Endpoint, 'accountId' | 'ofThreads' | 'threadIds' | 'types'>

/** Of which types events are delivered that happen where they are wanted. */
export const wantsKind =
  (types: Endpoint['types'], grant: Grant) =>
  (kind: FeedKind): boolean =>
    kind === MISSED_TYPE || (isWanted(types, kind) && mayFollow(grant, kind))

export const wantsOf = ({ accountId, ofThreads, threadIds, types }: Filters, grant: Grant = ADMIN): Wants => {
  const threads = new Set<string | null>(threadIds)
  const isOfType = wantsKind(types, grant)
  return event =>
    isOfType(event.kind) &&
    (event.kind === MISSED_TYPE ||
      ((accountId === null || event.accountId === accountId) && (!ofThreads || threads.has(event.threadId))))
}

/** Whether an event of a type that is wanted is delivered, in SQL; the table `events` is `e`. Each part has an index. */
export const happensWhereWanted = (
  sql: SqlClient.SqlClient,
  { accountId, ofThreads, webhookId }: Pick<Endpoint, 'webhookId' | 'accountId' | 'ofThreads'>
): Statement.Fragment => {
  if (accountId === null && !ofThreads) return sql`TRUE`
  // Within a thread, events are of its account.
  const place = ofThreads
    ? sql`e.thread_id IN (SELECT thread_id FROM webhook_threads WHERE webhook_id = ${webhookId})`
    : sql`e.account_id = ${accountId}`
  return sql.or([place, sql`(e.account_id IS NULL AND e.kind = ${MISSED_TYPE})`])
}

/** What the key may do by which the URL was set; `undefined`: there is no such key any more, or it may not have this webhook. */
export const grantOf = Effect.fnUntraced(function* ({
  accountId,
  keyId
}: Pick<Endpoint, 'accountId' | 'keyId'>) {
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
