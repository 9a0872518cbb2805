// Serves examples/firestore-web as somebody would who has configured it for an emulator. Google's web client comes from the
// installed package instead of Google's servers: the same files, and nothing leaves the machine.
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { PROJECT } from './firestore.ts'

const ROOT = join(import.meta.dirname, '..')
const CDN = /https:\/\/www\.gstatic\.com\/firebasejs\/[\d.]+\//g

interface ExampleUser {
  readonly account: string
  /** Custom claims of the user's token. */
  readonly claims: object
}

const fileOf = (url: string): { readonly path: string; readonly type: string } | undefined => {
  const library = /^\/(firebase-(?:app|auth|firestore)\.js)$/.exec(url)?.[1]
  if (library !== undefined)
    return { path: join(ROOT, 'node_modules', 'firebase', library), type: 'text/javascript' }
  return url === '/'
    ? { path: join(ROOT, 'examples', 'firestore-web', 'index.html'), type: 'text/html' }
    : undefined
}

/** `firestorePort` is where the local Firestore speaks to browsers. */
export const serveExamplePage = async (firestorePort: number, { account, claims }: ExampleUser) => {
  const emulator = { host: '127.0.0.1', port: firestorePort, account, user: { sub: 'user-1', ...claims } }
  const config = `export const config = ${JSON.stringify({ apiKey: 'none', projectId: PROJECT, emulator })}`
  const server = createServer(({ url = '/' }, response) => {
    const file = fileOf(url)
    if (url === '/firebase-config.js') {
      response.writeHead(200, { 'content-type': 'text/javascript' }).end(config)
    } else if (file === undefined || !existsSync(file.path)) response.writeHead(404).end()
    else {
      const text = readFileSync(file.path, 'utf8').replaceAll(CDN, '/')
      response.writeHead(200, { 'content-type': file.type }).end(text)
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    stop: () => {
      server.closeAllConnections()
      server.close()
    }
  }
}
