// What is remembered of keys is what is stored, whatever is written, rolled back, read and erased in between.
import { Effect, Exit } from 'effect'
import { SqlClient } from 'effect/sql'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Vault } from '../../../src/services/vault/vault.ts'
import { makeKeyCache } from '../../../src/services/vault/key-cache.ts'
import { makeAccountMemory } from '../../../src/services/process/account-memory.ts'
import { thorough } from '../../thorough.ts'
import { onDatabase } from '../database.ts'

const KINDS = ['session', 'pre-key'] as const
const IDS = ['1', '2', '3']

const step = fc.oneof(
  fc.record({
    does: fc.constantFrom('write', 'fail'),
    kind: fc.constantFrom(...KINDS),
    id: fc.constantFrom(...IDS),
    value: fc.option(fc.uint8Array({ minLength: 1, maxLength: 4 }))
  }),
  fc.record({ does: fc.constant('read'), kind: fc.constantFrom(...KINDS) }),
  fc.record({ does: fc.constant('erase') })
)

const bytes = (found: ReadonlyMap<string, Uint8Array> | undefined) =>
  found === undefined
    ? undefined
    : [...found].map(([id, value]) => [id, [...value]] as const).toSorted(([a], [b]) => (a < b ? -1 : 1))

test('known keys are the stored ones, and a transaction reads what it has written', () =>
  onDatabase(
    Effect.gen(function* () {
      const vault = yield* Vault
      const sql = yield* SqlClient.SqlClient
      let number = 0
      const run = Effect.runPromiseWith(yield* Effect.context<never>())
      yield* Effect.promise(() =>
        fc.assert(
          fc.asyncProperty(fc.array(step, { maxLength: 25 }), steps =>
            run(
              Effect.gen(function* () {
                const accountId = `account-${number++}`
                const stored = new Map<string, Uint8Array>()
                const held = (kind: string) =>
                  bytes(
                    new Map(
                      IDS.flatMap(id => {
                        const value = stored.get(`${kind} ${id}`)
                        return value === undefined ? [] : [[id, value]]
                      })
                    )
                  )
                for (const one of steps) {
                  if (one.does === 'erase') {
                    yield* vault.erase(accountId)
                    stored.clear()
                  } else if ('id' in one) {
                    const { id, kind, value } = one
                    const writing = Effect.gen(function* () {
                      yield* vault.writeKeys(accountId, { [kind]: { [id]: value } })
                      const seen = (yield* vault.readKeys(accountId, kind, [id])).get(id)
                      expect(seen === undefined ? null : [...seen]).toEqual(
                        value === null ? null : [...value]
                      )
                      if (one.does === 'fail') return yield* Effect.fail('no')
                      return undefined
                    })
                    const exit = yield* Effect.exit(sql.withTransaction(writing))
                    expect(Exit.isSuccess(exit)).toBe(one.does === 'write')
                    if (one.does === 'write' && value !== null) stored.set(`${kind} ${id}`, value)
                    if (one.does === 'write' && value === null) stored.delete(`${kind} ${id}`)
                  } else if ('kind' in one)
                    expect(bytes(yield* vault.readKeys(accountId, one.kind, IDS))).toEqual(held(one.kind))
                  for (const kind of KINDS) {
                    const known = vault.knownKeys(accountId, kind, IDS)
                    if (known !== undefined) expect(bytes(known)).toEqual(held(kind))
                  }
                }
                yield* vault.readKeys(accountId, 'session', IDS)
                expect(bytes(vault.knownKeys(accountId, 'session', IDS))).toEqual(held('session'))
              })
            )
          ),
          { numRuns: thorough(30, 300) }
        )
      )
    })
  ))

test('what was read before something was written is not remembered', () => {
  const cache = makeKeyCache(makeAccountMemory())
  const keep = cache.reading()
  cache.writing('a', 'session', ['1'])
  cache.written('a', 'session', '1', Uint8Array.of(2))
  keep('a', 'session', ['1', '2'], new Map([['1', Buffer.of(1)]]))
  expect(bytes(cache.read('a', 'session', ['1']))).toEqual([['1', [2]]])
  expect(cache.read('a', 'session', ['2'])).toBeUndefined()
})

test('the oldest are forgotten when there are too many, and all of an account when it is removed', async () => {
  const memory = makeAccountMemory()
  const cache = makeKeyCache(memory, 10_000)
  for (let n = 0; n < 100; n += 1) cache.written('a', 'session', String(n), Buffer.alloc(700))
  expect(cache.read('a', 'session', ['0'])).toBeUndefined()
  expect(cache.read('a', 'session', ['99'])?.get('99')).toHaveLength(700)
  cache.written('ab', 'session', '1', Buffer.alloc(1))
  await Effect.runPromise(memory.forget('a'))
  expect(cache.read('a', 'session', ['99'])).toBeUndefined()
  expect(cache.read('ab', 'session', ['1'])?.size).toBe(1)
})
