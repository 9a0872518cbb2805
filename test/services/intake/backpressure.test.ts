// A store that is away or slow: the journal holds what arrives, on disk, and ingestion goes on where it was.
import { proto } from '@whiskeysockets/baileys'
import { Effect, Fiber, Layer, Schedule } from 'effect'
import { SqlClient } from 'effect/sql'
import { expect, test } from 'vitest'
import { threadIdOf } from '../../../src/domain/ids.ts'
import { MessageStore } from '../../../src/services/conversations/message-store.ts'
import { ChunkQueue } from '../../../src/services/history/chunks/queue.ts'
import { Identity } from '../../../src/services/conversations/identity.ts'
import { Journal } from '../../../src/services/journal/journal.ts'
import { Conversations } from '../../../src/services/conversations/apply.ts'
import * as AddOns from '../../../src/services/whatsapp/add-ons.ts'
import { Ingest } from '../../../src/services/intake/ingest.ts'
import { DatabaseError } from '../../../src/services/database/error.ts'
import { Transaction } from '../../../src/services/database/transaction.ts'
import { onDatabase } from '../database.ts'
import { ACCOUNT, threads } from '../conversations/facts.ts'

const CHATS = 3
const MESSAGES = 1500

/** A received message as the journal keeps it. */
const entry = (n: number) => {
  const text = proto.Message.encode({ conversation: `number ${n}` }).finish()
  return {
    accountId: ACCOUNT,
    kind: 'message',
    fingerprint: `f${n}`,
    content: Buffer.from(
      JSON.stringify({
        kind: 'message',
        self: { jid: '490@s.whatsapp.net' },
        attributes: {
          id: `ID${n}`,
          from: `49${n % CHATS}1@s.whatsapp.net`,
          t: String(1_767_225_600 + Math.floor(n / 10)),
          type: 'text'
        },
        plaintext: Buffer.concat([text, Buffer.from([1])]).toString('base64')
      })
    )
  }
}

const waitingInJournal = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql<{ n: number }>`SELECT COUNT(*) AS n FROM journal WHERE ingested_at IS NULL`
  return row?.n
})

const untilEmpty = Effect.gen(function* () {
  if ((yield* waitingInJournal) !== 0) return yield* Effect.fail('not empty')
}).pipe(Effect.retry(Schedule.spaced('20 millis')))

/** Oldest first. */
const allOf = (jid: string) =>
  Effect.map(
    MessageStore.use(messages => messages.list(threadIdOf(ACCOUNT, jid), { limit: MESSAGES })),
    ({ messages }) => messages.toReversed()
  )

test('while the store is away everything waits in the journal; afterwards it is stored once and in order', async () => {
  await onDatabase(
    Effect.gen(function* () {
      const transaction = yield* Transaction
      const journal = yield* Journal
      let away = true
      let passes = 0
      const comesAndGoes =
        (join: Transaction['Service']['join']): Transaction['Service']['join'] =>
        work =>
          Effect.suspend(() => {
            passes += 1
            // Away at first, and once more in the middle of the work.
            return away || passes === 6
              ? Effect.fail(
                  new DatabaseError({ operation: 'transaction', cause: new Error('the store is away') })
                )
              : join(work)
          })
      const transactionThatComesAndGoes = Transaction.of({
        ...transaction,
        join: comesAndGoes(transaction.join),
        joinShort: comesAndGoes(transaction.joinShort)
      })
      const ingesting = Layer.fresh(Ingest.layer).pipe(
        Layer.provide(Layer.fresh(Conversations.layer.pipe(Layer.provide(AddOns.layer)))),
        Layer.provide(Layer.succeed(Transaction, transactionThatComesAndGoes)),
        Layer.provide(Layer.succeed(Identity, yield* Identity)),
        Layer.provide(Layer.succeed(ChunkQueue, yield* ChunkQueue))
      )
      yield* Effect.gen(function* () {
        const ingest = yield* Ingest
        const worker = yield* Effect.forkChild(ingest.journal.loop(ACCOUNT))
        for (let n = 0; n < MESSAGES; n += 1) {
          journal.defer(entry(n))
          yield* journal.writeDeferred(ACCOUNT) ?? Effect.void
          yield* ingest.journal.wake(ACCOUNT)
        }
        expect(yield* waitingInJournal).toBe(MESSAGES)
        expect(yield* threads).toEqual([])
        away = false
        yield* untilEmpty
        yield* Fiber.interrupt(worker)
      }).pipe(Effect.provide(ingesting))

      let total = 0
      for (let chat = 0; chat < CHATS; chat += 1) {
        const messages = yield* allOf(`49${chat}1@s.whatsapp.net`)
        const numbers = messages.map(message => Number(message.body?.replace('number ', '')))
        expect(numbers).toEqual([...new Set(numbers)].toSorted((a, b) => a - b))
        total += numbers.length
      }
      expect(total).toBe(MESSAGES)
    })
  )
}, 60_000)
