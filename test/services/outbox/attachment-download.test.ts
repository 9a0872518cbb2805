// Files from addresses that are not public, and redirects there: refused with the setting that allows them.
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { download } from '../../../src/services/outbox/attachment-download.ts'

let server: Server
let url: string
beforeAll(async () => {
  server = createServer((_, response) => response.end('file')).listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/file`
})
afterAll(() => void server.close())

test('a private address is refused, and the reason names the setting', async () => {
  await expect(download(url, false)).rejects.toThrow(/private network.*MEDIA_URL_PRIVATE=true/)
  const { response } = await download(url, true)
  expect(response.resume().statusCode).toBe(200)
})

test('an address that no setting allows is not said to be allowed by one', async () => {
  await expect(download('http://0.0.0.0:9/file', true)).rejects.not.toThrow(/MEDIA_URL_PRIVATE/)
})
