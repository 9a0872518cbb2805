// Copies everything stored here to Firestore, then compares both sides. A document that is there already is not written
// again, so that a copy that was interrupted can be continued.
import { Effect } from 'effect'
import { SqlBulk } from '../../database/bulk.ts'
import { asDatabaseError } from '../../database/error.ts'
import { enqueueEverythingOnce } from '../layer.ts'
import { Publisher, ROUND } from '../publish/publisher.ts'
import { writeAgain } from '../publish/queue.ts'
import { countBoth } from './counts.ts'
import type { Progress, Report } from './report.ts'
import { compareAll } from './verification.ts'

/** Rounds of writing again what the comparison found to be missing or different. */
const MOST_ROUNDS = 3
const PAUSE_MS = 100
const PAUSE_IN_TROUBLE_MS = 2000

/** Publishes until nothing waits. */
const publishAll = Effect.fnUntraced(function* (progress: Progress) {
  const publisher = yield* Publisher
  const { waiting: all } = yield* publisher.status
  let done = 0
  while (true) {
    const looked = yield* publisher.runOnce
    done += looked
    progress('documents', Math.min(done, all), all)
    if (looked === ROUND) continue
    // Counting what waits reads the whole queue: it is not done after each round.
    const { trouble, waiting } = yield* publisher.status
    if (waiting === 0) return
    done = all - waiting
    if (trouble !== null) progress(`documents (waiting: ${trouble.reason})`, done, all)
    yield* Effect.sleep(trouble === null ? PAUSE_MS : PAUSE_IN_TROUBLE_MS)
  }
})

/** Publishes, compares, and publishes again what is not equal, a few times. */
const publishUntilEqual = Effect.fnUntraced(function* (progress: Progress) {
  const bulk = yield* SqlBulk
  yield* publishAll(progress)
  let comparison = yield* compareAll(progress)
  for (let round = 1; round <= MOST_ROUNDS; round += 1) {
    const differing = [...comparison.missing, ...comparison.different]
    if (differing.length === 0) break
    yield* writeAgain(bulk, differing)
    yield* publishAll(progress)
    comparison = yield* compareAll(progress)
  }
  return comparison
})

export const copyToFirestore = (progress: Progress) =>
  Effect.gen(function* () {
    yield* enqueueEverythingOnce
    const comparison = yield* publishUntilEqual(progress)
    const { counts, excess } = yield* countBoth([])
    return {
      from: 'sqlite',
      to: 'firestore',
      counts,
      equal: comparison.equal,
      different: comparison.different.length,
      differing: comparison.differing,
      missing: comparison.missing.length,
      extra: excess.there,
      truncated: comparison.truncated,
      unreadable: 0,
      notSent: 0
    } satisfies Report
  }).pipe(asDatabaseError('copying to Firestore'))
