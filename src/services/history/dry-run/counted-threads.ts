// The threads as the backfill sees them during a dry run: what was counted, and what is stored where nothing was counted.
// It shows no gaps, since a dry run fills none.
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
      const run = yield* makeRun
      const reachIn = (threadId: string) => run(reachOf(dryRun, threadId))
      return HeldThreads.of({
        recent: (accountId, limit) => run(recent(dryRun, accountId, limit)),
        openGaps: () => Effect.succeed([]),
        gapsOf: () => Effect.succeed([]),
        reachOf: reachIn,
        oldest: threadId => Effect.map(reachIn(threadId), ({ floor }) => floor),
        addresses: (accountId, threadId) => run(addressesOf(accountId, threadId))
      })
    })
  )

const reachOf = Effect.fnUntraced(function* (dryRun: DryRun['Service'], threadId: string) {
  const counted = yield* dryRun.reachOf(threadId)
  if (counted.floor !== undefined || counted.beginning === 'reached') return counted
  const coverage = yield* Coverage
  const { beginning } = yield* coverage.reachOf(threadId)
  return { beginning, floor: yield* oldestMessage(threadId) } satisfies Reach
})

/** Counted threads come first, whatever the activity of others that are stored. */
const recent = Effect.fnUntraced(function* (dryRun: DryRun['Service'], accountId: string, limit: number) {
  const counted = yield* dryRun.recentThreads(accountId, limit)
  const known = new Set(counted.map(({ threadId }) => threadId))
  const stored = yield* recentThreads(accountId, limit)
  return [...counted, ...stored.filter(({ threadId }) => !known.has(threadId))].slice(0, limit)
})
