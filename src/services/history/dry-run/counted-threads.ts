// The threads as the backfill sees them during a dry run: what was counted, and what is stored where nothing was counted.
// Their gaps are those of what is stored; how far they were counted is kept elsewhere.
import { Effect, Layer } from 'effect'
import type { SqlClient } from 'effect/sql'
import type { MessageStore } from '../../conversations/message-store.ts'
import { addressesOf, HeldThreads, makeRun, oldestMessage, recentThreads } from '../backfill/held-threads.ts'
import { Coverage } from '../coverage/coverage.ts'
import type { Reach } from '../coverage/rows.ts'
import { DryRun } from './dry-run.ts'

export const layer: Layer.Layer<HeldThreads, never, SqlClient.SqlClient | Coverage | DryRun | MessageStore> =
  Layer.effect(
    HeldThreads,
    Effect.gen(function* () {
      const dryRun = yield* DryRun
      const coverage = yield* Coverage
      const run = yield* makeRun
      const reachIn = (threadId: string) => run(reachOf(dryRun, threadId))
      return HeldThreads.of({
        recent: (accountId, limit) => run(recent(dryRun, accountId, limit)),
        openGaps: coverage.openGaps,
        gapsOf: coverage.gapsOf,
        reachOf: reachIn,
        oldest: threadId => Effect.map(reachIn(threadId), ({ floor }) => floor),
        addresses: (accountId, threadId) => run(addressesOf(accountId, threadId))
      })
    })
  )

const reachOf = Effect.fnUntraced(function* (dryRun: DryRun['Service'], threadId: string) {
  const coverage = yield* Coverage
  const counted = yield* dryRun.reachOf(threadId)
  const stored = yield* coverage.reachOf(threadId)
  const oldest = yield* oldestMessage(threadId)
  // The pages of a gap are counted, too: they do not reach as far back as what is stored.
  const isCountedFurther =
    counted.floor !== undefined && (oldest === undefined || counted.floor.at <= oldest.at)
  const { beginning } = counted.beginning === 'unknown' ? stored : counted
  return {
    beginning: stored.beginning === 'reached' ? 'reached' : beginning,
    floor: isCountedFurther ? counted.floor : oldest,
    isDenied: stored.isDenied
  } satisfies Reach
})

/** Counted threads come first, whatever the activity of others that are stored. */
const recent = Effect.fnUntraced(function* (dryRun: DryRun['Service'], accountId: string, limit: number) {
  const counted = yield* dryRun.recentThreads(accountId, limit)
  const known = new Set(counted.map(({ threadId }) => threadId))
  const stored = yield* recentThreads(accountId, limit)
  return [...counted, ...stored.filter(({ threadId }) => !known.has(threadId))].slice(0, limit)
})
