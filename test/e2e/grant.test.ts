// npm run grant: the claim that the guide speaks of, beside whatever claims a user has already.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { authEmulator } from './auth-emulator.ts'
import { backscrollOffline } from './backscroll.ts'

let emulator: Awaited<ReturnType<typeof authEmulator>>
beforeAll(async () => {
  emulator = await authEmulator('user-1', 'ann@example.com')
})
afterAll(() => emulator.stop())

const grant = (...args: ReadonlyArray<string>) =>
  backscrollOffline(['grant', '--project', 'demo-x', ...args], {
    FIREBASE_AUTH_EMULATOR_HOST: emulator.host,
    METADATA_SERVER_DETECTION: 'none'
  })

test('a user is granted accounts, and loses them again', async () => {
  const given = await grant(
    '--email',
    'ann@example.com',
    '--role',
    'agent',
    '--account',
    'acc-1',
    '--account',
    'acc-2'
  )
  expect(given).toMatchObject({ code: 0 })
  expect(emulator.claims.at(-1)).toEqual({
    other: 1,
    backscroll: { role: 'agent', accounts: ['acc-1', 'acc-2'] }
  })
  expect(await grant('--uid', 'user-1', '--none')).toMatchObject({ code: 0 })
  expect(emulator.claims.at(-1)).toEqual({ other: 1 })
})

test.each([
  [['--email', 'ann@example.com', '--role', 'owner'], 2, 'viewer'],
  [['--email', 'ann@example.com', '--role', 'agent'], 2, 'Name the accounts'],
  [['--role', 'agent', '--account', 'acc-1'], 2, 'one user'],
  [['--email', 'nobody@example.com', '--role', 'admin'], 1, 'no user record']
])('%j is refused with what is missing', async (args, code, words) => {
  const refused = await grant(...args)
  expect(refused.code).toBe(code)
  expect(refused.stderr).toContain(words)
})
