// Announced chunks, across links and editions.
import { Effect } from 'effect'
import { SqlClient } from 'effect/sql'
import { expect, test } from 'vitest'
import { giveUpSealed } from '../../../../src/services/history/chunks/failures.ts'
import { ChunkQueue } from '../../../../src/services/history/chunks/queue.ts'
import { Incidents } from '../../../../src/services/incidents/incidents.ts'
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

test('how often the phone has made a chunk is counted from zero when the account is linked again', async () => {
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

test('a chunk of which the phone has made a new edition meanwhile is neither tried again nor given up', async () => {
  await onDatabase(
    Effect.gen(function* () {
      const queue = yield* ChunkQueue
      yield* account(0)
      yield* queue.enqueue(ACCOUNT, [notice('BROKEN')])
      const broken = yield* queue.due(ACCOUNT, Date.now() + 1000)
      yield* queue.retryAt(broken!.chunkId, 0, 'broken')
      yield* queue.enqueue(ACCOUNT, [notice('NEW EDITION')])
      yield* queue.retryAt(broken!.chunkId, 0, 'broken')
      expect(yield* queue.giveUp(broken!.chunkId, 'broken')).toBe(false)
      expect(yield* queue.progress(ACCOUNT)).toMatchObject({ chunksPending: 1, chunksFailed: 0 })
    })
  )
})

test('a chunk whose announcement was changed in the database is given up, and an incident says what to do', async () => {
  await onDatabase(
    Effect.gen(function* () {
      const queue = yield* ChunkQueue
      const sql = yield* SqlClient.SqlClient
      const incidents = yield* Incidents
      yield* account(0)
      yield* queue.enqueue(ACCOUNT, [notice('CHANGED'), { ...notice('WHOLE'), chunkOrder: 2 }])
      yield* sql`UPDATE history_chunks SET sealed = zeroblob(64) WHERE notification_id = 'CHANGED'`

      const broken = yield* Effect.flip(queue.due(ACCOUNT, Date.now() + 1000))
      if (broken._tag !== 'ChunkSealBroken') throw broken
      expect(broken.message).toBe(
        `The announcement of history chunk ${broken.chunkId} cannot be opened with this VAULT_KEY`
      )
      yield* giveUpSealed(ACCOUNT, broken)

      expect(yield* queue.due(ACCOUNT, Date.now() + 1000)).toMatchObject({ notificationId: 'WHOLE' })
      expect(yield* queue.progress(ACCOUNT)).toMatchObject({ chunksPending: 1, chunksFailed: 1 })
      const reported = yield* incidents.list({ limit: 10 })
      expect(reported).toMatchObject([
        {
          kind: 'history.chunkLost',
          accountId: ACCOUNT,
          subject: String(broken.chunkId),
          happened: expect.stringContaining('VAULT_KEY'),
          advice: expect.stringContaining('restore DATA_DIR')
        }
      ])
    })
  )
})
