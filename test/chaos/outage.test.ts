// The short version of `npm run chaos:outage`.
import { expect, test } from 'vitest'
import { InProcessServer } from '../../harness/in-process-server.ts'
import { outage, unharmed } from './outage.ts'

const ACCOUNTS = 3

test('an outage of WhatsApp, in every way in which it fails, costs no account its link and no message', async () => {
  const result = await outage({
    accounts: ACCOUNTS,
    seconds: 4,
    seed: 3,
    start: options => InProcessServer.start(options),
    settings: { RECONNECT_MIN: '200ms', RECONNECT_MAX: '500ms', START_PACE: '50ms' },
    log: () => undefined
  })
  expect(result).toMatchObject(unharmed(ACCOUNTS))
  // Beyond the first end of each, logins were refused.
  expect(result.ends).toBeGreaterThan(ACCOUNTS)
}, 120_000)
