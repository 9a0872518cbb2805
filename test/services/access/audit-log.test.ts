// The audit log: an entry is there before the change, and how it ended is added to it.
import { join } from 'node:path'
import { Effect, Layer, Logger } from 'effect'
import { SqlClient } from 'effect/sql'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../harness/server-process.ts'
import type { AuditedRequest } from '../../../src/domain/audit.ts'
import { AuditLog } from '../../../src/services/access/audit-log.ts'
import * as Migrations from '../../../src/services/database/migrations.ts'
import * as NodeSqlite from '../../../src/services/database/sqlite/node-sqlite.ts'

const request = (operation: string, accountId: string | null = null): AuditedRequest => ({
  caller: { kind: 'key', id: 'k1', name: 'CRM' },
  operation,
  accountId,
  resources: {},
  remoteAddress: '127.0.0.1'
})

const logAndDatabaseOn = (file: string) =>
  AuditLog.layer.pipe(
    Layer.provide(Migrations.layer),
    Layer.provideMerge(NodeSqlite.layer(file)),
    Layer.provide(Logger.layer([]))
  )

const using = <A, E>(file: string, work: (audit: AuditLog['Service']) => Effect.Effect<A, E, AuditLog>) =>
  Effect.runPromise(AuditLog.use(work).pipe(Effect.provide(logAndDatabaseOn(file))))

test('an entry outlives a server that was killed, without a status; outcomes outlive one that stops', async () => {
  const folder = temporaryFolder()
  const file = join(folder.path, 'audit.db')
  await using(file, audit =>
    Effect.gen(function* () {
      yield* audit.begin(request('accounts.restart', 'acc-1'))
      const { written } = yield* audit.begin(request('accounts.create'))
      const auditId = yield* written
      yield* audit.end(auditId, { status: 201, accountId: 'acc-2', resources: { keyId: 'k2' } })
    })
  )
  const listed = await using(file, audit => audit.list({ order: 'newest', limit: 10 }))
  expect(listed).toMatchObject([
    { operation: 'accounts.create', accountId: 'acc-2', resources: { keyId: 'k2' }, status: 201 },
    { operation: 'accounts.restart', accountId: 'acc-1', resources: {}, status: null }
  ])
  folder.remove()
})

test('a list has the outcome of what has just ended, filtered and in its order; what is too old is removed', () =>
  using(':memory:', audit =>
    Effect.gen(function* () {
      for (const operation of ['a', 'b', 'a']) {
        const { written } = yield* audit.begin(request(operation, `acc-${operation}`))
        yield* audit.end(yield* written, { status: 200, accountId: `acc-${operation}`, resources: {} })
      }
      const ids = (query: object) =>
        Effect.map(audit.list({ order: 'oldest', limit: 10, ...query }), found =>
          found.map(({ auditId }) => auditId)
        )
      expect((yield* audit.list({ order: 'newest', limit: 10 })).map(({ status }) => status)).toEqual([
        200, 200, 200
      ])
      const [first = 0, second = 0, third = 0] = yield* ids({})
      expect(yield* ids({ operation: 'a' })).toEqual([first, third])
      expect(yield* ids({ accountId: 'acc-b' })).toEqual([second])
      expect(yield* ids({ callerId: 'k2' })).toEqual([])
      expect(yield* ids({ beyond: first, limit: 1 })).toEqual([second])
      expect(yield* ids({ order: 'newest', beyond: third })).toEqual([second, first])
      const [{ at } = { at: 0 }] = yield* audit.list({ order: 'newest', limit: 1 })
      expect(yield* ids({ since: at + 1 })).toEqual([])
      expect(yield* audit.countOld(at + 1)).toMatchObject({ removed: 3 })
      expect(yield* audit.countOld(at - 60_000)).toEqual({ removed: 0, oldest: null })
      expect(yield* audit.removeOld(at - 60_000, 10)).toBe(0)
      expect([yield* audit.removeOld(at + 1, 2), yield* ids({})]).toEqual([2, [third]])
      expect([yield* audit.removeOld(at + 1, 2), yield* ids({})]).toEqual([1, []])
    })
  ))

test('an entry that its change writes is committed with it or not at all, and is written once', () =>
  Effect.runPromise(
    Effect.gen(function* () {
      const audit = yield* AuditLog
      const sql = yield* SqlClient.SqlClient
      const listed = Effect.map(audit.list({ order: 'oldest', limit: 10 }), found =>
        found.map(({ auditId, operation }) => [auditId, operation])
      )
      const entry = audit.defer(request('outbox.send'))
      yield* Effect.exit(sql.withTransaction(Effect.andThen(entry.withChange, Effect.fail('no change'))))
      expect(yield* listed).toEqual([])

      yield* sql.withTransaction(entry.withChange)
      yield* sql.withTransaction(entry.withChange)
      const auditId = yield* entry.written
      expect(yield* listed).toEqual([[auditId, 'outbox.send']])

      const refused = audit.defer(request('outbox.send'))
      expect(yield* listed).toHaveLength(1)
      const refusedId = yield* refused.written
      expect(yield* listed).toEqual([
        [auditId, 'outbox.send'],
        [refusedId, 'outbox.send']
      ])
    }).pipe(Effect.provide(logAndDatabaseOn(':memory:')))
  ))
