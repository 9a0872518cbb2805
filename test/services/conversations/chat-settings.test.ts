// What the owner sets on the phone: the last word counts, whichever way it came, and what is not stored yet gets it later.
import { Effect } from 'effect'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ChatSetting } from '../../../src/domain/chat-setting.ts'
import type { Fact } from '../../../src/domain/fact.ts'
import { messageIdOf, threadIdOf } from '../../../src/domain/ids.ts'
import { AccountStore } from '../../../src/services/conversations/account-store.ts'
import { MessageStore } from '../../../src/services/conversations/message-store.ts'
import { ThreadStore } from '../../../src/services/conversations/thread-store.ts'
import { onDatabase } from '../database.ts'
import { ACCOUNT as RECORD } from '../outbox/account.ts'
import { ACCOUNT, ANN, ANN_LID, apply, change, message, messagesOf, T0, threads } from './facts.ts'
import { thorough } from '../../thorough.ts'

const DAY = 24 * 60 * 60 * 1000

const set = (...settings: ReadonlyArray<ChatSetting>): Fact => ({
  kind: 'chatSettings',
  chat: { jid: ANN },
  settings
})

/** An account that was linked at `T0`. */
const linked = AccountStore.use(accounts =>
  Effect.andThen(accounts.create(RECORD), accounts.update(ACCOUNT, { linkedAt: T0 }))
)

test('of several reports of a setting the latest counts, in whatever order they come, before or after the thread', async () => {
  const reports = fc.uniqueArray(
    fc.record({
      setting: fc.constantFrom('archived', 'pinned', 'muted', 'markedUnread'),
      value: fc.constantFrom(0, 1),
      at: fc.integer({ min: 1, max: 50 })
    }),
    { selector: ({ at, setting }) => `${setting} ${at}`, maxLength: 8 }
  )
  await fc.assert(
    fc.asyncProperty(reports, fc.nat(8), async (all, place) => {
      const [found] = await onDatabase(
        Effect.gen(function* () {
          const facts: Array<Fact> = all.map(report => set(report as ChatSetting))
          for (const fact of facts.toSpliced(Math.min(place, facts.length), 0, message('A')))
            yield* apply(fact)
          return yield* threads
        })
      )
      const last = (name: string) =>
        all.filter(({ setting }) => setting === name).toSorted((a, b) => b.at - a.at)[0]?.value
      expect(found).toMatchObject({
        archived: last('archived') === 1,
        pinnedAt: last('pinned') ?? null,
        mutedUntil: last('muted') ?? null,
        markedUnread: last('markedUnread') === 1
      })
    }),
    { numRuns: thorough(15, 200) }
  )
})

test('history tells how a chat was when the account was linked: what was set since wins, what was set long before loses', async () => {
  const history = (value: number): Fact => ({
    kind: 'chat',
    chat: { jid: ANN },
    settings: [{ setting: 'archived', value, at: undefined }]
  })
  const archivedAfter = (...facts: ReadonlyArray<Fact>) =>
    onDatabase(
      Effect.gen(function* () {
        yield* linked
        for (const fact of facts) yield* apply(fact)
        return (yield* threads)[0]?.archived
      })
    )
  const since = set({ setting: 'archived', value: 1, at: T0 + 1 })
  const before = set({ setting: 'archived', value: 1, at: T0 - 30 * DAY })
  expect(await archivedAfter(since, history(0))).toBe(true)
  expect(await archivedAfter(history(0), since)).toBe(true)
  expect(await archivedAfter(before, history(0))).toBe(false)
  expect(await archivedAfter(history(0), before)).toBe(false)
  const named = await onDatabase(
    Effect.gen(function* () {
      yield* linked
      yield* apply(message('A'), { kind: 'contact', person: { jid: ANN }, name: 'Now', nameAt: T0 + 1 })
      yield* apply({ kind: 'contact', person: { jid: ANN }, name: 'When linked' })
      const name = (yield* threads)[0]?.displayName
      yield* apply({ kind: 'contact', person: { jid: ANN }, name: null, nameAt: T0 + 2 })
      return [name, (yield* threads)[0]?.displayName]
    })
  )
  expect(named).toEqual(['Now', '+491'])
})

test('a mark as unread that a page of the phone shows and one that the devices share: the later word wins, in either order', async () => {
  const page = (value: number, at: number): Fact => ({
    kind: 'chat',
    chat: { jid: ANN },
    settings: [{ setting: 'markedUnread', value, at }]
  })
  const shared = (value: number, at: number) => set({ setting: 'markedUnread', value, at })
  const markedAfter = (...facts: ReadonlyArray<Fact>) =>
    onDatabase(
      Effect.gen(function* () {
        yield* linked
        yield* apply(message('A'))
        for (const fact of facts) yield* apply(fact)
        return (yield* threads)[0]?.markedUnread
      })
    )
  for (const [earlier, later, wanted] of [
    [page(1, T0 + 1), shared(0, T0 + 2), false],
    [shared(0, T0 + 1), page(1, T0 + 2), true]
  ] as const) {
    expect(await markedAfter(earlier, later)).toBe(wanted)
    expect(await markedAfter(later, earlier)).toBe(wanted)
  }
})

test('messages of a cleared chat are marked when they come later, newer ones are not; starred ones may be spared', async () => {
  const [found, messages] = await onDatabase(
    Effect.gen(function* () {
      yield* apply(
        set({ setting: 'clearedExceptStarred', value: T0 + 2000, at: T0 + 5000 }),
        change('STAR', { to: 'starred', starred: true, at: T0 + 1 })
      )
      yield* apply(
        message('STAR'),
        message('OLD', { timestamp: T0 + 2000 }),
        message('NEW', { timestamp: T0 + 3000 })
      )
      return [(yield* threads)[0], yield* messagesOf(ANN)] as const
    })
  )
  expect(found).toMatchObject({ clearedAt: T0 + 5000, deletedAt: null, unreadCount: 1 })
  const marked = new Map(messages.map(({ deletedForMeAt, whatsAppId }) => [whatsAppId, deletedForMeAt]))
  expect(Object.fromEntries(marked)).toEqual({ STAR: null, OLD: T0 + 5000, NEW: null })
  expect(messages.find(({ whatsAppId }) => whatsAppId === 'STAR')?.starred).toBe(true)
})

test('undoing the removal of a message does not bring back what was removed with its chat', async () => {
  const removal = (id: string, deleted: boolean, at: number) =>
    change(id, { to: 'deletedForMe', deleted, at })
  const messages = await onDatabase(
    Effect.gen(function* () {
      yield* apply(message('EARLY', { timestamp: T0 + 1000 }), message('NEW', { timestamp: T0 + 3000 }))
      yield* apply(removal('EARLY', true, T0 + 4000), removal('NEW', true, T0 + 4000))
      yield* apply(set({ setting: 'cleared', value: T0 + 2000, at: T0 + 5000 }))
      yield* apply(removal('EARLY', false, T0 + 6000), removal('NEW', false, T0 + 6000))
      yield* apply(removal('LATE', true, T0 + 4000), removal('LATE', false, T0 + 6000))
      yield* apply(message('LATE', { timestamp: T0 + 1500 }))
      return yield* messagesOf(ANN)
    })
  )
  const removed = messages.filter(({ deletedForMeAt }) => deletedForMeAt !== null)
  expect(removed.map(({ whatsAppId }) => whatsAppId).toSorted()).toEqual(['EARLY', 'LATE'])
})

test('a message that its star has kept stays when the star is taken later, also when a removal of its own is undone', async () => {
  const [kept] = await onDatabase(
    Effect.gen(function* () {
      yield* apply(message('KEPT', { timestamp: T0 + 1000 }))
      yield* apply(change('KEPT', { to: 'starred', starred: true, at: T0 + 1500 }))
      yield* apply(set({ setting: 'clearedExceptStarred', value: T0 + 2000, at: T0 + 2500 }))
      yield* apply(change('KEPT', { to: 'starred', starred: false, at: T0 + 3000 }))
      yield* apply(change('KEPT', { to: 'deletedForMe', deleted: true, at: T0 + 4000 }))
      yield* apply(change('KEPT', { to: 'deletedForMe', deleted: false, at: T0 + 5000 }))
      return yield* messagesOf(ANN)
    })
  )
  expect(kept).toMatchObject({ whatsAppId: 'KEPT', starred: false, deletedForMeAt: null })
})

test('a message that waits to be sent stays when its chat is cleared, unless WhatsApp took it before', async () => {
  const own = (id: string) => message(id, { sender: 'me', status: 'queued', timestamp: T0 + 1000 })
  const sentAt = (whatsAppId: string, at: number) => {
    const key = { threadId: threadIdOf(ACCOUNT, ANN), messageId: messageIdOf('me', whatsAppId) }
    return MessageStore.use(messages =>
      messages.change(ACCOUNT, [
        { ...key, change: { to: 'status', status: 'sent', reason: null } },
        { ...key, change: { to: 'timed', at } }
      ])
    )
  }
  const messages = await onDatabase(
    Effect.gen(function* () {
      yield* apply(own('WAITS'), own('AFTER'), own('BEFORE'))
      yield* apply(set({ setting: 'cleared', value: T0 + 2000, at: T0 + 5000 }))
      yield* sentAt('AFTER', T0 + 3000)
      yield* sentAt('BEFORE', T0 + 1500)
      return yield* messagesOf(ANN)
    })
  )
  const removed = messages.filter(({ deletedForMeAt }) => deletedForMeAt !== null)
  expect(removed.map(({ whatsAppId }) => whatsAppId)).toEqual(['BEFORE'])
})

test('a deleted chat is not listed until something newer comes; what was marked as unread is read by reading it', async () => {
  await onDatabase(
    Effect.gen(function* () {
      const store = yield* ThreadStore
      const deleted = Effect.map(
        store.list(ACCOUNT, { limit: 9, deleted: true }),
        page => page.threads.length
      )
      yield* apply(message('A'), set({ setting: 'deleted', value: T0, at: T0 + 10 }))
      expect([(yield* threads).length, yield* deleted]).toEqual([0, 1])
      yield* apply(message('B', { timestamp: T0 + 1000 }))
      expect([(yield* threads).length, yield* deleted]).toEqual([1, 0])
      yield* apply(set({ setting: 'markedUnread', value: 1, at: T0 + 2000 }))
      expect(yield* threads).toMatchObject([{ markedUnread: true, deletedAt: T0 + 10 }])
      yield* store.markRead(ACCOUNT, threadIdOf(ACCOUNT, ANN), 'everything')
      expect(yield* threads).toMatchObject([{ markedUnread: false, unreadCount: 0 }])
    })
  )
})

test('a new message takes a chat out of the archive if the owner wants that', async () => {
  const archived = (unarchive: boolean) =>
    onDatabase(
      Effect.gen(function* () {
        yield* linked
        yield* apply({ kind: 'unarchiveChats', unarchive })
        yield* apply(message('A'), set({ setting: 'archived', value: 1, at: T0 + 500 }))
        yield* apply(message('B', { timestamp: T0 + 1000 }))
        return (yield* threads)[0]?.archived
      })
    )
  expect([await archived(true), await archived(false)]).toEqual([false, true])
})

test('labels stand on chats and messages that come later, and follow a person whose addresses are joined', async () => {
  const labeled = (whatsAppId?: string): Fact => ({
    kind: 'labelAssociation',
    labelId: '7',
    chat: { jid: ANN_LID },
    whatsAppId,
    labeled: true,
    at: T0
  })
  const [found, [stored]] = await onDatabase(
    Effect.gen(function* () {
      yield* apply(labeled(), labeled('A'), set({ setting: 'pinned', value: 5, at: 5 }))
      yield* apply(message('A'))
      yield* apply({ kind: 'samePerson', phoneJid: ANN, lidJid: ANN_LID, at: T0 })
      yield* apply(message('B'))
      return [
        (yield* threads)[0],
        yield* Effect.map(messagesOf(ANN), all => all.filter(m => m.whatsAppId === 'A'))
      ] as const
    })
  )
  expect(found).toMatchObject({ labels: ['7'], pinnedAt: 5 })
  expect(stored).toMatchObject({ labels: ['7'] })
})
