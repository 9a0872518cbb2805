// Incidents that are on their way into the database while something else happens to them.
import { join } from 'node:path'
import { Deferred, Effect, Fiber, ManagedRuntime } from 'effect'
import { SqlClient } from 'effect/sql'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../harness/server-process.ts'
import { type IncidentReport, Incidents } from '../../../src/services/incidents/incidents.ts'
import { ACCOUNT } from '../conversations/facts.ts'
import { onDatabase, servicesOn } from '../database.ts'

const reportOf = (subject: string): IncidentReport => ({
  accountId: ACCOUNT,
  kind: 'history.chunkLost',
  severity: 'warning',
  subject,
  happened: 'Something',
  did: 'Something else',
  advice: 'Nothing'
})

test('one that is over while it is being stored is over', () =>
  onDatabase(
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const incidents = yield* Incidents
      const begun = yield* Deferred.make<void>()
      const reporting = yield* Effect.forkChild(
        Effect.andThen(Deferred.await(begun), incidents.report(reportOf('over')))
      )
      const ending = Effect.gen(function* () {
        yield* Deferred.succeed(begun, undefined)
        yield* Effect.repeat(Effect.yieldNow, { times: 100 })
        yield* incidents.resolve({ accountId: ACCOUNT, kind: 'history.chunkLost' })
      })
      yield* sql.withTransaction(ending)
      yield* Fiber.join(reporting)
      const found = yield* incidents.list({ limit: 10 })
      expect(found.map(({ resolvedAt, subject }) => [subject, resolvedAt !== null])).toEqual([['over', true]])
    })
  ))

test('one whose reporter goes away while the disk takes its time is counted once', async () => {
  const folder = temporaryFolder()
  const runtime = ManagedRuntime.make(servicesOn(join(folder.path, 'backscroll.db')))
  const counted = Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const incidents = yield* Incidents
    const stored = sql<{
      subject: string
      count: number
    }>`SELECT subject, count FROM incidents ORDER BY subject`
    const reporting = yield* Effect.forkChild(incidents.report(reportOf('one')))
    while ((yield* stored).length === 0) yield* Effect.yieldNow
    yield* Fiber.interrupt(reporting)
    yield* incidents.report(reportOf('other'))
    while ((yield* stored).length < 2) yield* Effect.yieldNow
    return yield* stored
  })
  expect(await runtime.runPromise(counted)).toEqual([
    { subject: 'one', count: 1 },
    { subject: 'other', count: 1 }
  ])
  await runtime.dispose()
  folder.remove()
})
