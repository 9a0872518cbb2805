// A WhatsApp server that sends nonsense: the account copes, the process and the other accounts never notice.
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { BinaryNode } from '@whiskeysockets/baileys'
import { describe, expect, test } from 'vitest'
import { type WebSocket, WebSocketServer } from 'ws'
import { InProcessServer } from '../../harness/in-process-server.ts'
import { temporaryFolder } from '../../harness/server-process.ts'
import { compare } from '../../harness/compare.ts'
import { shared as onceForAll } from './shared.ts'
import { sharedInProcessStage } from './stage.ts'

/** A server on the product's way to WhatsApp that behaves as it is told. */
const startImpostor = async () => {
  let behave: (socket: WebSocket) => void = () => undefined
  let upgrades = true
  const http = createServer()
  const sockets = new WebSocketServer({ noServer: true })
  http.on('upgrade', (request, socket, head) => {
    // The server may be gone before it is answered.
    socket.on('error', () => undefined)
    if (upgrades) sockets.handleUpgrade(request, socket, head, behave)
    else socket.end('HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n')
  })
  await new Promise<void>(resolve => http.listen(0, '127.0.0.1', resolve))
  const folder = temporaryFolder()
  const server = await InProcessServer.start({
    dataDir: folder.path,
    settings: {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion
      WHATSAPP_URL: `ws://127.0.0.1:${(http.address() as AddressInfo).port}/ws/chat`,
      WHATSAPP_TRUST_ROOT: randomBytes(32).toString('base64'),
      RECONNECT_MIN: '10ms',
      RECONNECT_MAX: '50ms',
      CONNECT_TIMEOUT: '500ms',
      PAIRING_TIMEOUT: '3s'
    }
  })
  return {
    server,
    behaves: (how: (socket: WebSocket) => void, takesUpgrades: boolean) => {
      behave = how
      upgrades = takesUpgrades
    },
    [Symbol.asyncDispose]: async () => {
      await server.stop()
      for (const socket of sockets.clients) socket.terminate()
      http.closeAllConnections()
      http.close()
      folder.remove()
    }
  }
}

describe('a server that does not speak WhatsApp', () => {
  const impostor = onceForAll(startImpostor)

  test.each([
    ['answers HTTP 500', () => undefined, false],
    ['hangs up at once', (socket: WebSocket) => socket.terminate(), true],
    ['sends noise', (socket: WebSocket) => socket.send(randomBytes(5000)), true],
    [
      'announces frames that never come',
      (socket: WebSocket) => socket.send(Buffer.from([0xff, 0xff, 0xff])),
      true
    ],
    ['sends text', (socket: WebSocket) => socket.send('{"hello":"world"}'), true],
    ['sends an empty handshake', (socket: WebSocket) => socket.send(Buffer.from([0, 0, 2, 0x1a, 0])), true],
    ['says nothing', () => undefined, true]
  ])('%s', async (_, behave, upgrades) => {
    const { behaves, server } = impostor()
    behaves(behave, upgrades)
    const { accountId } = await server.api.createAccount('Lost')
    await server.api.pair(accountId)
    await server.api.untilAccount(accountId, 'the pairing to be given up', ({ state }) => state === 'stopped')
    expect(await server.api.request('GET', '/ready')).toMatchObject({ status: 200 })
  })

  test('does not keep this one from stopping', async () => {
    await impostor().server.stop()
  })
})

describe('a server', () => {
  const shared = sharedInProcessStage()

  test('a WhatsApp server whose certificate another root signed is never connected to', async () => {
    const stage = shared()
    await stage.server.stop()
    await stage.restart({
      WHATSAPP_TRUST_ROOT: randomBytes(32).toString('base64'),
      RECONNECT_MIN: '10ms',
      RECONNECT_MAX: '50ms'
    })
    const { accountId } = await stage.api.createAccount('Deceived')
    await stage.api.pair(accountId)
    const account = await stage.api.untilAccount(
      accountId,
      'the pairing to be given up',
      ({ state }) => state === 'stopped'
    )
    expect(account.reconnectAttempts).toBeGreaterThanOrEqual(5)
    expect(stage.server.output()).not.toContain('Connected to WhatsApp')
    await stage.server.stop()
    await stage.restart()
  })

  test('stanzas that make no sense are survived, and what comes after them is stored', async () => {
    const stage = shared()
    const { phone, accountId } = await stage.linked({ history: { chats: 1, messages: 5, groupsShare: 0 } })
    const other = await stage.linked({ history: { chats: 1, messages: 5, groupsShare: 0 } })
    const contact = phone.contacts[0]!
    const nonsense: ReadonlyArray<BinaryNode> = [
      { tag: 'message', attrs: {} },
      { tag: 'message', attrs: { id: 'X1' } },
      { tag: 'message', attrs: { id: 'X2', from: 'nobody' }, content: [] },
      {
        tag: 'message',
        attrs: { id: 'X3', from: contact.jid, t: 'never' },
        content: [{ tag: 'enc', attrs: {}, content: Buffer.from('?') }]
      },
      {
        tag: 'message',
        attrs: { id: 'X4', from: contact.jid, t: '99999999999999999999' },
        content: [{ tag: 'enc', attrs: { type: 'pkmsg', v: '2' }, content: randomBytes(300) }]
      },
      {
        tag: 'message',
        attrs: { id: 'X5', from: '120363000000000001@g.us', t: '1' },
        content: [{ tag: 'enc', attrs: { type: 'skmsg', v: '2' }, content: randomBytes(30) }]
      },
      { tag: 'receipt', attrs: {} },
      {
        tag: 'receipt',
        attrs: { id: 'X6', from: 'constructor', type: '__proto__' },
        content: [{ tag: 'list', attrs: {}, content: [{ tag: 'item', attrs: {} }] }]
      },
      { tag: 'notification', attrs: { id: 'X7', type: 'w:gp2' }, content: [] },
      { tag: 'notification', attrs: { id: 'X8', from: contact.jid, type: 'toString' } },
      { tag: 'ack', attrs: { class: 'message' } },
      { tag: 'iq', attrs: { type: 'set' } },
      { tag: 'ib', attrs: {}, content: [] },
      { tag: 'call', attrs: { id: 'X9', from: contact.jid } },
      { tag: 'unheard-of', attrs: { id: 'X10' }, content: 'text' }
    ]
    for (const node of nonsense) await phone.devices[0]!.connection?.send(node)
    await phone.receive({ from: contact, text: 'something sensible' })

    await stage.api.until('the sensible message', async () => {
      const { missing } = await compare(stage.api, accountId, phone.truth().messages)
      return missing.length === 0 ? true : undefined
    })
    expect(await stage.api.account(other.accountId)).toMatchObject({
      tags: ['online'],
      lastDisconnect: null
    })
    expect(stage.server.output()).not.toContain('crashed')
  })
})
