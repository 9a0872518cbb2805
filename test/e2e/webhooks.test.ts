// Webhooks through HTTP: an application gets every event, signed, in the order of its conversation, whatever its server does meanwhile.
import { Webhook as Verifier } from 'standardwebhooks'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { DeadLetter, Webhook, WebhookDelivery } from '../../src/domain/webhook.ts'
import { Api } from '../../harness/api.ts'
import { threadIdOf } from '../../src/domain/ids.ts'
import { accept, Receiver } from '../services/webhooks/receiver.ts'
import { Stage } from './stage.ts'

type Stages = Awaited<ReturnType<typeof Stage.setInProcess>>

let stage: Stages
beforeAll(async () => {
  stage = await Stage.setInProcess({ WEBHOOK_URL_PRIVATE: 'true' })
})
afterAll(() => stage[Symbol.asyncDispose]())

const create = (body: object): Promise<{ webhook: Webhook; secret: string }> =>
  stage.api.webhooks(201, 'POST', '', body)
const read = (webhookId: string): Promise<Webhook> => stage.api.webhooks(200, 'GET', `/${webhookId}`)
const remove = (webhookId: string) => stage.api.webhooks(204, 'DELETE', `/${webhookId}`)
const deliveriesOf = async (webhookId: string): Promise<ReadonlyArray<WebhookDelivery>> =>
  (
    await stage.api.webhooks<{ deliveries: ReadonlyArray<WebhookDelivery> }>(
      200,
      'GET',
      `/${webhookId}/deliveries`
    )
  ).deliveries

let account: ReturnType<Stages['linked']> | undefined
/** One for all tests: each has a webhook of its own, which it deletes. */
const linked = () => (account ??= stage.linked({ history: { chats: 2, messages: 4, groupsShare: 0 } }))

const until = <A>(what: string, found: () => Promise<A | undefined> | A | undefined): Promise<A> =>
  stage.api.until(what, async () => found())

test('every new message is delivered once it is stored, signed so that the published verifier takes it', async () => {
  await using receiver = await Receiver.open()
  const { accountId, phone } = await linked()
  const { secret, webhook } = await create({
    url: receiver.url,
    accountId,
    types: ['message.*'],
    headers: { authorization: 'Bearer of-theirs' }
  })
  expect(webhook).toMatchObject({
    state: 'active',
    headers: ['authorization'],
    waiting: 0,
    oldestWaitingAt: null,
    accountId
  })
  expect(JSON.stringify(webhook)).not.toContain('of-theirs')
  const [contact] = phone.contacts
  await phone.receive({ from: contact!, text: 'hello' })
  const first = await until('the event', () => receiver.received[0])

  expect(new Verifier(secret).verify(first.body, first.headers)).toEqual(first.event)
  expect(() => new Verifier(secret).verify(`${first.body} `, first.headers)).toThrow()
  expect(first.headers).toMatchObject({
    authorization: 'Bearer of-theirs',
    'content-type': 'application/cloudevents+json; charset=utf-8'
  })
  expect(first.event).toMatchObject({
    specversion: '1.0',
    type: 'message.stored',
    source: `/v1/accounts/${accountId}`,
    data: {
      message: { body: 'hello', direction: 'inbound', type: 'text', bodyShortened: false },
      changed: []
    }
  })

  const sent = await stage.api.send(accountId, contact!.jid, 'an answer')
  const status = await until('that it was read', () =>
    receiver.received.find(
      ({ event }) =>
        event.type === 'message.status' &&
        'message' in event.data &&
        event.data.message?.messageId === sent.messageId &&
        event.data.message.status !== 'queued'
    )
  )
  expect(status.event.data).toMatchObject({ changed: expect.arrayContaining(['status']) })
  const ids = receiver.received.map(({ headers }) => headers['webhook-id'])
  expect(new Set(ids).size).toBe(ids.length)
  await until(
    'the record',
    async () => (await deliveriesOf(webhook.webhookId)).length >= ids.length || undefined
  )
  expect((await deliveriesOf(webhook.webhookId)).every(({ outcome }) => outcome === 'delivered')).toBe(true)
  await remove(webhook.webhookId)
  await stage.api.webhooks(404, 'GET', `/${webhook.webhookId}`)
})

test('a conversation waits for the event that was not taken; others go on, and nothing is lost or out of order', async () => {
  await using receiver = await Receiver.open()
  const { accountId, phone } = await linked()
  const { webhook } = await create({ url: receiver.url, accountId, types: ['message.stored'] })
  const [troubled, other] = phone.contacts
  let isBroken = true
  receiver.behave = ({ event }, response) => {
    const isTroubled = JSON.stringify(event).includes('"body":"troubled ')
    response.writeHead(isTroubled && isBroken ? 500 : 200).end('it does not work')
  }
  await phone.receive({ from: troubled!, text: 'troubled 1' })
  await until('that it waits', async () => (await read(webhook.webhookId)).failingLanes === 1 || undefined)
  await phone.receive({ from: troubled!, text: 'troubled 2' })
  await phone.receive({ from: other!, text: 'other' })
  await until('the other conversation', () => receiver.texts.includes('other') || undefined)
  expect(receiver.texts).not.toContain('troubled 2')
  const waiting = await until('both to be counted', async () => {
    const now = await read(webhook.webhookId)
    return now.waiting === 2 ? now : undefined
  })
  expect(waiting.oldestWaitingAt).toBe(Date.parse(receiver.received[0]!.event.time))
  const [failed] = (await deliveriesOf(webhook.webhookId)).filter(({ outcome }) => outcome === 'failed')
  expect(failed).toMatchObject({
    status: 500,
    reason: 'The server answered 500 Internal Server Error',
    answer: 'it does not work',
    attempt: 1
  })

  isBroken = false
  await until('the rest', () => receiver.texts.includes('troubled 2') || undefined)
  expect(receiver.texts.filter(text => text?.startsWith('troubled'))).toEqual([
    'troubled 1',
    'troubled 1',
    'troubled 2'
  ])
  const [one, again] = receiver.received.filter(({ body }) => body.includes('troubled 1'))
  expect(again!.headers['webhook-id']).toBe(one!.headers['webhook-id'])
  await until(
    'that nothing waits',
    async () => (await read(webhook.webhookId)).failingLanes === 0 || undefined
  )
  await remove(webhook.webhookId)
})

test('a server that is gone gets nothing any more, until somebody says so; what it missed comes then', async () => {
  await using receiver = await Receiver.open()
  const { accountId, phone } = await linked()
  const { webhook } = await create({ url: receiver.url, accountId, types: ['message.stored'] })
  const [contact] = phone.contacts
  receiver.behave = (_, response) => void response.writeHead(410).end()
  await phone.receive({ from: contact!, text: 'into the void' })
  const disabled = await until('that it is disabled', async () => {
    const now = await read(webhook.webhookId)
    return now.state === 'disabled' ? now : undefined
  })
  expect(disabled).toMatchObject({
    reason: expect.stringContaining('410'),
    failingLanes: 0,
    nextAttemptAt: null
  })
  await phone.receive({ from: contact!, text: 'meanwhile' })
  await until('both events', async () => (await read(webhook.webhookId)).waiting === 2 || undefined)
  expect(receiver.received).toHaveLength(1)
  const incident = async () =>
    (await stage.api.incidents()).find(({ subject }) => subject === webhook.webhookId)
  expect(await incident()).toMatchObject({ kind: 'webhook.disabled', resolvedAt: null })

  receiver.behave = accept
  await stage.api.webhooks(200, 'PATCH', `/${webhook.webhookId}`, { state: 'active' })
  await until('both', () => receiver.texts.includes('meanwhile') || undefined)
  expect(receiver.texts).toEqual(['into the void', 'into the void', 'meanwhile'])
  expect(await incident()).toMatchObject({ resolvedAt: expect.any(Number) })
  await remove(webhook.webhookId)
})

test('a redirect is not followed, and a test says what the server answered', async () => {
  await using receiver = await Receiver.open()
  const { webhook } = await create({ url: receiver.url, headers: { 'Content-Type': 'application/json' } })
  receiver.behave = (_, response) => void response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end()
  const outcome = await stage.api.webhooks(200, 'POST', `/${webhook.webhookId}/test`)
  expect(outcome).toMatchObject({ isTaken: false, status: 302, reason: 'Redirects are not followed' })
  receiver.behave = accept
  expect(await stage.api.webhooks(200, 'POST', `/${webhook.webhookId}/test`)).toMatchObject({
    isTaken: true,
    status: 204
  })
  expect(receiver.received.map(({ event }) => event.type)).toEqual(['webhook.test', 'webhook.test'])
  // For servers that read no other type.
  expect(receiver.received[0]!.headers['content-type']).toBe('application/json')
  await remove(webhook.webhookId)
})

test('a replaced secret signs beside the one before; what happened before is delivered again on request', async () => {
  await using receiver = await Receiver.open()
  const { accountId, phone } = await linked()
  const { secret, webhook } = await create({ url: receiver.url, accountId, types: ['message.stored'] })
  const renewed = await stage.api.webhooks<{ secret: string }>(200, 'POST', `/${webhook.webhookId}/secret`, {
    overlapSeconds: 3600
  })
  await phone.receive({ from: phone.contacts[0]!, text: 'signed twice' })
  const event = await until('the event', () => receiver.received[0])
  for (const known of [secret, renewed.secret])
    expect(new Verifier(known).verify(event.body, event.headers)).toMatchObject({ type: 'message.stored' })

  await until('that it was recorded', async () => (await read(webhook.webhookId)).waiting === 0 || undefined)
  await stage.api.webhooks(202, 'POST', `/${webhook.webhookId}/replay`, {
    since: Date.parse(event.event.time)
  })
  const isSame = ({ headers }: (typeof receiver.received)[number]) =>
    headers['webhook-id'] === event.headers['webhook-id']
  await until('it once more', () => receiver.received.slice(1).find(isSame))
  expect(
    await stage.api.webhooks<{ deadLetters: ReadonlyArray<DeadLetter> }>(
      200,
      'GET',
      `/${webhook.webhookId}/dead-letters`
    )
  ).toEqual({ deadLetters: [] })
  await remove(webhook.webhookId)
})

test('an operator’s key manages webhooks of its accounts with events that it may hear, and its own end with it', async () => {
  await using receiver = await Receiver.open()
  const { accountId, phone } = await linked()
  const { body: made } = await stage.api.request<{ keyId: string; key: string }>('POST', '/v1/keys', {
    name: 'operator',
    role: 'operator',
    accounts: [accountId],
    events: ['message.*']
  })
  const operator = new Api(stage.server.url, made.key)
  const { webhook: others } = await create({ url: receiver.url, headers: { apikey: 'theirs' } })
  for (const types of [[], ['thread.*']]) {
    await operator.webhooks(403, 'POST', '', { url: receiver.url, types })
    if (types.length > 0) await operator.webhooks(403, 'POST', '', { url: receiver.url, accountId, types })
  }
  for (const [method, path] of [
    ['GET', ''],
    ['DELETE', ''],
    ['POST', '/test'],
    ['GET', '/deliveries']
  ] as const)
    await operator.webhooks(404, method, `/${others.webhookId}${path}`)

  const { webhook } = await operator.webhooks<{ webhook: Webhook }>(201, 'POST', '', {
    url: receiver.url,
    accountId
  })
  expect(webhook).toMatchObject({ types: ['message.*'], keyId: made.keyId })
  expect(await operator.webhooks(200, 'GET')).toMatchObject({ webhooks: [{ webhookId: webhook.webhookId }] })
  await operator.webhooks(403, 'PATCH', `/${webhook.webhookId}`, { types: ['thread.changed'] })
  // What the headers hold is not sent to another server.
  const elsewhere = { url: 'https://elsewhere.example' }
  await stage.api.webhooks(400, 'PATCH', `/${others.webhookId}`, elsewhere)
  await stage.api.webhooks(200, 'PATCH', `/${others.webhookId}`, { ...elsewhere, headers: {} })

  await stage.api.request('DELETE', `/v1/keys/${made.keyId}`)
  await phone.receive({ from: phone.contacts[0]!, text: 'too late' })
  await until('that it is disabled', async () =>
    (await read(webhook.webhookId)).state === 'disabled' ? true : undefined
  )
  expect(receiver.texts).not.toContain('too late')
  for (const { webhookId } of [others, webhook]) await remove(webhookId)
})

const JSON_TYPE = { 'content-type': 'application/json' }

test('threads are those of the webhook’s account, and batches have bounds', async () => {
  const { accountId, phone } = await linked()
  const threadId = threadIdOf(accountId, phone.contacts[0]!.jid)
  await phone.receive({ from: phone.contacts[0]!, text: 'so that it is there' })
  await until('the thread', async () =>
    (await stage.api.threads(accountId)).find(one => one.threadId === threadId)
  )
  const url = 'https://example.com'
  const { webhook } = await create({
    url,
    threadIds: [threadId, threadId],
    batch: { maxEvents: 50, maxWaitMs: 1000 }
  })
  expect(webhook).toMatchObject({
    accountId,
    threadIds: [threadId],
    batch: { maxEvents: 50, maxWaitMs: 1000 }
  })
  await stage.api.webhooks(404, 'POST', '', { url, threadIds: [threadIdOf(accountId, '1@s.whatsapp.net')] })
  await stage.api.webhooks(400, 'POST', '', { url, batch: { maxEvents: 1, maxWaitMs: 0 } })
  await stage.api.webhooks(200, 'PATCH', `/${webhook.webhookId}`, { threadIds: [], batch: null })
  expect(await read(webhook.webhookId)).toMatchObject({ threadIds: [], batch: null, accountId })
  // Each of these fits to what is there, and not to the other one: only the first to come is taken.
  const changes = [{ format: 'waha' }, { batch: { maxEvents: 50, maxWaitMs: 0 } }].map(async change => {
    const init = { method: 'PATCH', body: JSON.stringify(change), headers: JSON_TYPE }
    return (await stage.api.fetch(`/v1/webhooks/${webhook.webhookId}`, init)).status
  })
  expect((await Promise.all(changes)).toSorted((a, b) => a - b)).toEqual([200, 400])
  await remove(webhook.webhookId)
})

test('a secret is replaced without a body, too; a body of which something is required is asked for', async () => {
  const { secret, webhook } = await create({ url: 'https://example.com' })
  const renewed = await stage.api.webhooks<{ secret: string }>(200, 'POST', `/${webhook.webhookId}/secret`)
  expect(renewed.secret).not.toBe(secret)
  expect(await stage.api.webhooks(400, 'POST', '')).toMatchObject({
    errors: [{ path: ['payload'], message: 'Expected an object' }]
  })
  await remove(webhook.webhookId)
})

test('what is wrong with a webhook is said by field', async () => {
  for (const [body, expected] of [
    [{ url: 'ftp://example.com' }, 'http://'],
    [{ url: 'https://user:pass@example.com' }, 'without a user name'],
    [{ url: 'https://example.com', types: ['mesage.stored'] }, 'message.stored meant?'],
    [{ url: 'https://example.com', types: ['nothing.*'] }, '/events/schemas'],
    [{ url: 'https://example.com', types: ['presence.changed'] }, 'transient'],
    [{ url: 'https://example.com', types: ['sync.*'] }, 'on streams only'],
    [{ url: 'https://example.com', types: ['webhook.test'] }, '/test'],
    [{ url: 'http://0.0.0.0/' }, 'none of a server'],
    [{ url: 'https://example.com', headers: { 'webhook-id': 'x' } }, 'cannot be set'],
    [{ url: 'https://example.com', headers: { 'Content-Type': 'text/plain' } }, 'application/json'],
    [{ url: 'https://example.com', format: 'waha', formatEvents: ['messages.upsert'] }, 'message.any'],
    [{ url: 'https://example.com', formatEvents: ['message'] }, 'types says'],
    [
      { url: 'https://example.com', format: 'waha', batch: { maxEvents: 10, maxWaitMs: 0 } },
      'format backscroll'
    ],
    [{ url: 'https://example.com', headers: { a: 'b\r\nc: d' } }, 'ASCII'],
    [{ url: 'https://example.com', secret: 'whsec_short' }, '24 to 64 bytes']
  ] as const)
    expect(await stage.api.webhooks(400, 'POST', '', body)).toMatchObject({
      detail: expect.stringContaining(expected)
    })
  await stage.api.webhooks(404, 'POST', '', { url: 'https://example.com', accountId: 'acc-none' })
  await stage.api.webhooks(404, 'POST', '/wh_none/replay', { since: 0 })
})
