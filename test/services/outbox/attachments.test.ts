// Files that are to be sent: kept by their hash, and fetched only from where they may be fetched.
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { join } from 'node:path'
import { Effect } from 'effect'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { temporaryFolder } from '../../../harness/server-process.ts'
import { downloadedName } from '../../../src/services/outbox/attachment-name.ts'
import { Attachments } from '../../../src/services/outbox/attachments.ts'

const folder = temporaryFolder()
afterAll(() => folder.remove())

const run = <A, E>(
  allowPrivateAddresses: boolean,
  work: (attachments: Attachments['Service']) => Effect.Effect<A, E>
) =>
  Effect.runPromise(
    Attachments.use(work).pipe(
      Effect.provide(Attachments.layer({ folder: folder.path, largest: 1000, allowPrivateAddresses }))
    )
  )

const refusal = (url: string, allowPrivate = false) =>
  run(allowPrivate, attachments => Effect.flip(attachments.fetch(url))).then(error => error.message)

const answers: Record<string, RequestListener> = {
  '/file': (_, response) => void response.writeHead(200, { 'content-type': 'Image/PNG; x=y' }).end('pixels'),
  '/large': (_, response) => void response.writeHead(200, { 'content-length': '1001' }).end('x'.repeat(1001)),
  '/endless': (_, response) => {
    response.writeHead(200)
    const write = () => response.write('x'.repeat(500), error => error || setImmediate(write))
    write()
  },
  '/empty': (_, response) => void response.writeHead(200).end(),
  '/missing': (_, response) => void response.writeHead(404).end(),
  '/loop': (_, response) => void response.writeHead(302, { location: '/loop' }).end(),
  '/elsewhere': (_, response) => void response.writeHead(302, { location: 'file:///etc/passwd' }).end()
}
const server = createServer((request, response) => answers[request.url ?? '']?.(request, response))
let port = 0
beforeAll(async () => {
  await once(server.listen(0), 'listening')
  port = (server.address() as { port: number }).port
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

test('a file is kept under its hash, with the type its server names', async () => {
  const kept = await run(true, attachments => attachments.fetch(`http://127.0.0.1:${port}/file`))
  const file = createHash('sha256').update('pixels').digest('hex')
  expect(kept).toEqual({ file, size: 6, mimeType: 'Image/PNG; x=y', fileName: 'file' })
  expect(readFileSync(join(folder.path, file), 'utf8')).toBe('pixels')
})

test.each([
  '127.0.0.1',
  'localhost',
  '[::1]',
  '[::ffff:127.0.0.1]',
  '2130706433',
  '0x7f.1',
  '017700000001',
  '0.0.0.0'
])('http://%s is refused: its address is not public', async host => {
  expect(await refusal(`http://${host}:${port}/file`)).toMatch(/not public|leads into a private network/)
})

test.each(['169.254.169.254', '10.0.0.1', '192.168.1.1', '100.64.0.1', '[fe80::1]', '[fc00::1]'])(
  'http://%s is refused before anything is asked there',
  async host => {
    expect(await refusal(`http://${host}/`)).toMatch(/not public|leads into a private network/)
  }
)

test.each([
  ['/large', 'larger than'],
  ['/endless', 'larger than'],
  ['/empty', 'empty'],
  ['/missing', '404'],
  ['/loop', 'redirects too often'],
  ['/elsewhere', 'http:// or https://']
])('%s is refused in words, and leaves nothing behind', async (path, words) => {
  const before = readdirSync(folder.path)
  expect(await refusal(`http://127.0.0.1:${port}${path}`, true)).toContain(words)
  expect(readdirSync(folder.path)).toEqual(before)
})

test('what nothing needs any more is removed, but not what was kept just now', async () => {
  const old = join(folder.path, 'f'.repeat(64))
  writeFileSync(old, 'old')
  utimesSync(old, 1, 1)
  writeFileSync(join(folder.path, 'e'.repeat(64)), 'new')
  await run(true, attachments => attachments.keepOnly(new Set()))
  expect(readdirSync(folder.path)).toContain('e'.repeat(64))
  expect(readdirSync(folder.path)).not.toContain('f'.repeat(64))
})

test('a name that is too long is cut at a whole character', () => {
  const name = `${'a'.repeat(235)}.jpg`
  expect(downloadedName(`attachment; filename="😀${name}"`, 'https://example.com/')).toBe(name)
})
