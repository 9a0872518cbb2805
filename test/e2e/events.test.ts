// Events over server-sent events and over a WebSocket: the same ones, with the same filters, from any place on.
import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { WebSocket } from 'ws'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Result, Schema } from 'effect'
import { CATALOGUE } from '../../src/domain/events/catalogue.ts'
import type { CloudEvent } from '../../src/domain/cloud-event.ts'
import type { RetentionState } from '../../src/domain/retention.ts'
import { Api } from '../../harness/api.ts'
import { Stage } from './stage.ts'

type Stages = Awaited<ReturnType<typeof Stage.setInProcess>>

let stage: Stages
beforeAll(async () => {
  stage = await Stage.setInProcess()
})
afterAll(() => stage[Symbol.asyncDispose]())

let account: ReturnType<Stages['linked']> | undefined
/** One for all tests, which begin with what happens from their begin on. */
const linked = () => (account ??= stage.linked({ history: { chats: 2, messages: 4, groupsShare: 0 } }))

interface Retention {
  readonly rules: ReadonlyArray<RetentionState>
}

interface Socket {
  /** Its place, told first; `undefined` until then, and where it begins with what was missed. */
  readonly place: () => CloudEvent | undefined
  readonly events: Array<CloudEvent>
  readonly opened: Promise<string>
  readonly closed: Promise<number>
  readonly close: () => void
}

/** `opened` is the protocol that the server took; it rejects with the problem of a refusal, because of it with its trace id. */
const connect = (
  query: string,
  { headers = {}, key = stage.server.key, protocols = [] as Array<string> } = {}
): Socket => {
  const url = `${stage.server.url.replace('http', 'ws')}/v1/events/socket${query}`
  const socket = new WebSocket(url, protocols, {
    headers: key === '' ? headers : { authorization: `Bearer ${key}`, ...headers }
  })
  const events: Array<CloudEvent> = []
  let place: CloudEvent | undefined
  socket.on('message', (data: Buffer) => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    const event = JSON.parse(data.toString()) as CloudEvent
    if (place === undefined && events.length === 0 && event.type === 'stream.opened') place = event
    else events.push(event)
  })
  const { promise: opened, reject, resolve } = Promise.withResolvers<string>()
  const { promise: closed, resolve: close } = Promise.withResolvers<number>()
  socket.once('open', () => resolve(socket.protocol))
  socket.once('unexpected-response', (_, response) => {
    const traceId = response.headers['x-trace-id']
    void text(response).then(problem => reject(new Error(problem, { cause: { traceId } })))
  })
  socket.once('error', reject)
  socket.once('close', code => close(code))
  opened.catch(() => undefined)
  return { place: () => place, events, opened, closed, close: () => socket.close() }
}

const until = <A>(what: string, found: () => A | undefined): Promise<A> =>
  stage.api.until(what, async () => found())

const issue = async (body: object): Promise<{ key: string; keyId: string }> => {
  const wanted = { name: 'test', accounts: 'all', ...body }
  return (await stage.api.request<{ key: string; keyId: string }>('POST', '/v1/keys', wanted)).body
}

test('a WebSocket tells the same as server-sent events, and goes on after any event', async () => {
  const { accountId, phone } = await linked()
  const sse = await stage.api.subscribe(`?accountId=${accountId}`)
  const first = connect(`?accountId=${accountId}`)
  await first.opened
  await phone.receive({ from: phone.contacts[0]!, text: 'for both' })
  const isStored = ({ type }: CloudEvent): boolean => type === 'message.stored'
  const stored = await until('the message', () => first.events.find(isStored))
  await until('the same on the other way', () => sse.seen.find(({ id }) => id === stored.id))
  expect(stored).toMatchObject({
    specversion: '1.0',
    source: `/v1/accounts/${accountId}`,
    dataschema: '/events/schemas/message.stored/1',
    data: { accountId, message: { body: 'for both', direction: 'inbound', type: 'text' }, changed: [] }
  })
  first.close()
  const again = connect(`?accountId=${accountId}&types=message.*&after=${Number(stored.id) - 1}`)
  await until('the event once more', () => again.events[0])
  expect(again.events[0]).toEqual(stored)
  again.close()
  sse.stop()
})

test('types and threads are filters on both', async () => {
  const { accountId, phone } = await linked()
  const [mine, other] = phone.contacts
  const threads = await stage.api.threads(accountId)
  const { threadId } = threads.find(({ clientJid }) => clientJid === mine!.jid)!
  const query = `?accountId=${accountId}&types=message.stored,contact.*&threadId=${encodeURIComponent(threadId)}`
  const sse = await stage.api.subscribe(query)
  const socket = connect(query)
  await socket.opened
  await phone.receive({ from: other!, text: 'elsewhere' })
  await phone.receive({ from: mine!, text: 'here' })
  for (const events of [sse.seen, socket.events]) {
    await until('the message', () => events[0])
    expect(events).toMatchObject([{ type: 'message.stored', data: { threadId, message: { body: 'here' } } }])
  }
  socket.close()
  sse.stop()
})

test('a thread that becomes a part of another one is followed there, also by its older id', async () => {
  const { accountId, phone } = await linked()
  const contact = stage.simulator.createContact({ name: 'Late' })
  await phone.receive({ from: contact, text: 'by LID alone', addressing: 'lid', bare: true })
  const thread = await stage.api.until('the thread', async () =>
    (await stage.api.threads(accountId)).find(({ clientJid }) => clientJid === contact.lid)
  )
  const query = `?types=message.stored,thread.merged&threadId=${encodeURIComponent(thread.threadId)}`
  const [sse, socket] = [await stage.api.subscribe(query), connect(query)]
  await socket.opened
  // WhatsApp is asked about the number, and names the LID.
  const sent = await stage.api.send(accountId, `+${contact.phoneNumber}`, 'by number')
  await until('one thread', () => sse.seen.find(({ type }) => type === 'thread.merged'))
  const later = await stage.api.subscribe(`${query}&after=${sse.seen.at(-1)!.eventId}`)
  await phone.receive({ from: contact, text: 'as one person', addressing: 'pn', bare: true })
  const isIt = (event: CloudEvent): boolean =>
    event.type === 'message.stored' && event.data.message?.body === 'as one person'
  for (const events of [sse.seen, socket.events, later.seen]) {
    const { data } = await until('the message', () => events.find(isIt))
    expect(data).toMatchObject({ threadId: (await stage.api.thread(sent.threadId)).threadId })
  }
  socket.close()
  for (const stream of [sse, later]) stream.stop()
})

test('what is sent is told as it gets on: accepted, sent; and who types is told to those who listen', async () => {
  const { accountId, phone } = await linked()
  const [contact] = phone.contacts
  const { seen, live, stop } = await stage.api.subscribe(`?accountId=${accountId}`)
  const { entryId } = await stage.api.send(accountId, contact!.phoneNumber, 'on its way')
  const ofEntry = (event: CloudEvent): ReadonlyArray<string> =>
    event.type === 'outbox.changed' && event.data.entryId === entryId ? [event.data.status] : []
  await until('that it is sent', () => (seen.flatMap(ofEntry).includes('sent') ? true : undefined))
  expect(seen.flatMap(ofEntry)).toEqual(['queued', 'sent'])
  phone.showTyping({ from: contact!, state: 'recording' })
  const typing = await until('who types', () => live[0])
  expect(typing).toMatchObject({
    type: 'presence.changed',
    data: { accountId, presence: 'recording', person: expect.any(String) }
  })
  stop()
})

test('a code to link with is told to operators only, and is not in the log', async () => {
  const { accountId } = await stage.api.createAccount('New')
  const operator = await issue({ role: 'operator' })
  const viewer = await issue({ role: 'viewer' })
  const as = (key: string) => new Api(stage.server.url, key)
  const told = await as(operator.key).subscribe(`?accountId=${accountId}`)
  const untold = await as(viewer.key).subscribe(`?accountId=${accountId}`)
  await stage.api.pair(accountId)
  const offer = await until('the code', () =>
    told.seen.find(event => event.type === 'account.pairing' && event.data.offer !== null)
  )
  const { qr } = await stage.api.offer(accountId)
  expect(offer.data).toEqual({ accountId, offer: { method: 'qr', text: qr, expiresAt: expect.any(Number) } })
  await until('that pairing has begun', () => untold.seen.find(({ type }) => type === 'account.state'))
  await stage.api.request('POST', `/v1/accounts/${accountId}/disconnect`)
  await until('that it is over', () =>
    untold.seen.find(({ data, type }) => type === 'account.state' && data.state === 'stopped')
  )
  expect(untold.seen.map(({ type }) => type)).not.toContain('account.pairing')
  const late = await as(operator.key).subscribe(`?accountId=${accountId}&after=${Number(offer.id) - 1}`)
  expect((await until('the event once more', () => late.seen[0])).data).toEqual({ accountId, offer: null })
  for (const stream of [told, untold, late]) stream.stop()
})

test('who follows an account is told that it is removed', async () => {
  const { accountId } = await stage.api.createAccount('Short')
  const { seen, stop } = await stage.api.subscribe(`?accountId=${accountId}`)
  await stage.api.request('DELETE', `/v1/accounts/${accountId}`)
  const removed = await until('that it is removed', () => seen.at(-1))
  expect(removed).toMatchObject({ type: 'account.removed', data: { accountId, name: 'Short' } })
  stop()
})

test('a WebSocket takes a key by header or as a protocol, refuses others, and ends with the key', async () => {
  const { key, keyId } = await issue({ role: 'viewer' })
  const inProtocol = `backscroll.key.${Buffer.from(key).toString('base64url')}`
  // The protocol with the key comes first, and is not the one that is answered.
  const byProtocol = connect('', { key: '', protocols: [inProtocol, 'backscroll.events'] })
  expect(await byProtocol.opened).toBe('backscroll.events')
  await expect(connect('', { key: '' }).opened).rejects.toThrow('401')
  await expect(connect('?types=everything!').opened).rejects.toThrow('400')
  await expect(connect('?accountId=acc-none').opened).rejects.toThrow('404')
  const { accountId } = await linked()
  const limited = await issue({ role: 'viewer', accounts: [accountId] })
  await expect(connect('', { key: limited.key }).opened).rejects.toThrow('403')
  await stage.api.request('DELETE', `/v1/keys/${keyId}`)
  expect(await byProtocol.closed).toBe(4003)
  const plain = await stage.api.fetch('/v1/events/socket')
  expect([plain.status, plain.headers.get('upgrade')]).toEqual([426, 'websocket'])
})

test('what is asked wrongly is refused on both ways, in the same words', async () => {
  const isTraceId = expect.stringMatching(/^[0-9a-f]{32}$/)
  const problemOn = (connection: Socket): Promise<unknown> =>
    connection.opened.then(
      () => connection.close(),
      (refused: Error) => {
        expect(refused.cause).toEqual({ traceId: isTraceId })
        return JSON.parse(refused.message)
      }
    )
  const { accountId } = await linked()
  const asked: ReadonlyArray<readonly [query: string, headers: Record<string, string>, told: object]> = [
    ['?after=abc', {}, { status: 400, errors: [{ path: ['query', 'after'] }] }],
    ['', { 'last-event-id': 'abc' }, { status: 400, errors: [{ path: ['headers', 'last-event-id'] }] }],
    [
      '?after=1',
      { 'last-event-id': '-1' },
      { status: 400, errors: [{ path: ['headers', 'last-event-id'] }] }
    ],
    ['?acount=acc-1', {}, { status: 400, errors: [{ path: ['query', 'acount'], message: 'Unknown field' }] }],
    [
      '?types=mesage.stored',
      {},
      { status: 400, errors: [{ message: expect.stringContaining('message.stored meant?') }] }
    ],
    [
      '?types=message.*,nothing.*',
      {},
      { status: 400, errors: [{ message: expect.stringContaining('/events/schemas') }] }
    ],
    ['?types=webhook.test', {}, { status: 400, errors: [{ message: expect.stringContaining('/test') }] }],
    ['?types=stream.*', {}, { status: 400, errors: [{ message: expect.stringContaining('/socket') }] }],
    ['?types=', {}, { status: 400, errors: [{ path: ['query', 'types'] }] }],
    ['?accountId=acc-none', {}, { status: 404, code: 'not-found' }],
    [`?threadId=${accountId}__0@s.whatsapp.net`, {}, { status: 404, code: 'not-found' }],
    ['?threadId=nothing', {}, { status: 404, code: 'not-found' }],
    [
      `?accountId=${accountId}&threadId=acc-other__1@s.whatsapp.net`,
      {},
      { status: 400, errors: [{ path: ['query', 'threadId'] }] }
    ]
  ]
  for (const [query, headers, told] of asked) {
    const response = await stage.api.fetch(`/v1/events${query}`, { headers })
    const problem: unknown = await response.json()
    expect(problem, query).toMatchObject(told)
    expect(response.headers.get('x-trace-id'), query).toEqual(isTraceId)
    expect(await problemOn(connect(query, { headers })), query).toEqual(problem)
  }
  const { detail } = (await problemOn(connect('', { key: '' }))) as { detail: string }
  expect(detail).toContain('backscroll.key.')
})

test('both go on after the event that the header names, and a stream says where it begins', async () => {
  const { accountId, phone } = await linked()
  const first = connect(`?accountId=${accountId}&types=message.stored`)
  await first.opened
  for (const body of ['seen', 'unseen']) await phone.receive({ from: phone.contacts[0]!, text: body })
  const [seen, unseen] = await until('both', () => (first.events.length < 2 ? undefined : first.events))
  first.close()
  const again = connect(`?accountId=${accountId}&types=message.stored&after=0`, {
    headers: { 'last-event-id': seen!.id }
  })
  expect((await until('the event', () => again.events[0])).id).toBe(unseen!.id)
  again.close()
  // Who was told nothing goes on from the place with which a WebSocket begins.
  const quiet = connect(`?accountId=${accountId}&types=message.stored`)
  const place = await until('its place', quiet.place)
  quiet.close()
  await quiet.closed
  await phone.receive({ from: phone.contacts[0]!, text: 'while nobody listened' })
  const resumed = connect(`?accountId=${accountId}&types=message.stored&after=${place.id}`)
  expect(await until('what happened meanwhile', () => resumed.events[0])).toMatchObject({
    data: { message: { body: 'while nobody listened' } }
  })
  expect(resumed.place()).toMatchObject({ id: place.id, data: { after: Number(place.id) } })
  resumed.close()
  const beginning = await (await stage.api.fetch('/v1/events')).body!.getReader().read()
  expect(Number(/^id: (\d+)$/m.exec(Buffer.from(beginning.value!).toString())?.[1])).toBeGreaterThanOrEqual(
    Number(unseen!.id)
  )
})

test('whose place is beyond the log is told so on both ways, and goes on from its end', async () => {
  const { accountId, phone } = await linked()
  const place = Number.MAX_SAFE_INTEGER
  const query = `?accountId=${accountId}&types=message.stored&after=${place}`
  const [sse, socket] = [await stage.api.subscribe(query), connect(query)]
  for (const events of [sse.seen, socket.events]) {
    const missed = await until('that it is beyond', () => events[0])
    const { data, id } = missed
    expect(missed).toMatchObject({ type: 'events.missed', data: { after: place, upTo: expect.any(Number) } })
    expect(id).toBe(String((data as { upTo: number }).upTo))
  }
  expect(socket.place()).toBeUndefined()
  await phone.receive({ from: phone.contacts[0]!, text: 'since then' })
  for (const events of [sse.seen, socket.events])
    expect(await until('the message', () => events[1])).toMatchObject({
      type: 'message.stored',
      data: { message: { body: 'since then' } }
    })
  socket.close()
  sse.stop()
})

test('the schemas of events are public, each at the address that its events name', async () => {
  const read = async (path: string): Promise<{ status: number; type: string | null; body: unknown }> => {
    const response = await fetch(`${stage.server.url}${path}`)
    return {
      status: response.status,
      type: response.headers.get('content-type'),
      body: await response.json()
    }
  }
  const { body: index } = await read('/events/schemas')
  expect(index).toMatchObject({
    events: expect.arrayContaining([
      expect.objectContaining({ type: 'message.stored', version: 1, durable: true }),
      expect.objectContaining({ type: 'presence.changed', durable: false })
    ])
  })
  expect(await read('/events/schemas/message.stored/1')).toMatchObject({
    status: 200,
    type: 'application/schema+json',
    body: { $id: '/events/schemas/message.stored/1', title: 'message.stored' }
  })
  expect(await read('/events/schemas/message.stored/99')).toMatchObject({
    status: 404,
    body: { code: 'not-found' }
  })
})

test('who was away for longer than events are kept is told what is gone', async () => {
  const { accountId, phone } = await linked()
  const { seen, stop } = await stage.api.subscribe('?after=0')
  const last = await until('what has happened', () => seen.at(-1))
  stop()
  const isAsPublished = ({ data, type }: CloudEvent): boolean =>
    Result.isSuccess(
      Schema.decodeResult(CATALOGUE[type].data as Schema.Codec<unknown>)(data, {
        onExcessProperty: 'error'
      })
    )
  expect(new Set(seen.map(({ type }) => type)).size).toBeGreaterThan(6)
  expect(seen.filter(event => !isAsPublished(event))).toEqual([])
  await stage.server.stop()
  const database = new DatabaseSync(join(stage.dataDir, 'backscroll.db'))
  database
    .prepare('UPDATE events SET at = ? WHERE event_id <= ?')
    .run(Date.now() - 8 * 86_400_000, last.eventId)
  database.close()
  await stage.restart()
  await stage.api.until('them to be gone', async () => {
    const { body } = await stage.api.request<Retention>('GET', '/v1/retention')
    return body.rules.find(
      ({ isRunning, removedInAll, rule }) => rule === 'events' && !isRunning && removedInAll > 0
    )
  })
  const resumed = await stage.api.subscribe('?after=1')
  const [missed] = [await until('what is gone', () => resumed.seen[0])]
  expect(missed).toMatchObject({
    type: 'events.missed',
    id: String(last.eventId),
    data: { after: 1, upTo: last.eventId }
  })
  await phone.receive({ from: phone.contacts[0]!, text: 'afterwards' })
  await until('what happens now', () =>
    resumed.seen.find(event => event.type === 'message.stored' && event.accountId === accountId)
  )
  resumed.stop()
  const upToDate = await stage.api.subscribe(`?after=${last.eventId}`)
  await until('the first event', () => upToDate.seen[0])
  expect(upToDate.seen.map(({ type }) => type)).not.toContain('events.missed')
  upToDate.stop()
})
