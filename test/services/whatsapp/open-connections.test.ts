// Whether a connection can still answer: whatever is lost with one must not count as unanswered by WhatsApp.
import { Effect } from 'effect'
import { expect, test } from 'vitest'
import { makeAccountMemory } from '../../../src/services/process/account-memory.ts'
import { makeOpenConnections } from '../../../src/services/whatsapp/open-connections.ts'
import { linked } from '../../simulator/linked.ts'

const ACCOUNT = 'acc-1'

test('what has no answer on a connection that has ended was lost with it, before anybody was told of its end', async () => {
  await using it = await linked({ chats: 2, messages: 2 })
  const { socket } = it.client
  const connections = makeOpenConnections(makeAccountMemory())
  connections.add(ACCOUNT, {
    socket,
    acknowledgements: { awaitAfter: () => Effect.undefined },
    askRestriction: Effect.succeed(null),
    groupMetadata: async () => undefined,
    allSent: async () => undefined
  })
  expect(connections.unanswered(ACCOUNT, socket)).toMatchObject({ _tag: 'NotConfirmed' })
  it.client.reconnects = false
  const closing = socket.ws.close()
  expect(connections.unanswered(ACCOUNT, socket)).toMatchObject({ _tag: 'NotConnected' })
  await closing
  expect(connections.unanswered(ACCOUNT, socket)).toMatchObject({ _tag: 'NotConnected' })
})
