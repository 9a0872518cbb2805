// Nothing grows for ever that nobody reads any more.
import { Effect } from 'effect'
import { SqlClient } from 'effect/sql'
import { expect, test } from 'vitest'
import * as Upkeep from '../../../src/services/conversations/upkeep.ts'
import { onDatabase } from '../database.ts'
import { ANN, apply, change, message, messagesOf, T0 } from './facts.ts'

test('a file whose message does not come within a day is stored as the message that it came in', async () => {
  const found = await onDatabase(
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* apply(
        change('NEVER', {
          to: 'attached',
          as: 'hd',
          file: {
            mimeType: 'image/jpeg',
            fileName: null,
            size: 1,
            duration: null,
            width: null,
            height: null,
            download: null,
            whatsAppId: 'FILE'
          },
          alone: {
            type: 'image',
            body: 'a caption',
            at: T0,
            association: { type: 'hdImageDualUpload', whatsAppId: 'NEVER' }
          }
        })
      )
      yield* Upkeep.tidy
      expect(yield* messagesOf(ANN)).toEqual([])
      yield* sql`UPDATE waiting_changes SET waiting_since = waiting_since - ${2 * 86_400_000}`
      yield* Upkeep.tidy
      yield* Upkeep.tidy
      return yield* messagesOf(ANN)
    })
  )
  expect(found).toMatchObject([
    {
      whatsAppId: 'FILE',
      messageId: 'FILE_them',
      direction: 'inbound',
      type: 'image',
      body: 'a caption',
      association: { type: 'hdImageDualUpload', whatsAppId: 'NEVER', messageId: null }
    }
  ])
})

test('changes that wait for a message that never comes go after two months', async () => {
  const counts = await onDatabase(
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* apply(message('A'), change('NEVER', { to: 'edited', body: 'x', at: T0 }), {
        kind: 'readByMe',
        chat: { jid: ANN },
        upTo: { whatsAppIds: ['NEVER'] }
      })
      const count = Effect.map(
        sql<{
          changes: number
          reads: number
        }>`SELECT (SELECT COUNT(*) FROM waiting_changes) AS changes, (SELECT COUNT(*) FROM waiting_reads) AS reads`,
        ([row]) => row
      )
      const age = (days: number) =>
        Effect.forEach(
          [
            'UPDATE waiting_changes SET waiting_since = waiting_since - ?',
            'UPDATE waiting_reads SET waiting_since = waiting_since - ?'
          ],
          statement => sql.unsafe(statement, [days * 86_400_000])
        )
      const found = [yield* count]
      for (const days of [8, 53]) {
        yield* age(days)
        yield* Upkeep.tidy
        found.push(yield* count)
      }
      return found
    })
  )
  expect(counts[0]).toEqual({ changes: 1, reads: 1 })
  expect(counts[1]).toEqual({ changes: 1, reads: 1 })
  expect(counts[2]).toEqual({ changes: 0, reads: 0 })
})
