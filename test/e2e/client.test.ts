// The client for applications, against a running server.
import { expect, test } from 'vitest'
import { Backscroll } from '../../src/client/index.ts'
import { sharedInProcessStage } from './stage.ts'

const shared = sharedInProcessStage()

const all = async <A>(items: AsyncIterable<A>): Promise<ReadonlyArray<A>> => {
  const found: Array<A> = []
  for await (const item of items) found.push(item)
  return found
}

test('an application reads page by page, sends, waits for the outcome and follows what happens', async () => {
  const { server } = shared()
  const { accountId, phone } = await shared().linked({ history: { chats: 3, messages: 30, groupsShare: 0 } })
  const client = new Backscroll({ url: server.url, key: server.key })

  const { accounts } = await client.call('accounts.list')
  expect(accounts).toMatchObject([{ accountId, state: 'open' }])
  const threads = await all(client.items('accounts.threads', { accountId, limit: 1 }))
  expect(threads).toEqual(await shared().api.threads(accountId))
  const [thread] = threads
  const messages = await all(client.items('threads.messages', { threadId: thread!.threadId, limit: 2 }))
  expect(messages).toEqual(await shared().api.messages(thread!.threadId))

  const abort = new AbortController()
  const sent = await client.call('outbox.send', {
    accountId,
    wait: 'delivered',
    timeout: '2m',
    body: { to: phone.contacts[0]!.phoneNumber, text: 'from the client' }
  })
  expect(sent).toMatchObject({ status: 'sent', messageStatus: expect.stringMatching(/^(delivered|read)$/) })
  const types = ['message.stored']
  for await (const event of client.events({ after: 0, accountId, types, signal: abort.signal })) {
    expect(event.type).toBe('message.stored')
    if (event.type === 'message.stored' && event.data.messageId === sent.messageId) abort.abort()
  }

  await expect(client.call('accounts.get', { accountId: 'acc-none' })).rejects.toMatchObject({
    status: 404,
    code: 'not-found'
  })
  await expect(
    client.call('outbox.send', { accountId, wait: 'sent', body: { to: '+4915100000009', text: 'anybody?' } })
  ).rejects.toMatchObject({ code: 'not-sent', problem: { entry: { reason: 'recipient.notOnWhatsApp' } } })
  const exported = await client.call('reading.exportThread', { threadId: thread!.threadId })
  expect(await exported.text()).toContain('"kind":"end"')
})
