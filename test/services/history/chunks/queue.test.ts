// Announced chunks, across links and editions.
import { Effect } from 'effect'
import { SqlClient } from 'effect/sql'
import { expect, test } from 'vitest'
import { ChunkQueue } from '../../../../src/services/history/chunks/queue.ts'
import { onDatabase } from '../../database.ts'
import { ACCOUNT } from '../../conversations/facts.ts'

const FULL = 2
const notice = (notificationId: string) => ({
  notificationId,
  syncType: FULL,
  chunkOrder: 1,
  announcedAt: 1_767_225_600_000,
  progress: 10,
  notification: new Uint8Array([1])
})

const account = (linkedAt: number) =>
  Effect.flatMap(
    SqlClient.SqlClient,
    sql => sql`INSERT INTO accounts (account_id, name, created_at, wanted, linked_at) VALUES (${ACCOUNT}, 'Shop', 1, 1, ${linkedAt})
      ON CONFLICT (account_id) DO UPDATE SET linked_at = ${linkedAt}`
  )

test('how often the phone has made a chunk is counted anew when the account is linked anew', async () => {
  await onDatabase(
    Effect.gen(function* () {
      const queue = yield* ChunkQueue
      const now = Date.now()
      yield* account(0)
      yield* queue.enqueue(ACCOUNT, [notice('FIRST LINK')])
      const first = yield* queue.due(ACCOUNT, now + 1000)
      yield* queue.done(first!.chunkId, 1)
      const sql = yield* SqlClient.SqlClient
      yield* sql`UPDATE history_chunks SET received_at = 1`
      yield* account(now - 1000)
      yield* queue.enqueue(ACCOUNT, [notice('SECOND LINK')])
      expect(yield* queue.due(ACCOUNT, now + 1000)).toMatchObject({ editions: 1 })
    })
  )
})

test('a chunk that the phone has made anew meanwhile is neither tried again nor given up', async () => {
  await onDatabase(
    Effect.gen(function* () {
      const queue = yield* ChunkQueue
      yield* account(0)
      yield* queue.enqueue(ACCOUNT, [notice('BROKEN')])
      const broken = yield* queue.due(ACCOUNT, Date.now() + 1000)
      yield* queue.retryAt(broken!.chunkId, 0, 'broken')
      yield* queue.enqueue(ACCOUNT, [notice('ANEW')])
      yield* queue.retryAt(broken!.chunkId, 0, 'broken')
      expect(yield* queue.giveUp(broken!.chunkId, 'broken')).toBe(false)
      expect(yield* queue.progress(ACCOUNT)).toMatchObject({ chunksPending: 1, chunksFailed: 0 })
    })
  )
})
