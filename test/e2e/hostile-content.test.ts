// Whatever a message, a name or a subject contains: it is bounded, kept, answered as valid JSON and in valid headers, and its words are found.
import { expect, test } from 'vitest'
import { LONGEST } from '../../src/domain/bounds.ts'
import { FINDABLE, HOSTILE_CONTENT, hidden, UNSEEN } from '../attack/hostile-content.ts'
import { sharedInProcessStage } from './stage.ts'

const shared = sharedInProcessStage()

test('hostile content of every field is bounded, kept, exported, and found by its words', async () => {
  const stage = shared()
  const { api } = stage
  const { accountId, phone } = await stage.linked({ history: { chats: 1, messages: 2, groupsShare: 0 } })
  const events = await api.subscribe(`?accountId=${accountId}`)
  const [from] = phone.contacts
  from!.pushName = `${hidden('Mallory')}\u202e\u0007${'n'.repeat(5000)}`
  const names = new Map<string, string>()
  for (const [name, content] of Object.entries(HOSTILE_CONTENT)) {
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
