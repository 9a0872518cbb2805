// Nothing of what came before the request is left when an erasure is done, whatever becomes known of the person meanwhile; what comes
// afterwards stays.
import { Effect, Layer } from 'effect'
import { SqlClient } from 'effect/sql'
import { expect, test } from 'vitest'
import { newAccount } from '../../../src/domain/account.ts'
import type { Fact } from '../../../src/domain/fact.ts'
import { AccountStore } from '../../../src/services/conversations/account-store.ts'
import { PersonalMessages } from '../../../src/services/conversations/personal-messages.ts'
import { Transaction } from '../../../src/services/database/transaction.ts'
import { runningErasures } from '../../../src/services/personal-data/erasure-rows.ts'
import { begin } from '../../../src/services/personal-data/erasures.ts'
import { erase } from '../../../src/services/personal-data/erasing.ts'
import { ACCOUNT, ANN, ANN_LID, apply, GROUP, message } from '../conversations/facts.ts'
import { onDatabase } from '../database.ts'

const BOB = '492@s.whatsapp.net'
const OTHER_LID = '88@lid'
const byLid = { chat: { jid: ANN_LID }, sender: { jid: ANN_LID } }
const inGroup = (id: string, jid: string) =>
  message(id, { chat: { jid: GROUP }, sender: { jid }, live: false })

const PERSONAL = PersonalMessages.layer.pipe(Layer.provideMerge(Transaction.layer), Layer.orDie)

/** WhatsApp's ids of the messages that are left; `meanwhile` comes between the request and the work. */
const leftAfterErasing = (
  address: string,
  before: ReadonlyArray<Fact>,
  meanwhile: () => ReadonlyArray<Fact> = () => []
) =>
  onDatabase(
    Effect.gen(function* () {
      const accounts = yield* AccountStore
      const sql = yield* SqlClient.SqlClient
      yield* accounts.create(newAccount({ accountId: ACCOUNT, name: 'Shop', createdAt: 1 }))
      yield* apply(...before)
      yield* begin(ACCOUNT, address)
      yield* apply(...meanwhile())
      for (const row of yield* runningErasures(sql)) yield* erase(row)
      const rows = yield* sql<{ id: string }>`SELECT whatsapp_id AS id FROM messages ORDER BY message_row`
      return { left: rows.map(({ id }) => id), running: yield* runningErasures(sql) }
    }).pipe(Effect.provide(PERSONAL))
  )

const MINUTE_MS = 60_000

test.each([ANN, ANN_LID])(
  'a number and a LID that turn out to be one person meanwhile are both erased, asked for %s',
  async address => {
    const { left, running } = await leftAfterErasing(
      address,
      [
        message('TO NUMBER'),
        message('TO LID', byLid),
        inGroup('GROUP, NUMBER', ANN),
        inGroup('GROUP, LID', ANN_LID),
        inGroup('GROUP, BOB', BOB)
      ],
      () => [
        message('NEW', {
          chat: { jid: ANN_LID, alt: ANN },
          sender: { jid: ANN_LID, alt: ANN },
          timestamp: Date.now() + MINUTE_MS
        })
      ]
    )
    expect(left).toEqual(['GROUP, BOB', 'NEW'])
    expect(running).toEqual([])
  }
)

test('a number that goes to somebody else meanwhile is theirs', async () => {
  const { left } = await leftAfterErasing(
    ANN,
    [message('OF ANN', { chat: { jid: ANN, alt: ANN_LID }, sender: { jid: ANN, alt: ANN_LID } })],
    () => [
      { kind: 'samePerson', phoneJid: ANN, lidJid: OTHER_LID, at: Date.now() + MINUTE_MS },
      message('OF THE OTHER', {
        chat: { jid: ANN, alt: OTHER_LID },
        sender: { jid: ANN, alt: OTHER_LID },
        timestamp: Date.now() + MINUTE_MS
      })
    ]
  )
  expect(left).toEqual(['OF THE OTHER'])
})

test("a message is erased that WhatsApp's clock has ahead of ours", async () => {
  const { left } = await leftAfterErasing(ANN, [message('AHEAD', { timestamp: Date.now() + MINUTE_MS })])
  expect(left).toEqual([])
})

test('a message that comes in the second of the request, after it, stays', async () => {
  const { left } = await leftAfterErasing(ANN, [message('OLD')], () => [
    message('NEW', { timestamp: Math.floor(Date.now() / 1000) * 1000 })
  ])
  expect(left).toEqual(['NEW'])
})
