// Every path of the account machine, generated from the machine itself: each state, each transition and each guard's both
// outcomes are walked through, on a clock that only the test moves.
import { createActor, fromPromise } from 'xstate'
import { expect, test } from 'vitest'
import { type AccountEvent, accountMachine } from '../../src/machines/account.ts'
import { makeTestClock, type TestClock } from './clock.ts'
import { INPUTS, sample, sampleRoughly, told, toldRoughly } from './account-model.ts'
import { coverageOf, pathsOf, type Path, simplePathsOf } from './model.ts'

const DELAYS = {
  pairingTimeout: 4000,
  passkeyTimeout: 4100,
  passkeyAnswerTimeout: 4200,
  passkeyCompareTimeout: 4300,
  connectTimeout: 3000,
  backoff: 2000,
  stableAfter: 1000,
  logoutTimeout: 500
}

/** Which guards have let pass, and which have not. */
const outcomes = new Map<string, Set<boolean>>()
const guards = Object.fromEntries(
  Object.entries(accountMachine.implementations.guards ?? {}).map(([name, guard]) => [
    name,
    (args: never, params: never): boolean => {
      const outcome = (guard as (given: never, more: never) => boolean)(args, params)
      const key = params === undefined ? name : `${name} ${JSON.stringify(params)}`
      outcomes.set(key, (outcomes.get(key) ?? new Set()).add(outcome))
      return outcome
    }
  ])
)

/** Invoked work that the test ends when it wants to. */
const endings = new Map<string, () => void>()
const work = <Input extends object>(name: string) =>
  fromPromise<void, Input>(() => new Promise(resolve => void endings.set(name, () => resolve(undefined))))
const sockets = new Set<AbortSignal>()

const machine = accountMachine.provide({
  delays: DELAYS,
  guards: guards as never,
  actors: {
    historyDue: work('historyDue'),
    backfill: work('backfill'),
    suspensionEnd: work('suspensionEnd'),
    socket: fromPromise(({ signal }) => {
      sockets.add(signal)
      signal.addEventListener('abort', () => sockets.delete(signal))
      return new Promise(() => undefined)
    })
  }
})

const coverage = coverageOf(machine)
const paths = pathsOf(machine, INPUTS, sample, told)

/** Which work has ended, by the state that it belongs to. */
const workOf = (type: string): string => {
  if (type.includes('suspended')) return 'suspensionEnd'
  return type.includes('backfilling') ? 'backfill' : 'historyDue'
}

/** Makes happen what the event stands for. */
const happen = async (
  actor: ReturnType<typeof createActor<typeof machine>>,
  clock: TestClock,
  event: AccountEvent
): Promise<void> => {
  const type: string = event.type
  const delay = Object.entries(DELAYS).find(([name]) => type.startsWith(`xstate.after.${name}.`))?.[1]
  if (delay !== undefined) {
    clock.fire(delay)
  } else if (type.startsWith('xstate.done.actor.')) {
    endings.get(workOf(type))?.()
    await Promise.resolve().then(() => undefined)
  } else actor.send(event)
}

/** Where the machine must be after each step, as far as `told` tells. */
const walk = async (
  { input, steps }: Path,
  told: (state: Path['steps'][number]['state']) => string
): Promise<void> => {
  const clock = makeTestClock()
  const actor = createActor(machine, { input, clock, inspect: coverage.inspect }).start()
  const walked: Array<string> = []
  for (const { event, state } of steps) {
    walked.push(event.type)
    // The first step of a path is the machine's own beginning.
    if (!event.type.startsWith('xstate.init')) await happen(actor, clock, event)
    const now = actor.getSnapshot()
    const [is, wanted] = [told(now), told(state)]
    const open = now.matches('session') ? 1 : 0
    // There are a hundred thousand steps: only what is wrong is told to the test runner.
    if (is !== wanted) expect(is, walked.join(' → ')).toBe(wanted)
    if (sockets.size !== open) expect(sockets.size, walked.join(' → ')).toBe(open)
  }
  actor.stop()
  expect(sockets.size).toBe(0)
}

test('every state is reached, and after each event the machine is where its graph says, with one socket at most', async () => {
  expect(paths.length).toBeGreaterThan(300)
  for (const path of paths) await walk(path, told)
})

test('by every way that comes to no state twice it is where the graph says too', async () => {
  const ways = simplePathsOf(machine, INPUTS, sampleRoughly, toldRoughly)
  expect(ways.length).toBeGreaterThan(500)
  for (const way of ways) await walk(way, toldRoughly)
})

test('every transition was taken', () => {
  expect(coverage.missing()).toEqual([])
})

test('every guard has let pass and has not', () => {
  const oneSided = [...outcomes].filter(([, seen]) => seen.size < 2).map(([name]) => name)
  expect(oneSided).toEqual([])
  expect(new Set([...outcomes.keys()].map(name => name.split(' ')[0]))).toEqual(new Set(Object.keys(guards)))
})
