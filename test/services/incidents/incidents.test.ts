// Incidents are counted as often as they were reported, whatever becomes of the work around the report.
import { join } from 'node:path'
import { Deferred, Effect, Fiber, ManagedRuntime } from 'effect'
import { SqlClient } from 'effect/sql'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../harness/server-process.ts'
import { Incidents, type IncidentReport } from '../../../src/services/incidents/incidents.ts'
import { onDatabase, servicesOn } from '../database.ts'
import { ACCOUNT } from '../conversations/facts.ts'

const reportOf = (subject: string): IncidentReport => ({
  accountId: ACCOUNT,
  kind: 'history.chunkLost',
  severity: 'warning',
  subject,
  happened: 'Something',
  did: 'Something else',
  advice: 'Nothing'
})

const counts = Effect.map(
  Incidents.use(incidents => incidents.list({ limit: 10 })),
  found => Object.fromEntries(found.map(({ count, subject }) => [subject, count]))
)

test('several in one transaction are each counted once', async () => {
  const counted = await onDatabase(
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const incidents = yield* Incidents
      const both = Effect.andThen(incidents.report(reportOf('one')), incidents.report(reportOf('other')))
      yield* sql.withTransaction(both)
      yield* sql.withTransaction(both)
      return yield* counts
    })
  )
  expect(counted).toEqual({ one: 2, other: 2 })
})

test('one that was reported in work that failed is not lost with it', async () => {
  const counted = await onDatabase(
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const incidents = yield* Incidents
      yield* Effect.flip(
        sql.withTransaction(Effect.andThen(incidents.report(reportOf('one')), Effect.fail('the work')))
      )
      yield* incidents.report(reportOf('other'))
      return yield* counts
    })
  )
  expect(counted).toEqual({ one: 1, other: 1 })
})

test('one that is over within a transaction does not wait for those that wait for the transaction', async () => {
  const found = await onDatabase(
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const incidents = yield* Incidents
      yield* incidents.report(reportOf('over'))
      const begun = yield* Deferred.make<void>()
      const reporting = yield* Effect.forkChild(
        Effect.andThen(Deferred.await(begun), incidents.report(reportOf('other')))
      )
      yield* sql.withTransaction(
        Effect.gen(function* () {
          yield* Deferred.succeed(begun, undefined)
          // Until it waits for the database, which is ours.
          yield* Effect.repeat(Effect.yieldNow, { times: 100 })
          yield* incidents.resolve({ accountId: ACCOUNT, kind: 'history.chunkLost' })
        })
      )
      yield* Fiber.join(reporting)
      return yield* incidents.list({ limit: 10 })
    })
  )
  expect(found.map(({ resolvedAt, subject }) => [subject, resolvedAt !== null])).toEqual(
    expect.arrayContaining([['over', true]])
  )
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
