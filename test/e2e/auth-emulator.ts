// What of a Firebase Auth emulator is needed here: one user, who can be looked up and given claims.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export const authEmulator = async (uid: string, email = `${uid}@example.com`) => {
  const claims: Array<unknown> = []
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (text: string) => (body += text))
    request.on('end', () => {
      const given = JSON.parse(body || '{}') as Readonly<Record<string, unknown>>
      const isUnknown = Array.isArray(given['email']) && given['email'][0] !== email
      const answer = request.url?.endsWith('/accounts:lookup')
        ? isUnknown
          ? {}
          : { users: [{ localId: uid, email, validSince: '1', customAttributes: '{"other":1}' }] }
        : request.url?.endsWith('/accounts:update')
          ? { localId: uid }
          : undefined
      const { customAttributes } = given
      if (typeof customAttributes === 'string') claims.push(JSON.parse(customAttributes))
      response.writeHead(answer === undefined ? 501 : 200, { 'content-type': 'application/json' })
      response.end(JSON.stringify(answer ?? { error: { code: 501 } }))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return { host: `127.0.0.1:${port}`, claims, stop: () => server.close() }
}
