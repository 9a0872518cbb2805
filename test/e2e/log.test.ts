// The log that a person follows an afternoon with: what happens is a line each, by ids, kinds, counts and times.
import { once } from 'node:events'
import { WebSocket } from 'ws'
import { expect, test } from 'vitest'
import { Stage } from './stage.ts'

test('a request, a send, a received message and a stop are exactly one line each', async () => {
  await using stage = await Stage.set()
  const { phone, accountId } = await stage.linked({ history: { chats: 2, messages: 20 } })
  const contact = phone.contacts[0]!
  const { entryId, messageId } = await stage.api.send(accountId, contact.phoneNumber, 'Gugelhupf')
  await stage.api.untilEntry(accountId, entryId, 'sent')
  await phone.receive({ from: contact, text: 'Zwetschgendatschi' })
  await stage.synced(accountId, phone)
  const search = await stage.api.request('GET', `/v1/accounts/${accountId}/search?q=Zwetschgendatschi`)
  expect(search.status).toBe(200)
  const events = new WebSocket(`${stage.server.url.replace('http', 'ws')}/v1/events/socket`, {
    headers: { authorization: `Bearer ${stage.server.key}` }
  })
  await once(events, 'open')
  expect(await stage.server.stop()).toBe(0)

  const lines = stage.server
    .output()
    .split('\n')
    .filter(line => line.startsWith('{'))
    .map(line => JSON.parse(line) as Readonly<Record<string, unknown>>)
  const saying = (msg: string) => lines.filter(line => line['msg'] === msg)

  expect(saying('Message sent')).toEqual([
    expect.objectContaining({
      level: 30,
      accountId,
      messageId,
      kind: 'text',
      attempts: 1,
      ms: expect.any(Number)
    })
  ])
  expect(saying('Message received')).toEqual([
    expect.objectContaining({ level: 30, accountId, messageId: expect.any(String), kind: 'text' })
  ])
  const requests = saying('Request')
  expect(requests.filter(({ method }) => method === 'POST' || method === 'GET')).toEqual(requests)
  for (const [method, route, status] of [
    ['POST', '/v1/accounts/:accountId/messages', 202],
    ['GET', '/v1/accounts/:accountId/search', 200]
  ] as const) {
    expect(requests.filter(line => line['method'] === method && line['route'] === route)).toEqual([
      expect.objectContaining({
        level: 30,
        accountId,
        status,
        ms: expect.any(Number),
        traceId: expect.any(String)
      })
    ])
  }
  // What a request led to has its trace, also later.
  const asked = requests.find(({ route }) => route === '/v1/accounts/:accountId/messages')
  expect(saying('Message sent').map(({ traceId }) => traceId)).toEqual([asked?.['traceId']])
  expect(requests.filter(({ route }) => route === '/v1/events/socket')).toEqual([
    expect.objectContaining({ level: 30, status: 101, ms: expect.any(Number) })
  ])
  // Probes and pages are asked for again and again.
  expect(requests.filter(({ route }) => route === '/health' || route === '/metrics')).toEqual([])
  expect(lines.at(-1)).toMatchObject({ level: 30, msg: 'Stopped', uptimeSeconds: expect.any(Number) })
  expect(saying('Stopped')).toHaveLength(1)
  // Its connection is closed by it: that is no end that befell it.
  const stopping = lines.slice(lines.findIndex(line => line['route'] === '/v1/events/socket') + 1)
  expect(stopping.map(({ msg }) => msg)).toEqual(['Stopped'])
  for (const word of ['Gugelhupf', 'Zwetschgendatschi', contact.phoneNumber, phone.phoneNumber])
    expect(stage.server.output()).not.toContain(word)
})

test('whoever does not read the log holds up nobody, and misses nothing', async () => {
  await using stage = await Stage.set()
  const { api, server } = stage
  const readOn = server.holdOutput()
  const requests = 1500
  for (let asked = 0; asked < requests; asked += 50) {
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, n) => api.request('GET', `/v1/accounts/missing-${asked + n}`))
    )
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([404]))
  }
  readOn()
  expect(await server.stop()).toBe(0)
  const lines = server
    .output()
    .split('\n')
    .filter(line => line.includes('"route":"/v1/accounts/:accountId"'))
  expect(lines).toHaveLength(requests)
})
