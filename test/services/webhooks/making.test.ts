// What is written of a webhook is told to its worker, also when whoever asked for it goes away in between.
import { join } from 'node:path'
import { Effect, Fiber } from 'effect'
import { SqlClient } from 'effect/sql'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../harness/server-process.ts'
import { ALL_ACCOUNTS, Wakes } from '../../../src/services/process/wakes.ts'
import { WEBHOOKS } from '../../../src/services/webhooks/topics.ts'
import { created, onWebhooks } from './passes.ts'

test('a webhook gets its worker although whoever made it has gone', async () => {
  const folder = temporaryFolder()
  await onWebhooks(
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const wakes = yield* Wakes
      const waiter = yield* wakes.waiter(WEBHOOKS, ALL_ACCOUNTS)
      yield* waiter.reset
      const creating = yield* Effect.forkChild(created('http://127.0.0.1:1/'))
      while ((yield* sql`SELECT 1 FROM webhooks`).length === 0) yield* Effect.yieldNow
      yield* Fiber.interrupt(creating)
      yield* waiter.await
      expect(yield* sql`SELECT 1 FROM webhooks`).toHaveLength(1)
    }).pipe(Effect.scoped),
    join(folder.path, 'backscroll.db')
  )
  folder.remove()
})
