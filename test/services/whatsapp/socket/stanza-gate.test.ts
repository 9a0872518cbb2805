// What comes is recorded before it is handled; a stanza that cannot be is told from a server that cannot record.
import { expect, test } from 'vitest'
import { recordBeforeHandling } from '../../../../src/services/whatsapp/socket/stanza-gate.ts'
import { linked } from '../../../simulator/linked.ts'

test.each([
  { what: 'a stanza on which recording fails is a fault', isBroken: false, failures: ['unreadable'] },
  { what: 'while nothing can be recorded, no stanza is at fault', isBroken: true, failures: [] }
])('$what, and nobody handles it', async ({ failures, isBroken }) => {
  await using it = await linked({ chats: 2, messages: 2 })
  const { socket } = it.client
  const handled: Array<string> = []
  socket.ws.removeAllListeners('CB:notification')
  socket.ws.on('CB:notification', ({ tag }: { readonly tag: string }) => handled.push(tag))
  const turns: Array<Promise<ReadonlyArray<PromiseSettledResult<void>>>> = []
  recordBeforeHandling(socket, {
    record: () => Promise.reject(new Error('unreadable')),
    cannotRecord: () => isBroken,
    handled: ({ tag }) => handled.push(tag),
    own: { isOwn: () => false, handle: () => undefined },
    handedOn: stanza => stanza,
    turnOf: (_, __, turn) => turns.push(Promise.allSettled([turn()]))
  })
  it.phone.receiveStanza({ tag: 'notification', attrs: { from: it.ann.jid, type: 'devices' } })
  await it.client.until(() => turns.length > 0, 'the stanza')
  const outcomes = (await Promise.all(turns)).flat()
  const reasons = outcomes.flatMap(one => (one.status === 'rejected' ? [String(one.reason.message)] : []))
  expect(reasons).toEqual(failures)
  expect(handled).toEqual([])
})
