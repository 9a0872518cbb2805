// The short version of `npm run chaos:flood`.
import { expect, test } from 'vitest'
import { InProcessServer } from '../../harness/in-process-server.ts'
import { flood } from './flood.ts'

test('a flood, half of it while the server is away, is stored once and in order', async () => {
  const result = await flood({
    messages: 100,
    start: options => InProcessServer.start(options),
    log: () => undefined
  })
  expect(result).toMatchObject({ lost: 0, duplicated: 0, out_of_order: 0, stored: 150 })
}, 120_000)
