// The client version on a real database, with the simulator's page, and a clock that the test moves.
import { Effect, Fiber, Layer, type Scope } from 'effect'
import { TestClock } from 'effect/testing'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { Simulator } from '../../../../simulator/simulator.ts'
import type { Fault } from '../../../../simulator/state/faults.ts'
import { AccountMemory } from '../../../../src/services/process/account-memory.ts'
import { ClientVersion } from '../../../../src/services/whatsapp/version/client-version.ts'
import {
  BUILT_IN,
  formatVersion,
  parseVersion,
  type Version
} from '../../../../src/services/whatsapp/version/version.ts'
import { servicesOn } from '../../database.ts'

const LATER: Version = [2, 3000, BUILT_IN[2] + 1000]

let simulator: Simulator
let asked = 0
beforeAll(async () => {
  simulator = await Simulator.make()
  simulator.events.on(({ name }) => {
    if (name === 'versionAsked') asked += 1
  })
})
afterAll(() => simulator.stop())
beforeEach(() => {
  asked = 0
  simulator.network.faults.clearAll()
  simulator.clientVersions.live = LATER[2]
})

/** What the service of one start of a server is asked. */
const started = <A, E>(
  work: (versions: ClientVersion['Service']) => Effect.Effect<A, E, Scope.Scope>,
  fixed?: Version
) =>
  Effect.scoped(Effect.flatMap(ClientVersion, work)).pipe(
    Effect.provide(
      Layer.fresh(
        ClientVersion.layer({ fixed, page: new URL(simulator.versionUrl) }).pipe(
          Layer.provide(AccountMemory.layer)
        )
      )
    )
  )

const run = <A, E>(
  program: Effect.Effect<A, E, Layer.Success<ReturnType<typeof servicesOn>> | Scope.Scope>
): Promise<A> =>
  Effect.runPromise(Effect.scoped(program).pipe(Effect.provide([servicesOn(), TestClock.layer()])))

const versionFor = (versions: ClientVersion['Service'], accountId = 'one') =>
  Effect.map(versions.forConnection(accountId, undefined), formatVersion)

test('the page is asked once a day, whichever accounts connect meanwhile, and in either form', async () => {
  await run(
    started(versions =>
      Effect.gen(function* () {
        expect(yield* versions.usedBy('one')).toBeNull()
        expect(yield* versionFor(versions)).toBe(formatVersion(LATER))
        expect(yield* versionFor(versions, 'other')).toBe(formatVersion(LATER))
        expect(yield* versions.usedBy('one')).toBe(formatVersion(LATER))
        expect(asked).toBe(1)

        yield* Effect.forkScoped(versions.keepFresh(undefined))
        yield* Effect.forkScoped(versions.keepFresh(undefined))
        simulator.clientVersions.live = LATER[2] + 5
        simulator.clientVersions.escaped = false
        yield* TestClock.adjust('23 hours')
        expect(asked).toBe(1)
        yield* TestClock.adjust('1 hour')
        yield* Effect.promise(() => simulator.until(() => asked === 2))
        const newer = yield* versions.newerThan(LATER, undefined)
        expect(newer).toEqual([2, 3000, LATER[2] + 5])
        expect(yield* versionFor(versions)).toBe(`2.3000.${LATER[2] + 5}`)
      })
    )
  )
  simulator.clientVersions.escaped = true
})

test('what worked is remembered over restarts, and neither an older page nor none makes it lower', async () => {
  const remembered = await run(
    Effect.gen(function* () {
      yield* started(versions => Effect.andThen(versionFor(versions), versions.noteWorking(LATER)))
      simulator.fault({ kind: 'versionPage', effect: 'unavailable' }, { times: 1 })
      const without = yield* started(versionFor)
      simulator.clientVersions.live = 5
      const withOlder = yield* started(versionFor)
      return [without, withOlder]
    })
  )
  expect(remembered).toEqual([formatVersion(LATER), formatVersion(LATER)])
  simulator.clientVersions.live = 5
  expect(await run(started(versionFor))).toBe(formatVersion(BUILT_IN))
})

test('many accounts that are told the same ask once; a fixed version never asks', async () => {
  await run(
    started(versions =>
      Effect.gen(function* () {
        yield* versionFor(versions)
        simulator.clientVersions.live = LATER[2] + 9
        const next = { next: [2, 3000, LATER[2] + 9] }
        const refusals = yield* Effect.all(
          Array.from({ length: 5 }, () => versions.afterRefusal(LATER, undefined)),
          { concurrency: 3 }
        )
        expect(refusals).toEqual(Array(5).fill(next))
        expect(asked).toBe(2)
      })
    )
  )
  asked = 0
  await run(
    started(
      versions =>
        Effect.gen(function* () {
          expect(yield* versionFor(versions)).toBe('2.3000.7')
          expect(yield* versions.afterRefusal([2, 3000, 7], undefined)).toEqual({
            reason: expect.stringContaining('which WHATSAPP_VERSION sets')
          })
          expect(yield* versions.newerThan([2, 3000, 7], undefined)).toBeUndefined()
          yield* Effect.forkScoped(versions.keepFresh(undefined))
          yield* TestClock.adjust('10 days')
        }),
      [2, 3000, 7]
    )
  )
  expect(asked).toBe(0)
})

test('a version is 2.3000 and a number that WhatsApp can hold', () => {
  expect(parseVersion('2.3000.1043857760')).toEqual([2, 3000, 1_043_857_760])
  for (const text of ['2.3000.0', '2.3000.4294967296', '2.3000.', '2.2413.51', '12.3000.5', '2.3000.5x'])
    expect(parseVersion(text)).toBeUndefined()
})

const BROKEN: ReadonlyArray<[Extract<Fault, { kind: 'versionPage' }>['effect'], string]> = [
  ['unavailable', 'HTTP status 503'],
  ['garbled', 'names no version'],
  ['endless', 'larger than it can be'],
  ['silent', 'did not answer in time']
]

test.each(BROKEN)(
  'a page that is %s changes nothing, and the refusal of the version says so',
  async (effect, reason) => {
    simulator.fault({ kind: 'versionPage', effect })
    await run(
      started(versions =>
        Effect.gen(function* () {
          const first = yield* Effect.forkChild(versionFor(versions), { startImmediately: true })
          yield* Effect.promise(() => simulator.until(() => asked === 1))
          // A connection waits for a moment only.
          if (effect === 'silent') yield* TestClock.adjust('3 seconds')
          expect(yield* Fiber.join(first)).toBe(formatVersion(BUILT_IN))
          if (effect === 'silent') yield* TestClock.adjust('7 seconds')
          const refusal = yield* Effect.forkChild(versions.afterRefusal(BUILT_IN, undefined), {
            startImmediately: true
          })
          if (effect === 'silent') {
            yield* Effect.promise(() => simulator.until(() => asked === 2))
            yield* TestClock.adjust('10 seconds')
          }
          expect(yield* Fiber.join(refusal)).toEqual({ reason: expect.stringContaining(reason) })
        })
      )
    )
  }
)
