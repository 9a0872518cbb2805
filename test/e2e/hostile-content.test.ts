// Whatever a message, a name or a subject contains: it is bounded, kept, answered as valid JSON and in valid headers, and its words are found.
import { expect, test } from 'vitest'
import { LONGEST } from '../../src/domain/lengths.ts'
import { FINDABLE, HOSTILE_CONTENT, hidden, UNSEEN } from '../attack/hostile-content.ts'
import { sharedInProcessStage } from './stage.ts'
import { thorough, thoroughTest } from '../thorough.ts'

const shared = sharedInProcessStage()

test('hostile content of every field is bounded, kept, exported, and found by its words', async () => {
  const stage = shared()
  const { api } = stage
  const { accountId, phone } = await stage.linked({ history: { chats: 1, messages: 2, groupsShare: 0 } })
  const events = await api.subscribe(`?accountId=${accountId}`)
  const [from] = phone.contacts
  from!.pushName = `${hidden('Mallory')}\u202e\u0007${'n'.repeat(5000)}`
  const names = new Map<string, string>()
  // A list of three hundred thousand rows takes as long as everything else together.
  const left = thorough(['list'], [])
  for (const [name, content] of Object.entries(HOSTILE_CONTENT)) {
    if (left.includes(name)) continue
    const { id } = await phone.receive({ from: from!, message: content() })
    names.set(id, name)
  }
  await stage.simulator.until(() => phone.offlineQueue().length === 0, { timeoutMs: 120_000 })
  await stage.synced(accountId, phone)

  const [thread] = await api.threads(accountId)
  const stored = await api.messages(thread!.threadId, 5)
  const byName = new Map(stored.map(message => [names.get(message.whatsAppId), message]))
  expect([...names.values()].filter(name => !byName.has(name))).toEqual([])
  for (const message of byName.values()) {
    expect(message.body?.length ?? 0).toBeLessThanOrEqual(LONGEST.body)
    expect(message.senderName?.length ?? 0).toBeLessThanOrEqual(LONGEST.name)
    expect(JSON.stringify(message).length).toBeLessThan(1_000_000)
  }
  const shortened = Object.fromEntries([...byName].map(([name, message]) => [name, message.shortened]))
  expect(shortened).toMatchObject({
    text: [],
    megabyteText: ['body'],
    mentions: ['mentions'],
    quotes: [],
    caption: ['body'],
    megabyteName: ['media'],
    contacts: expect.arrayContaining(['contacts']),
    poll: expect.arrayContaining(['body', 'poll']),
    answer: expect.arrayContaining(['body', 'answer'])
  })
  expect(byName.get('mentions')?.mentions.length).toBeLessThanOrEqual(2000)
  expect(byName.get('poll')?.poll?.options).toHaveLength(200)
  for (const name of ['notANumber', 'infinite', 'outsideOfTheGlobe'])
    expect(byName.get(name)).toMatchObject({ type: 'location', location: null })
  // What was written is kept, with what is not seen.
  expect(byName.get('text')?.body).toContain(UNSEEN.replaceAll('\u0000', '\u0000'))

  const found = await api.search(accountId, { q: FINDABLE, limit: '50' })
  const hits = found.hits.map(({ message }) => names.get(message.whatsAppId))
  expect(hits).toEqual(
    expect.arrayContaining([
      'text',
      'megabyteText',
      'mentions',
      'caption',
      'pathTraversal',
      'reservedName',
      'contact'
    ])
  )
  const exported = await api.exported(`threads/${encodeURIComponent(thread!.threadId)}/export`)
  expect(exported.length).toBeGreaterThanOrEqual(names.size)
  await expect
    .poll(() => events.seen.filter(({ kind }) => kind === 'message.stored').length, { timeout: 30_000 })
    .toBeGreaterThanOrEqual(names.size)
  events.stop()
  expect(await api.account(accountId)).toMatchObject({ tags: ['online'] })
  expect((await api.incidents(accountId)).map(({ kind }) => kind)).toEqual([])
}, 300_000)

const LONG = `${hidden(FINDABLE)}\u0000\u0007\u001b[31m\r\nset-cookie: a=b\u202egnp.exe\ud83e${'🦊'.repeat(5000)}`

/** Kept as it was written, as far as it is kept. */
const isBeginning = (name: string | null | undefined): boolean =>
  typeof name === 'string' &&
  LONGEST.name - name.length < 2 &&
  name.length <= LONGEST.name &&
  LONG.toWellFormed().startsWith(name)

test('hostile subjects and names of contacts, labels and people are bounded and kept, and none of it is in a header or the log', async () => {
  const stage = shared()
  const { api } = stage
  const { accountId, phone } = await stage.linked({ history: { chats: 2, messages: 4, groupsShare: 0 } })
  const [friend] = phone.contacts
  const mallory = stage.simulator.createContact({ name: LONG })
  const group = phone.createGroup('A group', [mallory, friend!])
  await phone.receive({ from: mallory, group, text: 'hello' })
  phone.changeGroup(group, { subject: LONG }, { by: mallory })
  phone.changeGroup(group, { description: LONG.repeat(10) }, { by: mallory })
  await phone.nameContact(friend!, LONG)
  await phone.editLabel({ id: '1', name: LONG, color: 3 })
  const names = await api.until('the names', async () => {
    const threads = await api.threads(accountId)
    const named = threads.filter(
      ({ displayName }) => displayName?.startsWith(LONG.toWellFormed().slice(0, 90)) ?? false
    )
    return named.length === 2 ? named : undefined
  })
  // WhatsApp cuts subjects itself.
  for (const { clientJid, displayName } of names)
    expect(isBeginning(displayName)).toBe(clientJid !== group.id)
  const [label] = await api.until('the label', async () => {
    const labels = await api.labels(accountId)
    return labels.length > 0 ? labels : undefined
  })
  expect(isBeginning(label?.name)).toBe(true)
  const { threadId } = names.find(({ clientJid }) => clientJid === group.id)!
  await stage.synced(accountId, phone)
  const messages = await api.messages(threadId, 100)
  const greeting = messages.find(({ body }) => body === 'hello')
  expect(isBeginning(greeting?.senderName)).toBe(true)
  const subject = messages.find(({ event }) => event?.kind === 'subject')
  expect(subject?.event?.value?.length).toBeLessThanOrEqual(LONGEST.value)

  const export_ = await api.fetch(`/v1/threads/${encodeURIComponent(threadId)}/export`)
  expect(export_.headers.get('set-cookie')).toBeNull()
  expect(export_.headers.get('content-disposition')).toMatch(/^attachment; filename="[\w.-]+"$/)
  await export_.arrayBuffer()
  expect(stage.server.output()).not.toMatch(/[^\P{C}\n]|set-cookie: a=b/u)
  expect(stage.server.output()).not.toContain(FINDABLE)
})

thoroughTest(
  'edits of texts and captions, of polls, added options and reactions keep within the bounds of what they change',
  async () => {
    const stage = shared()
    const { api } = stage
    const { accountId, phone } = await stage.linked({ history: { chats: 1, messages: 2, groupsShare: 0 } })
    const [from] = phone.contacts
    const megabyte = 'm'.repeat(500_000)
    const written = [
      await phone.receive({ from: from!, text: 'text' }),
      await phone.receive({ from: from!, text: 'plain' }),
      await phone.receive({
        from: from!,
        message: { imageMessage: { caption: 'caption', mimetype: 'image/jpeg' } }
      }),
      await phone.send({ to: from!, text: 'own' }),
      await phone.receive({
        from: from!,
        message: { pollCreationMessageV3: { name: 'Where?', options: [{ optionName: 'Sea' }] } }
      })
    ]
    const [text, plain, caption, own, poll] = written.map(({ id }) => id)
    const image = { imageMessage: { caption: megabyte, mimetype: 'image/jpeg' } }
    await phone.receive({ from: from!, edit: text!, text: megabyte })
    await phone.receive({ from: from!, edit: plain!, text: megabyte, plain: true })
    await phone.receive({ from: from!, edit: caption!, message: image })
    await phone.send({ to: from!, edit: own!, text: megabyte })
    await phone.receive({ from: from!, react: text!, text: megabyte })
    await phone.receive({ from: from!, react: plain!, text: megabyte, sealed: true })
    await phone.receive({ from: from!, addOption: poll!, option: megabyte })
    await phone.receive({
      from: from!,
      edit: poll!,
      message: {
        pollCreationMessageV3: {
          name: megabyte,
          options: Array.from({ length: 1000 }, (_, n) => ({ optionName: `${n} ${'o'.repeat(2000)}` }))
        }
      }
    })
    await stage.synced(accountId, phone)
    const [thread] = await api.threads(accountId)
    const messageOf = (id: string | undefined) => async () => {
      const { messages } = await api.messagePage(thread!.threadId, 'limit=50')
      return messages.find(({ edits, whatsAppId }) => whatsAppId === id && edits.length > 0)
    }
    for (const [id, before] of [
      [text, 'text'],
      [plain, 'plain'],
      [caption, 'caption'],
      [own, 'own']
    ] as const) {
      const edited = await api.until('the edit', messageOf(id))
      expect(edited.body).toBe('m'.repeat(LONGEST.body))
      expect(edited.shortened).toEqual(['body'])
      expect(edited.edits).toMatchObject([{ body: before }])
      for (const { emoji } of edited.reactions) expect(emoji).toBe('m'.repeat(LONGEST.emoji))
    }
    const edited = await api.until('the edited poll', async () => {
      const found = await messageOf(poll)()
      return found?.edits.length === 2 ? found : undefined
    })
    expect(edited.body?.length).toBe(LONGEST.body)
    expect(edited.shortened).toContain('poll')
    expect(edited.poll?.question).toBe('m'.repeat(LONGEST.name))
    expect(edited.poll?.options).toHaveLength(200)
    for (const { name } of edited.poll?.options ?? []) expect(name.length).toBeLessThanOrEqual(LONGEST.name)
    expect(edited.edits.map(({ body }) => body)).toEqual([
      'Where?\n• Sea',
      `Where?\n• Sea\n• ${'m'.repeat(LONGEST.name)}`
    ])
    expect(await api.account(accountId)).toMatchObject({ tags: ['online'] })
  },
  120_000
)
