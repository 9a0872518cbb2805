// No frame leaves before what came before it is written; whoever sends does not wait for that, up to a limit.
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { DEFAULT_CONNECTION_CONFIG, type WASocket } from '@whiskeysockets/baileys'
import { WebSocketClient } from '@whiskeysockets/baileys/lib/Socket/Client/websocket.js'
import { afterEach, expect, test } from 'vitest'
import { WebSocketServer } from 'ws'
import { NO_LOG } from '../../../../src/services/database/sqlite/log-flush.ts'
import { makeLoopShare } from '../../../../src/services/process/loop-share.ts'
import { holdFrames } from '../../../../src/services/whatsapp/socket/frame-hold.ts'
import { rawSocketOf } from '../../../../src/services/whatsapp/socket/raw-socket.ts'

const endings: Array<() => void> = []
afterEach(() => {
  for (const end of endings.splice(0)) end()
})

/** A connection over loopback whose writes end when the test says so. */
const connected = async () => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  await once(server, 'listening')
  endings.push(() => server.close())
  const accepted = once(server, 'connection')
  const { port } = server.address() as AddressInfo
  const ws = new WebSocketClient(new URL(`ws://127.0.0.1:${port}`), DEFAULT_CONNECTION_CONFIG as never)
  ws.connect()
  const [client] = (await accepted) as [{ on: (name: string, listener: (data: Buffer) => void) => void }]
  await once(ws, 'open')
  const received: Array<string> = []
  client.on('message', data => received.push(data.toString()))

  const socket = { ws } as unknown as WASocket
  const writes: Array<PromiseWithResolvers<void>> = []
  let begun = Promise.withResolvers<void>()
  const failures: Array<unknown> = []
  let hurried = 0
  let canWait = () => false
  const frames = holdFrames(socket, {
    durability: { ...NO_LOG, hurry: () => void (hurried += 1) },
    share: makeLoopShare(),
    writeDeferred: mayWait => {
      const write = Promise.withResolvers<void>()
      writes.push(write)
      canWait = mayWait
      begun.resolve()
      begun = Promise.withResolvers()
      return write.promise
    },
    onFailure: cause => failures.push(cause)
  })
  const raw = rawSocketOf(socket)!
  endings.push(() => raw.terminate())
  const sent: Array<string> = []
  return {
    frames,
    received,
    sent,
    writes,
    failures,
    hurried: () => hurried,
    /** Whether what is being written can wait. */
    canWait: () => canWait(),
    send: (text: string) => raw.send(Buffer.from(text), () => sent.push(text)),
    /** The next write has begun. */
    writing: () => begun.promise,
    /** The other side has read everything that was sent until now. */
    read: async () => {
      const pong = once(raw as never, 'pong')
      Reflect.apply(Reflect.get(raw, 'ping') as () => void, raw, [])
      await pong
    }
  }
}

const names = (count: number) => Array.from({ length: count }, (_, n) => `frame ${n}`)

test('what arrives together is one write, and the frames leave after it, in their order', async () => {
  const { frames, read, received, send, writes, writing } = await connected()
  const begun = writing()
  for (const name of names(20)) {
    frames.noteDeferred('now')
    send(name)
  }
  await begun
  await read()
  expect(received).toEqual([])
  writes[0]?.resolve()
  await writes[0]?.promise
  await read()
  expect(received).toEqual(names(20))
  expect(writes).toHaveLength(1)
})

test('a frame that is held counts as sent, up to 256 of them; what is beyond waits for its write', async () => {
  const { read, received, send, sent, writes, writing } = await connected()
  const begun = writing()
  for (const name of names(300)) send(name)
  expect(sent).toEqual(names(256))
  await begun
  writes[0]?.resolve()
  await writes[0]?.promise
  await read()
  expect(received).toEqual(names(300))
  expect(sent).toEqual(names(300))
})

test('what comes while something is written waits for a write of its own', async () => {
  const { frames, read, received, send, writes, writing } = await connected()
  const first = writing()
  send('first')
  await first
  const second = writing()
  frames.noteDeferred('now')
  send('second')
  writes[0]?.resolve()
  await second
  await read()
  expect(received).toEqual(['first'])
  writes[1]?.resolve()
  await writes[1]?.promise
  await read()
  expect(received).toEqual(['first', 'second'])
})

test('after a write that failed nothing leaves any more', async () => {
  const { failures, read, received, send, writes, writing } = await connected()
  const begun = writing()
  send('first')
  await begun
  const cause = new Error('disk full')
  writes[0]?.reject(cause)
  await writes[0]?.promise.catch(() => undefined)
  send('second')
  await read()
  expect(failures).toEqual([cause])
  expect(received).toEqual([])
  expect(writes).toHaveLength(1)
})

test('whoever waits for all frames waits for their write', async () => {
  const { frames, read, received, send, writes, writing } = await connected()
  const begun = writing()
  send('first')
  let haveLeft = false
  const left = frames.left().then(() => (haveLeft = true))
  await begun
  await read()
  expect(haveLeft).toBe(false)
  writes[0]?.resolve()
  await left
  await read()
  expect(received).toEqual(['first'])
})

test('a receipt and the frame that answers it wait for others, until something comes that cannot', async () => {
  const { canWait, frames, hurried, read, received, send, writes, writing } = await connected()
  const first = writing()
  frames.noteDeferred('later')
  send('receipt')
  await first
  expect([canWait(), hurried()]).toEqual([true, 0])
  const second = writing()
  send('message')
  expect([canWait(), hurried()]).toEqual([false, 1])
  writes[0]?.resolve()
  await second
  expect([canWait(), hurried()]).toEqual([false, 1])
  writes[1]?.resolve()
  await writes[1]?.promise
  await read()
  expect(received).toEqual(['receipt', 'message'])
})
