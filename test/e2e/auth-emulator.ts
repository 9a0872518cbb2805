// What of a Firebase Auth emulator the client needs to take its unsigned tokens: that the user is there.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export const authEmulator = async (uid: string) => {
  const server = createServer((request, response) => {
    const isLookup = request.url?.endsWith('/accounts:lookup') === true
    response.writeHead(isLookup ? 200 : 501, { 'content-type': 'application/json' })
    response.end(
      JSON.stringify(isLookup ? { users: [{ localId: uid, validSince: '1' }] } : { error: { code: 501 } })
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return { host: `127.0.0.1:${port}`, stop: () => server.close() }
}
