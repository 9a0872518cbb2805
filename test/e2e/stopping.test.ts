// A server that is told to stop, and clients that do not want it to.
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { ServerProcess, temporaryFolder } from '../../harness/server-process.ts'

const cleanUps: Array<() => unknown> = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp()
})

const started = async (): Promise<ServerProcess> => {
  const folder = temporaryFolder()
  cleanUps.push(folder.remove)
  const server = await ServerProcess.start({ dataDir: folder.path })
  cleanUps.push(() => server.kill())
  return server
}

/** A connection on which this much was written, and nothing is read. */
const silentClient = async ({ key, url }: ServerProcess, lines: ReadonlyArray<string>): Promise<Socket> => {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  socket.on('error', () => undefined)
  cleanUps.push(() => socket.destroy())
  await once(socket, 'connect')
  socket.pause()
  socket.write(lines.join('\r\n').replace('KEY', key))
  return socket
}

/** Reads events, and asks again on whatever connection there is as soon as they end. */
const readEventsForEver = (server: ServerProcess): Promise<void> =>
  new Promise(resolve => {
    let isOver = false
    cleanUps.push(() => (isOver = true))
    const read = async (): Promise<void> => {
      const response = await fetch(`${server.url}/v1/events`, {
        headers: { authorization: `Bearer ${server.key}` }
      })
      const reader = response.body!.getReader()
      for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) resolve()
    }
    const again = (): void => {
      if (isOver) return
      read().then(again, () => setTimeout(again, 10))
    }
    again()
  })

test('nothing that clients leave open keeps the server from stopping in order', async () => {
  const server = await started()
  await readEventsForEver(server)
  // Headers that never end.
  await silentClient(server, ['GET /v1/accounts HTTP/1.1', 'host: localhost', 'authorization: Bea'])
  // A body that never comes.
  await silentClient(server, [
    'POST /v1/accounts HTTP/1.1',
    'host: localhost',
    'authorization: Bearer KEY',
    'content-type: application/json',
    'content-length: 1000',
    '',
    '{"name":'
  ])
  // Events that nobody reads.
  await silentClient(server, [
    'GET /v1/events HTTP/1.1',
    'host: localhost',
    'authorization: Bearer KEY',
    '',
    ''
  ])
  // A connection that is kept for the next question.
  await server.api.request('GET', '/health')

  expect(await server.stop()).toBe(0)
})
