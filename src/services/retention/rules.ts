// What each rule counts and removes, by the wings that have it.
import { Effect } from 'effect'
import type { RetentionCount, RetentionRule } from '../../domain/retention.ts'
import { AuditLog } from '../access/audit-log.ts'
import { AccountStore } from '../conversations/account-store.ts'
import { OldMessages, type OldMessagesOf } from '../conversations/old-messages.ts'
import type { DatabaseError } from '../database/error.ts'
import { Transaction } from '../database/transaction.ts'
import { EventLog } from '../events/event-log.ts'
import { Coverage } from '../history/coverage/coverage.ts'
import { Incidents } from '../incidents/incidents.ts'
import type { LiveTraffic } from '../journal/traffic.ts'
import type { MediaStorageError } from '../media/files.ts'
import { Media } from '../media/media.ts'
import { newPace, removeInSlices } from './slices.ts'

type Counted = Pick<RetentionCount, 'wouldRemove' | 'oldest' | 'accounts'>

/** What the rules work with. */
export type Kept =
  | AccountStore
  | AuditLog
  | Coverage
  | EventLog
  | Incidents
  | LiveTraffic
  | Media
  | OldMessages
  | Transaction

/** Times are milliseconds since 1970. */
export interface Rule {
  readonly setting: string
  readonly count: (before: number) => Effect.Effect<Counted, DatabaseError, Kept>
  /** Removes everything from before a time; tells `progress` how many went, some at a time. */
  readonly remove: (
    before: number,
    progress: (removed: number) => void
  ) => Effect.Effect<void, DatabaseError | MediaStorageError, Kept>
}

const THREADS_AT_ONCE = 200

/** Walks over the threads that have messages from before a time. */
const eachThread = Effect.fnUntraced(function* <E, R>(
  before: number,
  work: (thread: OldMessagesOf) => Effect.Effect<void, E, R>
) {
  const old = yield* OldMessages
  let after = ''
  while (true) {
    const threads = yield* old.threads(after, before, THREADS_AT_ONCE)
    for (const thread of threads) yield* work(thread)
    const last = threads.at(-1)
    if (last === undefined || threads.length < THREADS_AT_ONCE) return
    after = last.threadId
  }
})

const earlier = (one: number | null, other: number | null): number | null =>
  one === null ? other : other === null ? one : Math.min(one, other)

const summed = (accounts: ReadonlyMap<string, number>, oldest: number | null): Counted => ({
  wouldRemove: [...accounts.values()].reduce((sum, n) => sum + n, 0),
  oldest,
  accounts: [...accounts].map(([accountId, wouldRemove]) => ({ accountId, wouldRemove }))
})

const countMessages = Effect.fnUntraced(function* (before: number) {
  const old = yield* OldMessages
  const accounts = new Map<string, number>()
  let oldest: number | null = null
  yield* eachThread(
    before,
    Effect.fnUntraced(function* ({ accountId, threadId }) {
      const found = yield* old.count(threadId, before)
      accounts.set(accountId, (accounts.get(accountId) ?? 0) + found.messages)
      oldest = earlier(oldest, found.oldest)
      yield* Effect.yieldNow
    })
  )
  return summed(accounts, oldest)
})

/** So many leave the search index together. */
const MANY = 1000

const removeMessages = Effect.fnUntraced(function* (before: number, progress: (removed: number) => void) {
  const old = yield* OldMessages
  const coverage = yield* Coverage
  const transaction = yield* Transaction
  // From here on no history brings any of them back.
  yield* old.setFloor(before)
  yield* coverage.cutGaps(before)
  const pace = newPace()
  let sinceMerged = 0
  yield* eachThread(
    before,
    Effect.fnUntraced(function* (thread) {
      const { accountId, threadId } = thread
      const removed = yield* removeInSlices(
        limit =>
          transaction.run(
            Effect.tap(old.remove(thread, before, limit), count =>
              // Nothing is noted of a conversation that is gone by now.
              count === 0 ? Effect.void : coverage.noteKeptSince(accountId, threadId, before)
            )
          ),
        progress,
        pace
      )
      sinceMerged += removed
      if (sinceMerged < MANY) return
      sinceMerged = 0
      yield* old.removesMany
    })
  )
  yield* Media.use(media => media.removeOrphans)
})

const countMedia = Effect.fnUntraced(function* (before: number) {
  const media = yield* Media
  const accounts = new Map<string, number>()
  let oldest: number | null = null
  for (const { accountId } of yield* AccountStore.use(({ list }) => list)) {
    const found = yield* media.countOld(accountId, before)
    if (found.messages > 0) accounts.set(accountId, found.messages)
    oldest = earlier(oldest, found.oldest)
  }
  return summed(accounts, oldest)
})

const removeMedia = Effect.fnUntraced(function* (before: number, progress: (removed: number) => void) {
  const media = yield* Media
  for (const { accountId } of yield* AccountStore.use(({ list }) => list))
    yield* removeInSlices(
      limit => Effect.map(media.removeOld(accountId, before, limit), ({ messages }) => messages),
      progress
    )
  yield* media.removeOrphans
})

const ofNoAccount = ({
  oldest,
  removed
}: {
  readonly removed: number
  readonly oldest: number | null
}): Counted => ({
  wouldRemove: removed,
  oldest,
  accounts: []
})

export const RULES: Readonly<Record<RetentionRule, Rule>> = {
  messages: { setting: 'MESSAGES_KEEP', count: countMessages, remove: removeMessages },
  media: { setting: 'MEDIA_KEEP', count: countMedia, remove: removeMedia },
  events: {
    setting: 'EVENTS_KEEP',
    count: before => Effect.flatMap(EventLog, ({ countOld }) => Effect.map(countOld(before), ofNoAccount)),
    remove: (before, progress) =>
      Effect.flatMap(EventLog, ({ removeOld }) => removeInSlices(limit => removeOld(before, limit), progress))
  },
  incidents: {
    setting: 'INCIDENTS_KEEP',
    count: before => Effect.flatMap(Incidents, ({ countOld }) => Effect.map(countOld(before), ofNoAccount)),
    remove: (before, progress) =>
      Effect.flatMap(Incidents, ({ removeOld }) =>
        removeInSlices(limit => removeOld(before, limit), progress)
      )
  },
  audit: {
    setting: 'AUDIT_KEEP',
    count: before => Effect.flatMap(AuditLog, ({ countOld }) => Effect.map(countOld(before), ofNoAccount)),
    remove: (before, progress) =>
      Effect.flatMap(AuditLog, ({ removeOld }) => removeInSlices(limit => removeOld(before, limit), progress))
  }
}
