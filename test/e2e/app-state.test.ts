// App state through the product's doors: what the owner sets on the phone about chats, messages, contacts and labels, while this
// server watches, while it is away, and when it cannot be read.
import { expect, test } from 'vitest'
import type { Thread } from '../../src/domain/thread.ts'
import { type AnyStage, sharedInProcessStage } from './stage.ts'
import { thorough } from '../thorough.ts'

const shared = sharedInProcessStage()

const HISTORY = { chats: 4, messages: 60, groupsShare: 0.25, mediaShare: 0 }

const linked = async (stage: AnyStage) => {
  const { phone, accountId } = await stage.linked({ history: HISTORY })
  const [ann, ben] = phone.contacts
  if (ann === undefined || ben === undefined) throw new Error('The phone needs two contacts')
  const threads = async () => [
    ...(await stage.api.threads(accountId)),
    ...(await stage.api.threadPage(accountId, { deleted: 'true' })).threads
  ]
  const threadOf = async (contact: typeof ann): Promise<Thread> => {
    const found = (await threads()).find(({ clientJid }) => [contact.jid, contact.lid].includes(clientJid))
    if (found === undefined) throw new Error('There is no such thread')
    return found
  }
  const until = (contact: typeof ann, wanted: Partial<Thread>): Promise<Thread> => {
    let last: Thread | undefined
    return stage.api.until(
      () => `the thread to be ${JSON.stringify(wanted)}; it is ${JSON.stringify(last)}`,
      async () => {
        last = await threadOf(contact)
        const current: Readonly<Record<string, unknown>> = last
        return Object.entries(wanted).every(
          ([name, value]) => JSON.stringify(current[name]) === JSON.stringify(value)
        )
          ? last
          : undefined
      }
    )
  }
  return { accountId, ann, api: stage.api, ben, phone, threadOf, until }
}

/** What devices fetch from now on: the device, the collection, and the version after which they want it. */
const fetchesOn = (stage: AnyStage) => {
  const fetches: Array<{ readonly device: string; readonly collection: string; readonly from: number }> = []
  stage.simulator.events.on(({ detail, name }) => {
    // Nobody has written into a collection of version 0.
    if (name !== 'appStateFetched' || detail['version'] === 0) return
    fetches.push({
      device: String(detail['device']),
      collection: String(detail['collection']),
      from: Number(detail['from'])
    })
  })
  return fetches
}

test('names, archive, pin, mute and unread marks follow the phone: live, after an absence, and through kills', async () => {
  const stage = shared()
  const fetches = fetchesOn(stage)
  const { accountId, ann, ben, phone, until } = await linked(stage)
  const firstFetches = () =>
    fetches
      .filter(({ device, from }) => from === 0 && device.startsWith(`${phone.phoneNumber}:`))
      .map(({ collection }) => collection)
  await phone.nameContact(ann, 'Ann of Accounts')
  await phone.changeChat(ann, { archived: true })
  await phone.changeChat(ann, { pinned: true })
  await phone.changeChat(ann, { mutedUntil: 4_102_444_800_000 })
  await phone.changeChat(ann, { read: false })
  const set = await until(ann, {
    displayName: 'Ann of Accounts',
    archived: true,
    mutedUntil: 4_102_444_800_000,
    markedUnread: true
  })
  expect(set.pinnedAt).toEqual(expect.any(Number))
  await phone.receive({ from: ann, text: 'one more' })
  const unread = await stage.api.until('the message', async () => {
    const { unreadCount } = await until(ann, { markedUnread: true })
    return unreadCount > 0 ? unreadCount : undefined
  })
  expect(unread).toBeGreaterThan(0)
  await phone.changeChat(ann, { read: true })
  // Most often within the second of the last message that was read.
  await phone.receive({ from: ann, text: 'right after' })
  await until(ann, { markedUnread: false, unreadCount: 1, lastMessageText: 'right after' })
  await phone.changeChat(ann, { read: true })
  await until(ann, { markedUnread: false, unreadCount: 0 })

  const once = firstFetches()
  expect(once.toSorted()).toEqual([...new Set(once)].toSorted())
  expect(once.length).toBeGreaterThan(2)
  await stage.server.stop()
  await phone.nameContact(ann, 'Ann the Second')
  await phone.changeChat(ann, { archived: false })
  await phone.changeChat(ann, { pinned: false })
  await phone.changeChat(ann, { mutedUntil: null })
  await phone.changeChat(ben, { archived: true })
  await phone.changeChat(ben, { read: false })
  // Killed in the middle of taking them in, and right after the first was taken in.
  for (const point of thorough(['within.appState'], ['within.appState', 'after.appState']))
    await stage.crashAt(point)
  await stage.restart()
  await until(ann, {
    displayName: 'Ann the Second',
    archived: false,
    pinnedAt: null,
    mutedUntil: null
  })
  await until(ben, { archived: true, markedUnread: true })
  expect(firstFetches()).toEqual(once)
  await phone.nameContact(ann)
  await until(ann, { displayName: ann.pushName })
  expect(await stage.api.incidents(accountId)).toEqual([])
})

test('stars, labels and removals are kept with what they are about; what was removed stays, with a mark', async () => {
  const stage = shared()
  const { accountId, ann, api, ben, phone, threadOf, until } = await linked(stage)
  const { id: first } = await phone.receive({ from: ann, text: 'to be starred' })
  const { id: second } = await phone.send({ to: ann, text: 'to be removed' })
  const { id: third } = await phone.receive({ from: ann, text: 'to be labelled' })
  await stage.synced(accountId, phone)
  const { threadId } = await threadOf(ann)
  await phone.markMessage(ann, first, { starred: true })
  await phone.markMessage(ann, second, { deletedForMe: true })
  await phone.editLabel({ id: '7', name: 'Paid', color: 3 })
  await phone.markMessage(ann, third, { label: '7', labeled: true })
  await phone.changeChat(ann, { label: '7', labeled: true })
  await api.untilMessage(threadId, `${first}_them`, ({ starred }) => starred)
  const removed = await api.untilMessage(threadId, `${second}_me`, message => message.deletedForMeAt !== null)
  expect(removed.body).toBe('to be removed')
  await api.untilMessage(threadId, `${third}_them`, ({ labels }) => labels.includes('7'))
  await until(ann, { labels: ['7'] })
  expect((await api.threadPage(accountId, { label: '7' })).threads).toHaveLength(1)
  expect(await api.labels(accountId)).toEqual([{ labelId: '7', name: 'Paid', color: 3, predefinedId: null }])
  expect(await api.labels(accountId)).not.toEqual([])
  await phone.markMessage(ann, second, { deletedForMe: false })
  await api.untilMessage(threadId, `${second}_me`, message => message.deletedForMeAt === null)

  await phone.changeChat(ann, { cleared: 'exceptStarred' })
  const cleared = await api.until('the chat to be cleared', async () => {
    const thread = await threadOf(ann)
    return thread.clearedAt === null ? undefined : thread
  })
  expect(cleared).toMatchObject({ unreadCount: 0, deletedAt: null })
  const messages = (await api.messages(threadId)).filter(({ type }) => type !== 'system')
  expect(messages.filter(({ deletedForMeAt }) => deletedForMeAt === null).map(m => m.whatsAppId)).toEqual([
    first
  ])

  await phone.changeChat(ben, { deleted: true })
  const gone = await api.until('the chat to be deleted', async () => {
    const { threads } = await api.threadPage(accountId, { deleted: 'true' })
    return threads[0]
  })
  expect(gone).toMatchObject({ unreadCount: 0, deletedAt: expect.any(Number) })
  expect((await api.threads(accountId)).map(thread => thread.threadId)).not.toContain(gone.threadId)
  expect((await api.messages(gone.threadId)).length).toBeGreaterThan(0)
  await phone.receive({ from: ben, text: 'hello again' })
  await api.until('the thread to be listed again', async () =>
    (await api.threads(accountId)).some(({ threadId: id }) => id === gone.threadId) ? true : undefined
  )
  await phone.editLabel({ id: '7', name: 'Paid', deleted: true })
  await until(ann, { labels: [] })
  expect(await api.labels(accountId)).toEqual([])
})

test('a collection that cannot be read is recovered: a key is asked for, a snapshot taken, or the phone sends a new copy', async () => {
  const stage = shared()
  const { accountId, ann, api, phone, threadOf, until } = await linked(stage)
  const peerRequests: Array<unknown> = []
  stage.simulator.events.on(({ detail, name }) => {
    if (name === 'peerRequest') peerRequests.push(detail['type'])
  })

  await phone.rotateAppStateKey()
  await phone.changeChat(ann, { archived: true })
  await until(ann, { archived: true })
  expect(await api.incidents(accountId)).toEqual([])

  await phone.rotateAppStateKey({ share: false })
  await phone.changeChat(ann, { archived: false })
  await until(ann, { archived: false })
  const kinds = async () => (await api.incidents(accountId)).map(({ kind }) => kind).toSorted()
  expect(await kinds()).toEqual(['appState.missingKey'])

  const lost = phone.fault(
    { kind: 'appState', effect: 'missingPatch', collection: 'regular_low' },
    { times: 1 }
  )
  await phone.changeChat(ann, { archived: true })
  const fetches = fetchesOn(stage)
  await phone.changeChat(ann, { pinned: true })
  await until(ann, { archived: true })
  await api.until('the pin', async () => ((await threadOf(ann)).pinnedAt === null ? undefined : true))
  expect(fetches.length).toBeLessThan(20)
  lost.clear()

  // A device whose own copy has a fault writes patches that fit nothing: what they say counts, and what comes after them.
  const diverged = phone.fault({ kind: 'appState', effect: 'diverged', collection: 'regular_high' })
  // The phone cannot send a new copy.
  phone.goOffline()
  await phone.changeChat(ann, { mutedUntil: 4_102_444_700_000 })
  await until(ann, { mutedUntil: 4_102_444_700_000 })
  phone.goOnline()
  diverged.clear()
  await phone.changeChat(ann, { mutedUntil: null })
  await until(ann, { mutedUntil: null })

  const wrong = phone.fault({ kind: 'appState', effect: 'wrongMac', collection: 'regular_high' })
  await phone.changeChat(ann, { mutedUntil: 4_102_444_800_000 })
  await until(ann, { mutedUntil: 4_102_444_800_000 })
  await api.until('the incident', async () =>
    (await kinds()).includes('appState.damaged') ? true : undefined
  )
  await stage.simulator.until(() => peerRequests.includes('COMPANION_SYNCD_SNAPSHOT_FATAL_RECOVERY'), {
    what: 'the phone to be asked for a new copy'
  })
  wrong.clear()
  await phone.changeChat(ann, { mutedUntil: null })
  await until(ann, { mutedUntil: null })

  await phone.writeUnreadableAppState('regular_high', ['mute', ann.jid])
  await api.until('the incident', async () =>
    (await kinds()).includes('appState.unreadableRecord') ? true : undefined
  )
  await phone.changeChat(ann, { mutedUntil: 4_102_444_800_000 })
  await until(ann, { mutedUntil: 4_102_444_800_000 })
})
