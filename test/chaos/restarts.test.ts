// The short version of `npm run chaos:restarts`; whether memory grows shows only in the long one.
import { expect, test } from 'vitest'
import { InProcessServer } from '../../harness/in-process-server.ts'
import { restarts } from './restarts.ts'

test('an account that is restarted again and again leaves one connection and does not touch another account', async () => {
  expect(
    await restarts({ count: 4, start: options => InProcessServer.start(options), log: () => undefined })
  ).toMatchObject({
    restarts: 4,
    other_logins: 0,
    connections: 2
  })
}, 120_000)
