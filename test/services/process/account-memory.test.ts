// What is held for one account is found and forgotten over all services; what is held for others stays.
import { Effect } from 'effect'
import { expect, test } from 'vitest'
import { AccountMemory, makeAccountMemory } from '../../../src/services/process/account-memory.ts'

const held = (memory: AccountMemory['Service'], accountId: string) => Effect.runSync(memory.held(accountId))

test('maps and sets of accounts are named as long as they hold an account, and forgotten in one call', () => {
  const memory = makeAccountMemory()
  const connections = memory.register('connections', new Map<string, number>())
  const busy = memory.register('busy', new Set<string>())
  for (const accountId of ['acc-1', 'acc-2']) {
    connections.set(accountId, 1)
    busy.add(accountId)
  }
  expect(held(memory, 'acc-1')).toEqual(['connections', 'busy'])

  Effect.runSync(memory.forget('acc-1'))

  expect(held(memory, 'acc-1')).toEqual([])
  expect([...connections.keys()]).toEqual(['acc-2'])
  expect([...busy]).toEqual(['acc-2'])
})

test('a value per account is made once, when it is first asked for, and again after it was forgotten', () => {
  const memory = makeAccountMemory()
  const made: Array<string> = []
  const latches = memory.perAccount('latches', accountId => ({ number: made.push(accountId) }))
  expect(latches.peek('acc-1')).toBeUndefined()
  expect(held(memory, 'acc-1')).toEqual([])

  const first = latches.get('acc-1')
  expect(latches.get('acc-1')).toBe(first)
  expect(latches.peek('acc-1')).toBe(first)
  latches.get('acc-2')
  Effect.runSync(memory.forget('acc-1'))

  expect(latches.peek('acc-1')).toBeUndefined()
  expect(latches.get('acc-1')).not.toBe(first)
  latches.delete('acc-1')
  expect(held(memory, 'acc-1')).toEqual([])
  expect(held(memory, 'acc-2')).toEqual(['latches'])
  expect(made).toEqual(['acc-1', 'acc-2', 'acc-1'])
})

test('what is kept under other keys tells by itself which entries belong to an account', () => {
  const memory = makeAccountMemory()
  const downloads = new Map([
    ['acc-1/m1', 1],
    ['acc-1/m2', 1],
    ['acc-2/m1', 1]
  ])
  const keysOf = (accountId: string) => [...downloads.keys()].filter(key => key.startsWith(`${accountId}/`))
  memory.register('downloads', {
    has: accountId => keysOf(accountId).length > 0,
    delete: accountId => keysOf(accountId).forEach(key => downloads.delete(key))
  })
  expect(held(memory, 'acc-1')).toEqual(['downloads'])
  Effect.runSync(memory.forget('acc-1'))
  expect(held(memory, 'acc-1')).toEqual([])
  expect([...downloads.keys()]).toEqual(['acc-2/m1'])
})

test('all services of one server share one memory', async () => {
  const program = Effect.gen(function* () {
    const one = yield* AccountMemory
    one.register('one', new Set(['acc-1']))
    return yield* (yield* AccountMemory).held('acc-1')
  })
  expect(await Effect.runPromise(Effect.provide(program, AccountMemory.layer))).toEqual(['one'])
})
