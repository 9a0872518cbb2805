// The short version of `npm run chaos:outage`.
import { expect, test } from 'vitest'
import { outage, unharmed } from './outage.ts'

const ACCOUNTS = 8

test('an outage of WhatsApp, in every way in which it fails, costs no account its link and no message', async () => {
  const result = await outage({
    accounts: ACCOUNTS,
    seconds: 4,
    seed: 3,
    settings: { RECONNECT_MIN: '200ms', RECONNECT_MAX: '1s', START_PACE: '50ms' },
    log: () => undefined
  })
  expect(result).toMatchObject(unharmed(ACCOUNTS))
  // Each account has been refused more than once.
  expect(result.ends).toBeGreaterThan(2 * ACCOUNTS)
}, 120_000)
