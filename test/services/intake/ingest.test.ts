// From facts to documents, on a real database.
import { Effect, Exit } from 'effect'
import { expect, test } from 'vitest'
import type { Fact } from '../../../src/domain/fact.ts'
import { MessageStore } from '../../../src/services/conversations/message-store.ts'
import { ReceiptStore } from '../../../src/services/conversations/receipt-store.ts'
import { EventLog } from '../../../src/services/events/event-log.ts'
import { Ingest } from '../../../src/services/intake/ingest.ts'
import { messageIdOf, threadIdOf } from '../../../src/domain/ids.ts'
import { onDatabase } from '../database.ts'
import {
  ACCOUNT,
  ANN,
  ANN_LID,
  apply,
  change,
  GROUP,
  message,
  messagesOf,
  T0,
  threads
} from '../conversations/facts.ts'

test('a message told twice, live and by history, is one document and one unread', async () => {
  const [thread, messages] = await onDatabase(
    Effect.gen(function* () {
      yield* apply(message('A'))
      yield* apply(message('A'), message('A', { live: false }))
      return [(yield* threads)[0], yield* messagesOf(ANN)] as const
    })
  )
  expect(messages).toHaveLength(1)
  expect(thread?.unreadCount).toBe(1)
})

test('a group member who reuses another’s message id overwrites nothing', async () => {
  const group = { jid: GROUP }
  const messages = await onDatabase(
    Effect.gen(function* () {
      yield* apply(message('A', { chat: group, sender: { jid: ANN }, body: 'original' }))
      yield* apply(message('A', { chat: group, sender: { jid: '492@s.whatsapp.net' }, body: 'forged' }))
      yield* apply(
        change(
          'A',
          { to: 'edited', body: 'forged', at: T0 + 1 },
          { chat: group, by: { jid: '492@s.whatsapp.net' } }
        )
      )
      return yield* messagesOf(GROUP)
    })
  )
  expect(messages.map(found => found.body).toSorted((a, b) => (a ?? '').localeCompare(b ?? ''))).toEqual([
    'forged',
    'original'
  ])
})

test('a person known by two addresses has one thread, whichever came first', async () => {
  for (const [first, second] of [
    [ANN, ANN_LID],
    [ANN_LID, ANN]
  ] as const) {
    const [found, bySecond] = await onDatabase(
      Effect.gen(function* () {
        yield* apply(message('A', { chat: { jid: first }, sender: { jid: first } }))
        yield* apply(message('B', { chat: { jid: second, alt: first }, sender: { jid: second, alt: first } }))
        return [yield* threads, yield* messagesOf(second)] as const
      })
    )
    expect(found.map(thread => thread.clientJid)).toEqual([first])
    expect(bySecond).toHaveLength(2)
  }
})

test('two threads that turn out to be one person become one, and nothing is lost or doubled', async () => {
  const [found, byOld, byNew] = await onDatabase(
    Effect.gen(function* () {
      yield* apply(message('A'), message('B', { timestamp: T0 + 1000 }))
      yield* apply(
        message('B', { chat: { jid: ANN_LID }, sender: { jid: ANN_LID }, timestamp: T0 + 1000 }),
        message('C', { chat: { jid: ANN_LID }, sender: { jid: ANN_LID }, timestamp: T0 + 2000 }),
        message('G', { chat: { jid: GROUP }, sender: { jid: ANN_LID } }),
        message('G', { chat: { jid: GROUP }, sender: { jid: ANN } })
      )
      yield* apply({ kind: 'samePerson', phoneJid: ANN, lidJid: ANN_LID, at: 0 })
      yield* apply(message('C', { chat: { jid: ANN_LID }, sender: { jid: ANN_LID }, timestamp: T0 + 2000 }))
      return [yield* threads, yield* messagesOf(ANN_LID), yield* messagesOf(ANN)] as const
    })
  )
  expect(found.filter(thread => thread.kind === 'direct')).toHaveLength(1)
  expect(found.find(thread => thread.kind === 'direct')).toMatchObject({
    clientJid: ANN,
    lastMessageText: 'body of C'
  })
  expect(byNew.map(found => found.whatsAppId)).toEqual(['C', 'B', 'A'])
  expect(byOld).toEqual(byNew)
})

test('history that arrives after live messages never becomes the last message', async () => {
  const [thread] = await onDatabase(
    Effect.gen(function* () {
      yield* apply(message('NEW', { timestamp: T0 + 5000 }))
      yield* apply(message('OLD', { timestamp: T0, live: false }))
      return yield* threads
    })
  )
  expect(thread).toMatchObject({ lastMessageText: 'body of NEW', lastMessageAt: T0 + 5000 })
})

test('edits, revokes and reactions that come before their message wait for it', async () => {
  const messages = await onDatabase(
    Effect.gen(function* () {
      yield* apply(
        change('A', { to: 'edited', body: 'edited', at: T0 + 1 }),
        change('A', { to: 'reacted', emoji: '🎉', at: T0 + 2 }, { by: 'me' }),
        change('B', { to: 'revoked', at: T0 + 3 })
      )
      expect(yield* threads).toEqual([])
      yield* apply(message('A'), message('B'))
      return yield* messagesOf(ANN)
    })
  )
  expect(messages.find(found => found.whatsAppId === 'A')).toMatchObject({
    body: 'edited',
    edits: [{ body: 'body of A' }],
    reactions: [{ sender: 'me', emoji: '🎉' }]
  })
  expect(messages.find(found => found.whatsAppId === 'B')).toMatchObject({ type: 'revoked', body: null })
})

test('the same edit told twice is one edit, and an older one does not undo a newer one', async () => {
  const [found] = await onDatabase(
    Effect.gen(function* () {
      yield* apply(message('A'), change('A', { to: 'edited', body: 'second', at: T0 + 2 }))
      yield* apply(
        change('A', { to: 'edited', body: 'second', at: T0 + 2 }),
        change('A', { to: 'edited', body: 'first', at: T0 + 1 })
      )
      return yield* messagesOf(ANN)
    })
  )
  expect(found).toMatchObject({ body: 'second' })
  expect(found?.edits).toEqual([
    { body: 'body of A', editedAt: T0 + 1 },
    { body: 'first', editedAt: T0 + 2 }
  ])
})

test('nobody edits or revokes another person’s message', async () => {
  const [found] = await onDatabase(
    Effect.gen(function* () {
      yield* apply(message('A', { sender: 'me', status: 'sent' }))
      yield* apply(
        change(
          'A',
          { to: 'edited', body: 'forged', at: T0 + 1 },
          { target: { sender: 'me', whatsAppId: 'A' } }
        ),
        change('A', { to: 'revoked', at: T0 + 1 }, { target: { sender: 'me', whatsAppId: 'A' } })
      )
      return yield* messagesOf(ANN)
    })
  )
  expect(found).toMatchObject({ body: 'body of A', type: 'text', edits: [] })
})

test('receipts raise the status of our message, never lower it, and may come before it', async () => {
  const receipt = (status: 'delivered' | 'read', whatsAppId: string): Fact => ({
    kind: 'receipt',
    chat: { jid: ANN },
    recipient: { jid: ANN },
    whatsAppIds: [whatsAppId],
    status,
    at: T0
  })
  const messages = await onDatabase(
    Effect.gen(function* () {
      yield* apply(receipt('read', 'EARLY'))
      yield* apply(
        message('A', { sender: 'me', status: 'sent' }),
        message('EARLY', { sender: 'me', status: 'sent' })
      )
      yield* apply(receipt('read', 'A'), receipt('delivered', 'A'))
      return yield* messagesOf(ANN)
    })
  )
  expect(messages.map(found => found.status)).toEqual(['read', 'read'])
})

test('a message that could not be read is filled in place when it comes after all', async () => {
  const messages = await onDatabase(
    Effect.gen(function* () {
      yield* apply(
        message('A', {
          type: 'undecryptable',
          body: null,
          status: 'undecryptable',
          statusReason: 'no session'
        })
      )
      yield* apply(message('A'))
      yield* apply(message('A', { type: 'undecryptable', body: null, status: 'undecryptable' }))
      return yield* messagesOf(ANN)
    })
  )
  expect(messages).toMatchObject([
    { type: 'text', body: 'body of A', status: 'received', statusReason: null }
  ])
})

test('an edit of a message that cannot be read yet waits for its content', async () => {
  const [found] = await onDatabase(
    Effect.gen(function* () {
      yield* apply(message('A', { type: 'undecryptable', body: null, status: 'undecryptable' }))
      yield* apply(change('A', { to: 'edited', body: 'edited', at: T0 + 1 }))
      yield* apply(message('A'))
      return yield* messagesOf(ANN)
    })
  )
  expect(found).toMatchObject({ type: 'text', body: 'edited', edits: [{ body: 'body of A' }] })
})

test('reading on the phone clears the unread count, and what comes later counts again', async () => {
  const [thread] = await onDatabase(
    Effect.gen(function* () {
      yield* apply(
        message('A'),
        message('B'),
        {
          kind: 'readByMe',
          chat: { jid: ANN },
          upTo: { whatsAppIds: ['B'] }
        },
        message('C')
      )
      return yield* threads
    })
  )
  expect(thread?.unreadCount).toBe(1)
})

test('message, thread summary, receipt and event change together or not at all', async () => {
  const read: Fact = {
    kind: 'receipt',
    chat: { jid: ANN },
    recipient: { jid: ANN },
    whatsAppIds: ['OWN'],
    status: 'read',
    at: T0 + 1
  }
  const everything = Effect.gen(function* () {
    const receipts = yield* ReceiptStore
    const eventLog = yield* EventLog
    return {
      threads: yield* threads,
      messages: (yield* messagesOf(ANN)).map(found => [found.whatsAppId, found.status]),
      receipts: yield* receipts.list(threadIdOf(ACCOUNT, ANN), messageIdOf('me', 'OWN')),
      events: (yield* eventLog.list({ after: 0, limit: 10 })).map(event => event.kind)
    }
  })
  const [exit, during, after] = await onDatabase(
    Effect.gen(function* () {
      const ingest = yield* Ingest
      const facts = [message('OWN', { sender: 'me', status: 'sent' }), read]
      const failing = yield* Effect.exit(ingest.apply(ACCOUNT, facts, Effect.fail('power cut')))
      const nothing = yield* everything
      yield* apply(...facts)
      return [failing, nothing, yield* everything] as const
    })
  )
  expect(Exit.isFailure(exit)).toBe(true)
  expect(during).toEqual({ threads: [], messages: [], receipts: [], events: [] })
  expect(after).toMatchObject({
    threads: [{ lastMessageText: 'body of OWN' }],
    messages: [['OWN', 'read']],
    receipts: [{ readAt: T0 + 1 }],
    events: ['message.stored', 'thread.changed', 'message.status']
  })
})

test('messages of one second stand in the order in which they came, in both directions of paging', async () => {
  const [down, up] = await onDatabase(
    Effect.gen(function* () {
      for (const id of ['C', 'A', 'B']) yield* apply(message(id))
      yield* apply(message('D', { timestamp: T0 + 1000 }))
      const messages = yield* MessageStore
      const thread = threadIdOf(ACCOUNT, ANN)
      const { messages: all } = yield* messages.list(thread, { limit: 10 })
      const cursor = (index: number) => ({ time: all[index]!.tsClient, id: all[index]!.messageId })
      const older = yield* messages.list(thread, { limit: 2, before: cursor(1) })
      const newer = yield* messages.list(thread, { limit: 2, after: cursor(3) })
      return [[...all.slice(0, 2), ...older.messages], newer.messages]
    })
  )
  expect(down!.map(found => found.whatsAppId)).toEqual(['D', 'B', 'A', 'C'])
  expect(up!.map(found => found.whatsAppId)).toEqual(['B', 'A'])
})

test('a message that history tells was deleted keeps nothing of what it said before', async () => {
  const [found] = await onDatabase(
    Effect.gen(function* () {
      yield* apply(message('A'), change('A', { to: 'edited', body: 'edited', at: T0 + 1 }))
      yield* apply(message('A', { type: 'revoked', body: null, live: false }))
      return yield* messagesOf(ANN)
    })
  )
  expect(found).toMatchObject({ type: 'revoked', body: null, edits: [] })
})

test('subscribers hear of no thread that is not there', async () => {
  const events = await onDatabase(
    Effect.gen(function* () {
      yield* apply({
        kind: 'chatSettings',
        chat: { jid: ANN },
        settings: [{ setting: 'archived', value: 1, at: T0 }]
      })
      return yield* EventLog.use(eventLog => eventLog.list({ accountId: ACCOUNT, after: 0, limit: 10 }))
    })
  )
  expect(events).toEqual([])
})
