// Reading over HTTP: filters, search and export, on what real messages left.
import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import type { Phone } from '../../simulator/phone.ts'
import { sharedInProcessStage, Stage } from './stage.ts'
import { thorough, thoroughTest } from '../thorough.ts'

const shared = sharedInProcessStage()

const HISTORY = { chats: 4, messages: 400, groupsShare: 0.5 }

const write = async (phone: Phone, ...texts: ReadonlyArray<string>): Promise<void> => {
  for (const text of texts) await phone.receive({ from: phone.contacts[0]!, text })
}

test('a message is found by its words as soon as it is stored, by its new ones when it is edited, never when it is deleted', async () => {
  const { api } = shared()
  const { phone, accountId } = await shared().linked({ history: HISTORY })
  const from = phone.contacts[0]!
  const kept = await phone.receive({ from, text: 'Können wir uns am Zuckerhut treffen?' })
  const gone = await phone.receive({ from, text: 'Der Zuckerhut ist geschlossen' })
  await shared().synced(accountId, phone)

  const both = await api.search(accountId, { q: 'zuckerhut' })
  expect(both.hits.map(hit => hit.message.whatsAppId)).toEqual([gone.id, kept.id])
  expect(both.hits[0]).toMatchObject({
    threadId: both.hits[0]!.message.threadId,
    threadName: expect.any(String),
    highlights: [
      {
        field: 'body',
        segments: [
          { text: 'Der ', match: false },
          { text: 'Zuckerhut', match: true },
          { text: ' ist geschlossen', match: false }
        ]
      }
    ]
  })

  await phone.receive({ from, edit: kept.id, text: 'Am Corcovado, meinte ich' })
  await phone.receive({ from, revoke: gone.id })
  await api.until('the deletion', async () =>
    (await api.search(accountId, { q: 'zuckerhut' })).hits.length === 0 ? true : undefined
  )
  expect((await api.search(accountId, { q: 'corcov' })).hits).toHaveLength(1)
})

test('history is searched page by page, narrowed by thread, writer, type and time', async () => {
  const { api } = shared()
  const { accountId } = await shared().linked({ history: HISTORY })
  const threads = await api.threads(accountId)
  const all = (await Promise.all(threads.map(thread => api.messages(thread.threadId)))).flat()
  const saying = all.filter(message => /\bcoffee\b/.test(message.body ?? '') && message.type !== 'system')
  expect(saying.length).toBeGreaterThan(5)

  const found = async (query: Record<string, string>) => {
    const keys: Array<string> = []
    let cursor: string | null = null
    do {
      const page = await api.search(accountId, {
        q: '"coffee"',
        limit: '3',
        ...query,
        ...(cursor === null ? {} : { cursor })
      })
      keys.push(...page.hits.map(hit => hit.message.messageKey))
      cursor = page.nextCursor
    } while (cursor !== null)
    return keys
  }
  const wanted = (keep: (message: (typeof all)[number]) => boolean) =>
    saying.filter(keep).map(message => message.messageKey)

  expect((await found({})).toSorted()).toEqual(wanted(() => true).toSorted())
  expect((await found({ order: 'relevance' })).toSorted()).toEqual(wanted(() => true).toSorted())
  const { sender, threadId, tsClient } = saying.find(message => message.direction === 'inbound')!
  for (const [query, keep] of [
    [{ threadId }, message => message.threadId === threadId],
    [{ sender: sender! }, message => message.sender === sender],
    [{ sender: 'me' }, message => message.direction === 'outbound'],
    [{ type: 'text' }, message => message.type === 'text'],
    [{ since: String(tsClient) }, message => message.tsClient >= tsClient],
    [{ until: new Date(tsClient).toISOString() }, message => message.tsClient < tsClient]
  ] satisfies ReadonlyArray<[Record<string, string>, (message: (typeof all)[number]) => boolean]>) {
    expect((await found(query)).toSorted()).toEqual(wanted(keep).toSorted())
  }
  // The same filters where there is nothing to look for.
  const images = await api.messagePage(threadId, 'type=image,video&limit=500')
  expect(images.messages.map(message => message.messageKey)).toEqual(
    all
      .filter(message => message.threadId === threadId && ['image', 'video'].includes(message.type))
      .map(message => message.messageKey)
  )
})

test('threads page up and down, and are filtered', async () => {
  const { api } = shared()
  const { phone, accountId } = await shared().linked({ history: { chats: 12, messages: 60 } })
  const whole = (await api.threads(accountId)).map(thread => thread.threadId)
  const first = await api.threadPage(accountId, { limit: '5' })
  const second = await api.threadPage(accountId, { limit: '5', before: first.olderCursor! })
  const back = await api.threadPage(accountId, { limit: '5', after: second.newerCursor! })
  const ids = (page: typeof first) => page.threads.map(thread => thread.threadId)
  expect([...ids(first), ...ids(second)]).toEqual(whole.slice(0, 10))
  expect(ids(back)).toEqual(ids(first))
  expect(first.nextCursor).toBe(first.olderCursor)

  await phone.receive({ from: phone.contacts[0]!, text: 'up' })
  await shared().synced(accountId, phone)
  const moved = await api.threadPage(accountId, { after: first.newerCursor! })
  expect(moved.threads).toMatchObject([{ lastMessageText: 'up' }])
  const named = moved.threads[0]!
  expect((await api.threadPage(accountId, { q: named.displayName!, unread: 'true' })).threads).toMatchObject([
    { threadId: named.threadId }
  ])
})

test('an export holds every thread and message once, with receipts, and says that it is whole', async () => {
  const { api } = shared()
  const { phone, accountId } = await shared().linked({ history: HISTORY })
  const sent = await api.send(accountId, `+${phone.contacts[0]!.phoneNumber}`, 'with a receipt')
  await api.untilMessage(sent.threadId, sent.messageId, message => message.receipts.length > 0)
  const threads = await api.threads(accountId)

  const lines = await api.exported(`accounts/${accountId}/export`)

  const messages = lines.filter(line => line.kind === 'message').map(line => line.message)
  expect(lines.at(-1)).toEqual({ kind: 'end', threads: threads.length, messages: messages.length })
  for (const thread of threads) {
    const read = await api.messages(thread.threadId)
    const exported = messages.filter(message => message.threadId === thread.threadId)
    expect(exported.map(({ receipts: _, ...message }) => message)).toEqual(read.toReversed())
  }
  expect(messages.find(message => message.messageId === sent.messageId)?.receipts).toHaveLength(1)

  const one = await api.exporting(`threads/${encodeURIComponent(sent.threadId)}/export`)
  expect(one.headers.get('content-type')).toBe('application/x-ndjson')
  expect(one.headers.get('content-disposition')).toMatch(/^attachment; filename="backscroll-[\w.-]+\.jsonl"$/)
  const ofThread = (await one.text()).trimEnd().split('\n')
  expect(ofThread).toHaveLength(2 + messages.filter(message => message.threadId === sent.threadId).length)
  const { tsClient } = messages[40]!
  const recent = await api.exported(`accounts/${accountId}/export?since=${tsClient}`)
  expect(recent.at(-1)!.messages).toBe(messages.filter(message => message.tsClient >= tsClient).length)
})

thoroughTest(
  'a client that goes away, and a server that stops, end an export that is not whole',
  async () => {
    await using stage = await Stage.set()
    const { phone, accountId } = await stage.linked({
      history: { chats: 2, messages: thorough(7000, 12_000), groupsShare: 0 }
    })
    const { server } = stage
    // A client that reads nothing: the server is held up by it, in the middle.
    const { hostname, port } = new URL(server.url)
    const stalled = connect(Number(port), hostname)
    await once(stalled, 'connect')
    stalled.write(
      `GET /v1/accounts/${accountId}/export HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${server.key}\r\n\r\n`
    )
    await once(stalled, 'readable')

    const abort = new AbortController()
    const left = await stage.api.exporting(`accounts/${accountId}/export`, abort.signal)
    await left.body!.getReader().read()
    abort.abort()

    // Others are served meanwhile.
    await write(phone, 'while it is exported')
    await stage.synced(accountId, phone)
    expect((await stage.api.search(accountId, { q: 'while exported' })).hits).toHaveLength(1)

    expect(await server.stop()).toBe(0)
    let text = ''
    stalled.setEncoding('utf8').on('data', (piece: string) => (text += piece))
    await once(stalled, 'close')
    expect(text).not.toContain('"kind":"end"')
  }
)
