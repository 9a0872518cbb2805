// One person, one thread: what follows when two threads turn out to be one person.
import { Effect } from 'effect'
import { SqlClient } from 'effect/sql'
import { expect, test } from 'vitest'
import type { Fact } from '../../../src/domain/fact.ts'
import { newAccount } from '../../../src/domain/account.ts'
import { messageIdOf, threadIdOf } from '../../../src/domain/ids.ts'
import { AccountStore } from '../../../src/services/conversations/account-store.ts'
import { ReceiptStore } from '../../../src/services/conversations/receipt-store.ts'
import { ThreadStore } from '../../../src/services/conversations/thread-store.ts'
import { EventLog } from '../../../src/services/events/event-log.ts'
import { PlaceholderQueue } from '../../../src/services/history/placeholders/queue.ts'
import { onDatabase } from '../database.ts'
import { ACCOUNT, ANN, ANN_LID, apply, change, GROUP, message, messagesOf, T0, threads } from './facts.ts'

const ONE: Fact = { kind: 'samePerson', phoneJid: ANN, lidJid: ANN_LID, at: 0 }
const lid = { chat: { jid: ANN_LID }, sender: { jid: ANN_LID } }
const own = { sender: 'me' as const, status: 'sent' as const }
const receipt = (jid: string, status: 'delivered' | 'read', at: number): Fact => ({
  kind: 'receipt',
  chat: { jid },
  recipient: { jid },
  whatsAppIds: ['OWN'],
  status,
  at
})

test('unread count and summary follow, derived again over what both threads held', async () => {
  const [found] = await onDatabase(
    Effect.gen(function* () {
      yield* apply(message('A'), message('B', { timestamp: T0 + 1000 }))
      yield* apply(
        message('B', { ...lid, timestamp: T0 + 1000 }),
        message('C', { ...lid, timestamp: T0 + 2000 }),
        message('D', { ...lid, timestamp: T0 + 3000 })
      )
      // Read on the phone, in one of the two, up to B.
      yield* apply({ kind: 'readByMe', chat: { jid: ANN }, upTo: { whatsAppIds: ['B'] } })
      yield* apply(ONE)
      return yield* threads
    })
  )
  expect(found).toMatchObject({ unreadCount: 2, lastMessageText: 'body of D', lastMessageAt: T0 + 3000 })
})

test('one message that both threads held keeps the best of both: status, receipts, edits', async () => {
  const [messages, receipts] = await onDatabase(
    Effect.gen(function* () {
      yield* apply(message('OWN', { ...own }), receipt(ANN, 'delivered', T0 + 1))
      yield* apply(
        message('OWN', { ...own, chat: { jid: ANN_LID } }),
        receipt(ANN_LID, 'read', T0 + 2),
        receipt(ANN_LID, 'delivered', T0 + 5)
      )
      yield* apply(ONE)
      const id = messageIdOf('me', 'OWN')
      return [
        yield* messagesOf(ANN),
        yield* ReceiptStore.use(receipts => receipts.list(threadIdOf(ACCOUNT, ANN_LID), id))
      ] as const
    })
  )
  expect(messages).toMatchObject([{ whatsAppId: 'OWN', status: 'read' }])
  expect(receipts).toEqual([{ recipient: ANN, deliveredAt: T0 + 1, readAt: T0 + 2, playedAt: null }])
})

test('what waits for its message waits in the thread that stays', async () => {
  const messages = await onDatabase(
    Effect.gen(function* () {
      yield* apply(message('A'), message('B', { ...lid }))
      yield* apply(
        change(
          'LATE',
          { to: 'edited', body: 'edited', at: T0 + 9 },
          { ...lid, target: { sender: { jid: ANN_LID }, whatsAppId: 'LATE' }, by: { jid: ANN_LID } }
        ),
        { kind: 'readByMe', chat: { jid: ANN_LID }, upTo: { whatsAppIds: ['LATE'] } }
      )
      yield* apply(ONE, message('LATE', { timestamp: T0 + 8000 }))
      expect((yield* threads)[0]?.unreadCount).toBe(0)
      return yield* messagesOf(ANN)
    })
  )
  expect(messages[0]).toMatchObject({ whatsAppId: 'LATE', body: 'edited' })
})

test('receipts and changes that came under an address without a thread find their message', async () => {
  const [messages, receipts] = await onDatabase(
    Effect.gen(function* () {
      yield* apply(message('OWN', { ...own }), message('A'))
      yield* apply(
        receipt(ANN_LID, 'read', T0 + 2),
        change(
          'A',
          { to: 'edited', body: 'edited', at: T0 + 3 },
          { ...lid, target: { sender: { jid: ANN_LID }, whatsAppId: 'A' }, by: { jid: ANN_LID } }
        ),
        { kind: 'readByMe', chat: { jid: ANN_LID }, upTo: { whatsAppIds: ['A'] } }
      )
      yield* apply(ONE)
      expect((yield* threads)[0]?.unreadCount).toBe(0)
      const receiptStore = yield* ReceiptStore
      return [
        yield* messagesOf(ANN),
        yield* receiptStore.list(threadIdOf(ACCOUNT, ANN), messageIdOf('me', 'OWN'))
      ] as const
    })
  )
  expect(messages.find(found => found.whatsAppId === 'OWN')?.status).toBe('read')
  expect(messages.find(found => found.whatsAppId === 'A')?.body).toBe('edited')
  expect(receipts).toMatchObject([{ recipient: ANN, readAt: T0 + 2 }])
})

test('in groups, messages, quotes and reactions of the person come under one name', async () => {
  const group = { chat: { jid: GROUP } }
  const messages = await onDatabase(
    Effect.gen(function* () {
      yield* apply(message('KNOWN', { chat: { jid: ANN } }), message('LID', { ...lid }))
      yield* apply(
        message('G', { ...group, sender: { jid: ANN_LID } }),
        message('ANSWER', {
          ...group,
          ...own,
          timestamp: T0 + 1000,
          quoted: { whatsAppId: 'G', sender: { jid: ANN_LID } }
        }),
        change(
          'ANSWER',
          { to: 'reacted', emoji: '👍', at: T0 + 2 },
          { ...group, target: { sender: 'me', whatsAppId: 'ANSWER' }, by: { jid: ANN_LID } }
        ),
        change(
          'ANSWER',
          { to: 'reacted', emoji: '❤️', at: T0 + 3 },
          { ...group, target: { sender: 'me', whatsAppId: 'ANSWER' }, by: { jid: ANN } }
        )
      )
      yield* apply(ONE)
      return yield* messagesOf(GROUP)
    })
  )
  expect(messages).toHaveLength(2)
  expect(messages[1]).toMatchObject({ sender: ANN, messageId: messageIdOf(ANN, 'G') })
  expect(messages[0]).toMatchObject({
    quotedMessageId: messageIdOf(ANN, 'G'),
    reactions: [{ sender: ANN, emoji: '❤️' }]
  })
})

test('the count of stored messages stays true, and the old thread id keeps answering', async () => {
  const [counted, real, byOld] = await onDatabase(
    Effect.gen(function* () {
      const accounts = yield* AccountStore
      const threads = yield* ThreadStore
      const sql = yield* SqlClient.SqlClient
      yield* accounts.create(newAccount({ accountId: ACCOUNT, name: 'Shop', createdAt: 1 }))
      yield* apply(message('A'), message('B'))
      yield* apply(message('B', { ...lid }), message('C', { ...lid }))
      yield* apply(message('G', { chat: { jid: GROUP }, sender: { jid: ANN_LID } }))
      yield* apply(message('G', { chat: { jid: GROUP }, sender: { jid: ANN } }))
      yield* apply(ONE)
      const [row] = yield* sql<{ n: number }>`SELECT COUNT(*) AS n FROM messages`
      const { messages } = yield* accounts.counts(ACCOUNT)
      return [messages, row?.n, yield* threads.read(threadIdOf(ACCOUNT, ANN_LID))] as const
    })
  )
  expect(counted).toBe(4)
  expect(real).toBe(counted)
  expect(byOld?.threadId).toBe(threadIdOf(ACCOUNT, ANN))
})

test('subscribers hear of the merge in the transaction that made it', async () => {
  const events = await onDatabase(
    Effect.gen(function* () {
      yield* apply(message('A'), message('B', { ...lid }))
      const eventLog = yield* EventLog
      const after = yield* eventLog.newest
      yield* apply(ONE)
      return yield* eventLog.list({ after, limit: 10 })
    })
  )
  expect(events).toMatchObject([
    { kind: 'thread.merged', threadId: threadIdOf(ACCOUNT, ANN) },
    { kind: 'thread.changed', threadId: threadIdOf(ACCOUNT, ANN) }
  ])
})

test('that two threads are one may come in the middle of a batch: nothing is left in the one that went', async () => {
  const [found, messages] = await onDatabase(
    Effect.gen(function* () {
      yield* apply(message('LID', { ...lid }), message('PHONE'))
      yield* apply(
        message('BEFORE', { timestamp: T0 + 1000 }),
        message('BOTH', { chat: { jid: ANN_LID, alt: ANN }, sender: { jid: ANN_LID, alt: ANN } })
      )
      return [yield* threads, yield* messagesOf(ANN)] as const
    })
  )
  expect(found).toHaveLength(1)
  expect(messages.map(({ whatsAppId }) => whatsAppId).toSorted()).toEqual(['BEFORE', 'BOTH', 'LID', 'PHONE'])
})

test('what the owner set for the chat follows, also where the other address had no thread', async () => {
  const [found] = await onDatabase(
    Effect.gen(function* () {
      yield* apply({ kind: 'contact', person: { jid: ANN }, name: 'Ann' })
      yield* apply(
        {
          kind: 'chatSettings',
          chat: { jid: ANN_LID },
          settings: [
            { setting: 'archived', value: 1, at: T0 },
            { setting: 'pinned', value: 5, at: T0 },
            { setting: 'muted', value: T0, at: T0 }
          ]
        },
        message('A', { ...lid })
      )
      yield* apply(ONE)
      return yield* threads
    })
  )
  expect(found).toMatchObject({ archived: true, pinnedAt: 5, mutedUntil: T0 })
})

test('a group message without content goes on being asked for under its new id', async () => {
  await onDatabase(
    Effect.gen(function* () {
      yield* apply(message('KNOWN'), message('LID', { ...lid }))
      yield* apply(
        message('EMPTY', {
          chat: { jid: GROUP },
          sender: { jid: ANN_LID },
          type: 'undecryptable',
          body: null,
          status: 'undecryptable'
        })
      )
      yield* apply(ONE)
      const due = yield* PlaceholderQueue.use(queue => queue.due(ACCOUNT, Number.MAX_SAFE_INTEGER, 10))
      expect(due.map(({ messageId }) => messageId)).toEqual([messageIdOf(ANN, 'EMPTY')])
    })
  )
})

test('of many people who are mentioned at once each is who they are: known, under another spelling, new, or new with a LID', async () => {
  const [WRITTEN, NEW, NEW_LID] = ['5511987654321@s.whatsapp.net', '493@s.whatsapp.net', '88@lid']
  const strangers = Array.from({ length: 300 }, (_, n) => `48${n}@s.whatsapp.net`)
  const mentions = [ANN_LID, WRITTEN, ...strangers, strangers[0]!].map(jid => ({ jid }))
  const people = [ANN, '551187654321@s.whatsapp.net', ...strangers, NEW_LID]
  await onDatabase(
    Effect.gen(function* () {
      yield* apply(message('A'), ONE, {
        kind: 'sameNumber',
        written: WRITTEN,
        phoneJid: '551187654321@s.whatsapp.net'
      })
      const everybody = { mentions: [...mentions, { jid: NEW_LID, alt: NEW }] }
      yield* apply(
        message('M', { ...everybody, timestamp: T0 + 1000 }),
        message('N', { timestamp: T0 + 2000 })
      )
      yield* apply(change('N', { to: 'edited', body: 'x', at: T0 + 3000, ...everybody }))
      const [edited, written] = yield* messagesOf(ANN)
      expect(written?.mentions).toEqual(people)
      expect(edited?.mentions).toEqual(people)
      const sql = yield* SqlClient.SqlClient
      const rows =
        yield* sql`SELECT jid FROM addresses WHERE account_id = ${ACCOUNT} AND jid IN (${WRITTEN}, ${NEW}, ${strangers[0]!}) ORDER BY jid`
      expect(rows).toEqual([{ jid: strangers[0] }, { jid: NEW }])
    })
  )
})
