// What sockets report together is handled a few events at a time, in the order of each socket, and is left with the sender meanwhile.
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { DEFAULT_CONNECTION_CONFIG, type WASocket } from '@whiskeysockets/baileys'
import { WebSocketClient } from '@whiskeysockets/baileys/lib/Socket/Client/websocket.js'
import { expect, test } from 'vitest'
import { WebSocketServer } from 'ws'
import { makeLoopShare } from '../../../../src/services/process/loop-share.ts'
import { shareLoop } from '../../../../src/services/whatsapp/socket/event-share.ts'
import { rawSocketOf } from '../../../../src/services/whatsapp/socket/raw-socket.ts'

/** Used up by whatever comes. */
const usedUpShare = () => {
  let now = 0
  return makeLoopShare(() => (now += 100))
}

const MESSAGES = Array.from({ length: 40 }, (_, place) => `message ${place}`)

test('a socket on whose messages the share is used up gets all of them, in order, and its end last', async () => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  server.on('connection', client => {
    for (const message of MESSAGES) client.send(message)
    client.close()
  })
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const ws = new WebSocketClient(new URL(`ws://127.0.0.1:${port}`), DEFAULT_CONNECTION_CONFIG as never)
  const socket = { ws } as unknown as WASocket
  const seen: Array<string> = []
  let wasPaused = false
  shareLoop(socket, usedUpShare())
  ws.on('message', (data: Buffer) => {
    seen.push(data.toString())
    const raw = rawSocketOf(socket)
    wasPaused ||= raw !== undefined && Reflect.get(raw, 'isPaused') === true
  })
  ws.on('close', () => seen.push('the end'))
  const ended = once(ws, 'close')
  ws.connect()
  await ended
  server.close()
  expect(seen).toEqual([...MESSAGES, 'the end'])
  expect(wasPaused).toBe(true)
})

const waitForNextTurn = (work: () => void): true => {
  setImmediate(work)
  return true
}

test('that a socket cannot connect can wait, too', async () => {
  const unused = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  await once(unused, 'listening')
  const { port } = unused.address() as AddressInfo
  unused.close()
  const ws = new WebSocketClient(new URL(`ws://127.0.0.1:${port}`), DEFAULT_CONNECTION_CONFIG as never)
  shareLoop({ ws } as unknown as WASocket, { run: waitForNextTurn })
  const failed = new Promise<Error>(resolve => ws.on('error', resolve))
  ws.connect()
  expect(await failed).toMatchObject({ code: 'ECONNREFUSED' })
})
