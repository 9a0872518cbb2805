// Everything of a person outside of their conversation is found once, however much of it lies together.
import { Effect, Layer, Stream } from 'effect'
import { SqlClient } from 'effect/sql'
import { expect, test } from 'vitest'
import { newAccount } from '../../../src/domain/account.ts'
import { threadIdOf } from '../../../src/domain/ids.ts'
import { AccountStore } from '../../../src/services/conversations/account-store.ts'
import { PersonalMessages } from '../../../src/services/conversations/personal-messages.ts'
import { hasPerson } from '../../../src/services/personal-data/export.ts'
import { foundElsewhere, foundReceipts } from '../../../src/services/personal-data/scan.ts'
import { ACCOUNT, ANN, apply, GROUP, message } from '../conversations/facts.ts'
import { onDatabase } from '../database.ts'

const BOB = '492@s.whatsapp.net'
const NOBODY = '499@s.whatsapp.net'
const inGroup = (id: string, sender: string) =>
  message(id, { chat: { jid: GROUP }, sender: { jid: sender }, live: false })
const many = (prefix: string, count: number, sender: string) =>
  Array.from({ length: count }, (_, n) => inGroup(`${prefix}${n}`, sender))

const withPersonal = <A, E, R>(work: Effect.Effect<A, E, R>) =>
  Effect.provide(work, PersonalMessages.layer.pipe(Layer.orDie))

const stored = Effect.gen(function* () {
  const accounts = yield* AccountStore
  const sql = yield* SqlClient.SqlClient
  yield* accounts.create(newAccount({ accountId: ACCOUNT, name: 'Shop', createdAt: 1 }))
  yield* apply(
    ...many('B', 1300, BOB),
    ...many('A', 450, ANN),
    message('D', { live: false }),
    { ...inGroup('M', BOB), mentions: [{ jid: ANN }] },
    ...many('C', 30, BOB),
    inGroup('LAST', ANN)
  )
  for (let n = 0; n < 1500; n += 1)
    yield* sql`INSERT INTO receipts (account_id, thread_id, message_id, recipient, delivered_at)
      VALUES (${ACCOUNT}, ${threadIdOf(ACCOUNT, GROUP)}, ${`R${n}`}, ${n % 500 === 7 ? ANN : BOB}, ${n})`
})

const scannedFor = (address: string) =>
  PersonalMessages.use(messages =>
    Effect.gen(function* () {
      return {
        accountId: ACCOUNT,
        person: yield* messages.personOf(ACCOUNT, address),
        upTo: yield* messages.newestRow
      }
    })
  )

test('messages that lie together and apart, and receipts, are each found once; nothing of nobody', async () => {
  const found = await onDatabase(
    Effect.gen(function* () {
      yield* stored
      const scanned = yield* scannedFor(ANN)
      const messages = yield* Stream.runCollect(foundElsewhere(scanned))
      const receipts = yield* Stream.runCollect(foundReceipts(scanned))
      return {
        messages: messages.flat().map(({ messageId }) => messageId.split('_')[0]),
        largest: Math.max(...messages.map(batch => batch.length)),
        receipts: receipts.flat().map(({ receipt }) => receipt.deliveredAt),
        known: yield* Effect.forEach([ANN, BOB, NOBODY], address => hasPerson(ACCOUNT, address))
      }
    }).pipe(withPersonal)
  )
  const expected = [...Array.from({ length: 450 }, (_, n) => `A${n}`), 'M', 'LAST']
  expect(found.messages).toHaveLength(expected.length)
  expect(new Set(found.messages)).toEqual(new Set(expected))
  expect(found.largest).toBe(100)
  expect(found.receipts.toSorted((a, b) => a! - b!)).toEqual([7, 507, 1007])
  expect(found.known).toEqual([true, true, false])
})
