// Traces, as a collector gets them: one for each command, from HTTP to the wire and the store, with nothing secret in it.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type InProcessStage, Stage } from './stage.ts'
import { thoroughTest } from '../thorough.ts'

interface Span {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly attributes: ReadonlyArray<{ readonly key: string; readonly value: unknown }>
}

interface Export {
  readonly resourceSpans: ReadonlyArray<{
    readonly scopeSpans: ReadonlyArray<{ readonly spans: ReadonlyArray<Span> }>
  }>
}

/** A collector: what it was sent, as it came and as spans. */
class Collector {
  readonly bodies: Array<string> = []
  private readonly server = createServer((request, response) => {
    const parts: Array<Buffer> = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      this.bodies.push(Buffer.concat(parts).toString())
      response.end('{}')
      this.server.emit('told')
    })
  })

  async start(): Promise<string> {
    await once(this.server.listen(0, '127.0.0.1'), 'listening')
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  stop(): void {
    this.server.close()
  }

  get spans(): ReadonlyArray<Span> {
    return this.bodies.flatMap(body => {
      const { resourceSpans }: Export = JSON.parse(body)
      return resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans))
    })
  }

  /** The names of a trace's spans, once it has all of these. */
  async trace(traceId: string, ...wanted: ReadonlyArray<string>): Promise<ReadonlyArray<Span>> {
    while (true) {
      const spans = this.spans.filter(span => span.traceId === traceId)
      const names = new Set(spans.map(({ name }) => name))
      if (wanted.every(name => names.has(name))) return spans
      await once(this.server, 'told')
    }
  }
}

/** The names of the spans that a span is below of. */
const above = (spans: ReadonlyArray<Span>, span: Span | string): ReadonlyArray<string> => {
  const found = typeof span === 'string' ? spans.find(({ name }) => name === span) : span
  const parent = spans.find(({ spanId }) => spanId === found?.parentSpanId)
  return parent === undefined ? [] : [parent.name, ...above(spans, parent)]
}

const SEND = 'POST /v1/accounts/:accountId/messages'

const collector = new Collector()
let stage: InProcessStage
beforeAll(async () => {
  stage = await Stage.setInProcess({
    OTEL_EXPORTER_OTLP_ENDPOINT: await collector.start(),
    OTEL_BSP_SCHEDULE_DELAY: '100'
  })
})
afterAll(async () => {
  await stage[Symbol.asyncDispose]()
  collector.stop()
})

/** Asks, and answers by which trace it is known. */
const traced = async (method: string, path: string, body?: unknown) => {
  const { key, url } = stage.server
  const answer = await fetch(`${url}${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) })
  })
  expect(answer.status).toBeLessThan(300)
  const traceId = answer.headers.get('x-trace-id')
  expect(traceId).toMatch(/^[0-9a-f]{32}$/)
  return traceId!
}

test('a message is one trace from the request over the wire into the store, also when it waited for the connection', async () => {
  const { accountId, phone } = await stage.linked({ history: { chats: 1, messages: 3, groupsShare: 0 } })
  const to = phone.contacts[0]!.phoneNumber
  const sent = await traced('POST', `/v1/accounts/${accountId}/messages`, {
    to,
    text: 'Nobody else reads this'
  })
  const spans = await collector.trace(sent, SEND, 'Outbox.accept', 'Outbox.send', 'WhatsApp.send')
  expect(above(spans, 'WhatsApp.send')).toEqual(
    expect.arrayContaining([SEND, 'Outbox.accept', 'Outbox.send'])
  )
  // What was done in the store is below both: accepted, and noted as sent.
  const stored = spans.filter(({ name }) => name === 'sqlite').map(span => above(spans, span))
  expect(stored.some(names => names.includes('Outbox.accept') && !names.includes('Outbox.send'))).toBe(true)
  expect(stored.some(names => names.includes('Outbox.send'))).toBe(true)

  await stage.api.request('POST', `/v1/accounts/${accountId}/disconnect`)
  await stage.api.untilAccount(accountId, 'offline', ({ state }) => state === 'stopped')
  const later = await traced('POST', `/v1/accounts/${accountId}/messages`, { to, text: 'Later' })
  await stage.server.stop()
  await stage.restart()
  const connected = await traced('POST', `/v1/accounts/${accountId}/connect`)
  await collector.trace(later, SEND, 'Outbox.send', 'WhatsApp.send')
  await collector.trace(
    connected,
    'POST /v1/accounts/:accountId/connect',
    'Accounts.send',
    'WhatsApp.opening',
    'sqlite'
  )
})

thoroughTest('nothing but requests and what follows from them is exported, and nothing secret', async () => {
  const { accountId, phone } = await stage.linked({ history: { chats: 2, messages: 30, groupsShare: 0 } })
  const { threads } = await stage.api
    .request<{ threads: ReadonlyArray<{ threadId: string }> }>('GET', `/v1/accounts/${accountId}/threads`)
    .then(({ body }) => body)
  await phone.receive({ from: phone.contacts[0]!, text: 'Where the treasure lies' })
  await traced('GET', `/v1/accounts/${accountId}/search?q=treasure`)
  const last = await traced('GET', `/v1/threads/${encodeURIComponent(threads[0]!.threadId)}/messages`)
  await collector.trace(last, 'GET /v1/threads/:threadId/messages')
  const { spans } = collector
  const known = new Set(spans.map(({ spanId }) => spanId))
  const roots = spans.filter(({ parentSpanId }) => parentSpanId === undefined)
  expect(roots.filter(({ name }) => !/^(GET|POST|PUT|DELETE)/.test(name))).toEqual([])
  expect(spans.filter(({ parentSpanId }) => parentSpanId !== undefined && !known.has(parentSpanId))).toEqual(
    []
  )
  const all = collector.bodies.join('\n')
  const secrets = ['treasure', 'Nobody else', stage.server.key, ...phone.contacts.map(one => one.phoneNumber)]
  expect(secrets.filter(secret => all.includes(secret))).toEqual([])
})
