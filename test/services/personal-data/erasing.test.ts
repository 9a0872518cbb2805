// Nothing of what came before the request is left when an erasure is done, whatever becomes known of the person meanwhile; what comes
// afterwards stays, and is of somebody who is known.
import { Effect, Layer } from 'effect'
import { SqlClient } from 'effect/sql'
import { describe, expect, test } from 'vitest'
import { newAccount } from '../../../src/domain/account.ts'
import type { Address, Fact, MessageFact } from '../../../src/domain/fact.ts'
import { AccountStore } from '../../../src/services/conversations/account-store.ts'
import { PersonalMessages } from '../../../src/services/conversations/personal-messages.ts'
import { Transaction } from '../../../src/services/database/transaction.ts'
import { LiveTraffic } from '../../../src/services/journal/traffic.ts'
import { runningErasures } from '../../../src/services/personal-data/erasure-rows.ts'
import { begin } from '../../../src/services/personal-data/erasures.ts'
import { erase } from '../../../src/services/personal-data/erasing.ts'
import { ACCOUNT, ANN, ANN_LID, apply, change, GROUP, message, T0 } from '../conversations/facts.ts'
import { onDatabase } from '../database.ts'

const BOB = '492@s.whatsapp.net'
const OTHER_LID = '88@lid'
const NEW_NUMBER = '493@s.whatsapp.net'
const BOTH: Address = { jid: ANN_LID, alt: ANN }

const from = (id: string, who: Address, extra: Partial<MessageFact> = {}) =>
  message(id, { chat: who, sender: who, ...extra })
const inGroup = (id: string, who: Address, extra: Partial<MessageFact> = {}) =>
  message(id, { chat: { jid: GROUP }, sender: who, live: false, ...extra })
/** After any request of these tests. */
const soon = () => Date.now() + 60_000
const live = (id: string, who: Address, extra: Partial<MessageFact> = {}) =>
  from(id, who, { timestamp: soon(), ...extra })

const PERSONAL = PersonalMessages.layer.pipe(Layer.provideMerge(Transaction.layer), Layer.orDie)

type Facts = () => ReadonlyArray<Fact>

interface Story {
  /** The person who is erased. */
  readonly address?: string
  readonly before: ReadonlyArray<Fact>
  /** After the request, before each step of the work. */
  readonly meanwhile?: ReadonlyArray<Facts>
  /** Each in a transaction of its own. */
  readonly afterwards?: ReadonlyArray<Facts>
}

/** What is left when the erasure is done, and everything else has happened. */
const leftAfter = ({ address = ANN, afterwards = [], before, meanwhile = [] }: Story) =>
  onDatabase(
    Effect.gen(function* () {
      const accounts = yield* AccountStore
      const sql = yield* SqlClient.SqlClient
      const traffic = yield* LiveTraffic
      yield* accounts.create(newAccount({ accountId: ACCOUNT, name: 'Shop', createdAt: 1 }))
      yield* apply(...before)
      yield* begin(ACCOUNT, address)
      const context = yield* Effect.context<Effect.Services<ReturnType<typeof apply>>>()
      const coming = [...meanwhile]
      // Before each step it waits for what is live.
      const quiet = () =>
        Effect.suspend(() => apply(...(coming.shift()?.() ?? []))).pipe(
          Effect.provideContext(context),
          Effect.orDie
        )
      for (const row of yield* runningErasures(sql))
        yield* Effect.provideService(erase(row), LiveTraffic, { ...traffic, quiet })
      for (const facts of afterwards) yield* apply(...facts())
      const messages = yield* sql<{
        id: string
        type: string
        excerpt: string | null
        reactions: string | null
      }>`SELECT whatsapp_id AS id, type, quoted_excerpt AS excerpt, reactions FROM messages ORDER BY message_row`
      return {
        ids: messages.map(({ id }) => id).toSorted(),
        messages,
        running: yield* runningErasures(sql),
        addresses: yield* sql<{
          jid: string
          threadPerson: string | null
        }>`SELECT jid, thread_person FROM addresses`,
        contacts: yield* sql<{ name: string }>`SELECT name FROM contacts WHERE name IS NOT NULL`,
        receipts: yield* sql`SELECT recipient FROM receipts`,
        threads: yield* sql<{ unreadCount: number }>`SELECT unread_count FROM threads`,
        waiting: yield* sql`SELECT by_person FROM waiting_changes`
      }
    }).pipe(Effect.provide(PERSONAL))
  )

const reaction = (to: string, at: number) =>
  change(
    to,
    { to: 'reacted', emoji: '🌴', at },
    { chat: { jid: GROUP }, target: { sender: { jid: BOB }, whatsAppId: to }, by: { jid: ANN } }
  )

describe('what came before', () => {
  test.each([ANN, ANN_LID])(
    'goes under the number and the LID that turn out to be one person meanwhile, asked for %s',
    async address => {
      const { ids, running } = await leftAfter({
        address,
        before: [
          from('TO NUMBER', { jid: ANN }),
          from('TO LID', { jid: ANN_LID }),
          inGroup('GROUP, NUMBER', { jid: ANN }),
          inGroup('GROUP, LID', { jid: ANN_LID }),
          inGroup('GROUP, BOB', { jid: BOB })
        ],
        meanwhile: [() => [live('NEW', BOTH)]]
      })
      expect(ids).toEqual(['GROUP, BOB', 'NEW'])
      expect(running).toEqual([])
    }
  )

  test('goes also where a history brings it meanwhile, under an address that is learned then', async () => {
    const { ids } = await leftAfter({
      before: [from('OLD', { jid: ANN }), inGroup('BOB', { jid: BOB })],
      meanwhile: [() => [from('HISTORY', { jid: ANN_LID }, { live: false }), live('NEW', BOTH)]]
    })
    expect(ids).toEqual(['BOB', 'NEW'])
  })

  test("goes where WhatsApp's clock was ahead of ours", async () => {
    const { ids } = await leftAfter({ before: [live('AHEAD', { jid: ANN })] })
    expect(ids).toEqual([])
  })

  test('goes from the address book, receipts and what waits, also of somebody who goes on', async () => {
    const { contacts, messages, receipts } = await leftAfter({
      before: [
        from('OLD', { jid: ANN }),
        { kind: 'contact', person: { jid: ANN }, name: 'Ann of before' },
        inGroup('MINE', { jid: ANN }, { sender: 'me', status: 'sent' }),
        {
          kind: 'receipt',
          chat: { jid: GROUP },
          recipient: { jid: ANN },
          whatsAppIds: ['MINE'],
          status: 'read',
          at: T0
        },
        reaction('LATE', T0)
      ],
      meanwhile: [() => [live('NEW', { jid: ANN }), inGroup('LATE', { jid: BOB })]]
    })
    expect({ contacts, receipts }).toEqual({ contacts: [], receipts: [] })
    expect(messages.find(({ id }) => id === 'LATE')).toMatchObject({ reactions: null })
  })

  test('is not brought back by a history under a new number of theirs', async () => {
    const old = from('TO NEW NUMBER', { jid: NEW_NUMBER }, { live: false })
    const { ids } = await leftAfter({
      before: [from('OLD', { jid: ANN }), old],
      meanwhile: [
        () => [{ kind: 'numberChanged', from: { jid: ANN }, to: { jid: NEW_NUMBER }, at: soon(), live: true }]
      ],
      afterwards: [() => [old]]
    })
    expect(ids).toEqual([])
  })

  test('is not brought back by a reply that quotes it', async () => {
    const quoted = { whatsAppId: 'WORDS', sender: { jid: ANN }, excerpt: 'words of Ann' }
    const { messages } = await leftAfter({
      before: [inGroup('WORDS', { jid: ANN }), from('OLD', { jid: ANN })],
      afterwards: [() => [inGroup('REPLY', { jid: BOB }, { live: true, timestamp: soon(), quoted })]]
    })
    expect(messages).toMatchObject([{ id: 'REPLY', excerpt: null }])
  })

  test('leaves no LID beside a number that had gone to somebody else', async () => {
    const { addresses, ids } = await leftAfter({
      address: ANN_LID,
      before: [
        from('OLD', { jid: ANN, alt: ANN_LID }),
        { kind: 'samePerson', phoneJid: ANN, lidJid: OTHER_LID, at: T0 + 1000 },
        from('OF THE OTHER', { jid: ANN, alt: OTHER_LID }, { timestamp: T0 + 2000 })
      ]
    })
    expect(ids).toEqual(['OF THE OTHER'])
    expect(JSON.stringify(addresses)).not.toContain(ANN_LID)
  })
})

describe('what comes afterwards', () => {
  test('stays, when it comes within the second of the request', async () => {
    const { ids } = await leftAfter({
      before: [from('OLD', { jid: ANN })],
      meanwhile: [() => [from('NEW', { jid: ANN }, { timestamp: Math.floor(Date.now() / 1000) * 1000 })]]
    })
    expect(ids).toEqual(['NEW'])
  })

  test.each([
    { where: 'their conversation', come: () => live('NEW', { jid: ANN }) },
    { where: 'a group', come: () => inGroup('NEW', { jid: ANN }, { live: true, timestamp: soon() }) }
  ])('stays in $where, in the row of a message that was erased', async ({ come }) => {
    const { ids } = await leftAfter({
      before: [inGroup('BOB', { jid: BOB }), from('OLD', { jid: ANN })],
      meanwhile: [() => [], () => [come()]]
    })
    expect(ids).toEqual(['BOB', 'NEW'])
  })

  test('in a group is theirs under both of their addresses: not doubled by a history, and found by what revokes it', async () => {
    const at = soon()
    const sent = inGroup('NEW', BOTH, { live: true, timestamp: at })
    const { messages } = await leftAfter({
      before: [from('OLD', { jid: ANN, alt: ANN_LID })],
      meanwhile: [() => [sent]],
      afterwards: [
        () => [{ ...sent, live: false }],
        () => [
          change(
            'NEW',
            { to: 'revoked', at: at + 1000 },
            { chat: { jid: GROUP }, target: { sender: BOTH, whatsAppId: 'NEW' }, by: BOTH }
          )
        ]
      ]
    })
    expect(messages).toMatchObject([{ id: 'NEW', type: 'revoked' }])
  })

  test('waits for its message', async () => {
    const { waiting } = await leftAfter({
      before: [from('OLD', { jid: ANN })],
      meanwhile: [() => [reaction('LATE', soon())]]
    })
    expect(waiting).toHaveLength(1)
  })

  test('brings them back under a LID that is learned with it: they are read and named again', async () => {
    const { contacts, threads } = await leftAfter({
      before: [from('OLD', { jid: ANN })],
      afterwards: [
        () => [live('NEW', BOTH)],
        () => [
          { kind: 'readByMe', chat: { jid: ANN_LID }, upTo: { whatsAppIds: ['NEW'] } },
          { kind: 'contact', person: { jid: ANN_LID }, name: 'Ann' }
        ]
      ]
    })
    expect(threads).toEqual([{ unreadCount: 0 }])
    expect(contacts).toEqual([{ name: 'Ann' }])
  })
})

describe('somebody else who gets the number', () => {
  test('meanwhile keeps what they wrote', async () => {
    const { ids } = await leftAfter({
      before: [from('OF ANN', { jid: ANN, alt: ANN_LID })],
      meanwhile: [
        () => [
          { kind: 'samePerson', phoneJid: ANN, lidJid: OTHER_LID, at: soon() },
          live('OF THE OTHER', { jid: ANN, alt: OTHER_LID })
        ]
      ]
    })
    expect(ids).toEqual(['OF THE OTHER'])
  })

  test('meanwhile, after its owner turned out to have a LID, is not erased instead of them', async () => {
    const { ids } = await leftAfter({
      before: [from('OLD', { jid: ANN }), from('OF THE OTHER', { jid: OTHER_LID })],
      meanwhile: [
        () => [
          live('NEW', BOTH),
          { kind: 'samePerson', phoneJid: ANN, lidJid: OTHER_LID, at: soon() + 60_000 }
        ]
      ]
    })
    expect(ids).toEqual(['NEW', 'OF THE OTHER'])
  })

  test('afterwards gets their own history', async () => {
    const { ids } = await leftAfter({
      before: [from('OLD', { jid: ANN, alt: ANN_LID }), from('OTHER 1', { jid: OTHER_LID })],
      afterwards: [
        () => [live('OTHER 2', { jid: OTHER_LID, alt: ANN })],
        () => [from('OTHER 0', { jid: OTHER_LID }, { live: false })]
      ]
    })
    expect(ids).toEqual(['OTHER 0', 'OTHER 1', 'OTHER 2'])
  })
})
