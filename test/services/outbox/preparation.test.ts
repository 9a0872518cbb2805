// Files that take too long end with their thread, and the ones after them are not kept waiting.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Effect } from 'effect'
import { afterAll, expect, test } from 'vitest'
import { temporaryFolder } from '../../../harness/server-process.ts'
import { Preparation } from '../../../src/services/outbox/preparation/preparation.ts'
import { wav } from '../../e2e/sample-media.ts'

const folder = temporaryFolder()
afterAll(() => folder.remove())

test('what takes too long is given up, one after the other', async () => {
  const path = join(folder.path, 'long.wav')
  writeFileSync(path, wav(60))
  const task = { type: 'voice', path } as const
  const reasons = await Effect.runPromise(
    Preparation.use(preparation =>
      Effect.forEach(
        [1, 2, 3],
        () => Effect.flip(preparation.perform(task)).pipe(Effect.map(({ reason }) => reason)),
        { concurrency: 'unbounded' }
      )
    ).pipe(Effect.provide(Preparation.layer(100)))
  )
  expect(reasons).toEqual(['it took too long', 'it took too long', 'it took too long'])
})
