// Copies everything stored here to Firestore, then holds both against each other. What is there already is not written
// again, so whatever ends it half-way, it goes on where it was.
import { Effect } from 'effect'
import { SqlBulk } from '../../database/bulk.ts'
import { DatabaseError } from '../../database/error.ts'
import { noteAllOnce } from '../layer.ts'
import { Publisher, ROUND } from '../publish/publisher.ts'
import type { Progress, Report } from './report.ts'
import { makeVerification } from './verification.ts'

/** Rounds of writing what the comparison found to be missing or different. */
const MOST_ROUNDS = 3
const PAUSE_MS = 100
const PAUSE_IN_TROUBLE_MS = 2000

export const copyToFirestore = (progress: Progress) =>
  Effect.gen(function* () {
    const bulk = yield* SqlBulk
    const publisher = yield* Publisher
    const { compareAll, counts } = yield* makeVerification

    const publish = Effect.gen(function* () {
      const { waiting: all } = yield* publisher.status
      let done = 0
      while (true) {
        const looked = yield* publisher.runOnce
        done += looked
        progress('documents', Math.min(done, all), all)
        if (looked === ROUND) continue
        // Counting what waits looks at all of it: not after each round.
        const { trouble, waiting } = yield* publisher.status
        if (waiting === 0) return
        done = all - waiting
        if (trouble !== null) progress(`documents (waiting: ${trouble.reason})`, done, all)
        yield* Effect.sleep(trouble === null ? PAUSE_MS : PAUSE_IN_TROUBLE_MS)
      }
    })

    yield* noteAllOnce
    yield* publish
    let found = yield* compareAll(progress)
    for (
      let round = 1;
      round <= MOST_ROUNDS && found.missing.length + found.different.length > 0;
      round += 1
    ) {
      yield* bulk.runMany(
        `UPDATE firestore_documents SET digest = NULL, due = 0, noted_at = 0 WHERE path = ?`,
        [...found.missing, ...found.different].map(path => [path])
      )
      yield* publish
      found = yield* compareAll(progress)
    }
    const { counts: sums, excess } = yield* counts([])
    return {
      from: 'sqlite',
      to: 'firestore',
      counts: sums,
      equal: found.equal,
      different: found.different.length,
      missing: found.missing.length,
      extra: excess.there,
      truncated: found.truncated,
      unreadable: 0,
      notSent: 0
    } satisfies Report
  }).pipe(Effect.mapError(cause => new DatabaseError({ operation: 'copying to Firestore', cause })))
