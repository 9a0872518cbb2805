// Supervision alone: children that throw, a clock of its own.
import { createActor, fromPromise, SimulatedClock, type SnapshotFrom } from 'xstate'
import { getShortestPaths, getSimplePaths } from 'xstate/graph'
import { expect, test } from 'vitest'
import { type AccountInput, accountMachine } from '../../src/machines/account.ts'
import { RESTART_BUDGET, type SupervisorEvent, supervisorMachine } from '../../src/machines/supervisor.ts'
import { LINKED } from './account-model.ts'
import { coverageOf } from './model.ts'

const coverage = coverageOf(supervisorMachine)

const input = (accountId: string): AccountInput => ({ ...LINKED, accountId })

/** A supervisor whose accounts crash when told to. */
const start = () => {
  const clock = new SimulatedClock()
  const crash = new Map<string, (error: Error) => void>()
  const started: Array<string> = []
  const givenUp: Array<string> = []
  const loads: Array<string> = []
  const unreadable = new Set<string>()
  const account = accountMachine.provide({
    actors: {
      ingest: fromPromise<void, { accountId: string }>(({ input: { accountId } }) => {
        started.push(accountId)
        return new Promise((_, reject) => crash.set(accountId, reject))
      })
    }
  })
  const supervisor = createActor(
    supervisorMachine.provide({
      actors: { account },
      actions: {
        loadAndStart: (_, { accountId }) => {
          loads.push(accountId)
          supervisor.send(
            unreadable.has(accountId)
              ? { type: 'account.loadFailed', accountId }
              : { type: 'account.start', input: input(accountId) }
          )
        },
        giveUp: (_, { accountId }) => void givenUp.push(accountId)
      }
    }),
    { clock, inspect: coverage.inspect }
  ).start()
  const crashed = async (accountId: string): Promise<void> => {
    crash.get(accountId)?.(new Error('boom'))
    await Promise.resolve()
    await Promise.resolve()
    await Promise.resolve()
  }
  return {
    clock,
    supervisor,
    started,
    givenUp,
    /** Each time the facts of an account were read. */
    loads,
    /** The accounts whose facts cannot be read. */
    unreadable,
    child: (accountId: string) => supervisor.getSnapshot().children[accountId],
    crash: crashed,
    /** Crashes as often as it may, and comes back each time. */
    spend: async (accountId: string) => {
      for (let n = 0; n < RESTART_BUDGET; n += 1) {
        await crashed(accountId)
        clock.increment(1000)
      }
    }
  }
}

test('the crash of one account stops no other, and the crashed one comes back', async () => {
  const stage = start()
  for (const accountId of ['a', 'b', 'c'])
    stage.supervisor.send({ type: 'account.start', input: input(accountId) })
  const [a, c] = [stage.child('a'), stage.child('c')]

  await stage.crash('b')

  expect(stage.child('b')).toBeUndefined()
  expect(stage.supervisor.getSnapshot().status).toBe('active')
  expect([stage.child('a'), stage.child('c')]).toEqual([a, c])
  expect([a, c].map(child => child?.getSnapshot().status)).toEqual(['active', 'active'])
  stage.clock.increment(1000)
  expect(stage.child('b')?.getSnapshot().status).toBe('active')
})

test('an account that crashes beyond its budget is given up and waits for a person', async () => {
  const stage = start()
  stage.supervisor.send({ type: 'account.start', input: input('a') })
  await stage.spend('a')
  expect(stage.givenUp).toEqual([])

  await stage.crash('a')

  expect(stage.givenUp).toEqual(['a'])
  stage.clock.increment(60_000)
  expect(stage.child('a')).toBeUndefined()
})

test('crashes outside the window are forgiven', async () => {
  const stage = start()
  stage.supervisor.send({ type: 'account.start', input: input('a') })
  for (let n = 0; n < RESTART_BUDGET * 2; n += 1) {
    await stage.crash('a')
    stage.clock.increment(600_000)
  }
  expect(stage.givenUp).toEqual([])
  expect(stage.child('a')?.getSnapshot().status).toBe('active')
})

test('an account whose facts cannot be read is loaded again after a while, until it starts', async () => {
  const stage = start()
  for (const accountId of ['a', 'b'])
    stage.supervisor.send({ type: 'account.start', input: input(accountId) })
  stage.unreadable.add('a')
  await stage.crash('a')
  stage.clock.increment(1000)
  expect(stage.loads).toEqual(['a'])
  expect(stage.child('a')).toBeUndefined()

  stage.clock.increment(4999)
  expect(stage.loads).toEqual(['a'])
  stage.clock.increment(1)
  expect(stage.loads).toEqual(['a', 'a'])
  expect(stage.child('a')).toBeUndefined()

  stage.unreadable.delete('a')
  stage.clock.increment(5000)
  expect(stage.loads).toEqual(['a', 'a', 'a'])
  expect(stage.child('a')?.getSnapshot().status).toBe('active')
  expect(stage.started).toEqual(['a', 'b', 'a'])
})

test('no load is due any more once the supervisor has stopped', () => {
  const stage = start()
  stage.supervisor.send({ type: 'account.loadFailed', accountId: 'a' })
  stage.supervisor.stop()
  stage.clock.increment(60_000)
  expect(stage.loads).toEqual([])
})

test('an account that is started twice runs once', () => {
  const stage = start()
  stage.supervisor.send({ type: 'account.start', input: input('a') })
  stage.supervisor.send({ type: 'account.start', input: input('a') })
  expect(stage.started).toEqual(['a'])
})

test('an account that is being removed is started by nobody, also after a crash; one that could not be removed is', async () => {
  const stage = start()
  stage.supervisor.send({ type: 'account.start', input: input('a') })
  await stage.crash('a')
  stage.supervisor.send({ type: 'account.removing', accountId: 'a' })
  stage.supervisor.send({ type: 'account.stop', accountId: 'a' })
  stage.clock.increment(1000)
  expect(stage.loads).toEqual(['a'])
  expect(stage.child('a')).toBeUndefined()
  stage.supervisor.send({ type: 'account.removalEnded', accountId: 'a' })
  stage.supervisor.send({ type: 'account.start', input: input('a') })
  expect(stage.child('a')?.getSnapshot().status).toBe('active')
})

test('an account that is stopped by command begins with a clean record', async () => {
  const stage = start()
  stage.supervisor.send({ type: 'account.start', input: input('a') })
  await stage.spend('a')
  stage.supervisor.send({ type: 'account.stop', accountId: 'a' })
  expect(stage.child('a')).toBeUndefined()
  stage.supervisor.send({ type: 'account.start', input: input('a') })
  await stage.crash('a')
  expect(stage.givenUp).toEqual([])
})

test('by every way that comes to no state twice it counts, forgives and gives up as its graph says', () => {
  const EVENTS: ReadonlyArray<SupervisorEvent> = [
    { type: 'account.start', input: input('a') },
    { type: 'account.stop', accountId: 'a' },
    { type: 'account.restartDue', accountId: 'a' },
    { type: 'account.crashForgiven', accountId: 'a' },
    { type: 'xstate.error.actor.a', actorId: 'a', error: new Error('boom') }
  ]
  const told = ({ children, context }: SnapshotFrom<typeof supervisorMachine>): string =>
    JSON.stringify([context.crashes['a'] ?? 0, 'a' in context.running, children['a'] !== undefined])
  const options = { events: EVENTS, serializeState: told, serializeEvent: JSON.stringify }
  const ways = [
    ...getShortestPaths(supervisorMachine, options),
    ...getSimplePaths(supervisorMachine, options)
  ]
  expect(new Set(ways.map(({ state }) => told(state))).size).toBe(2 * (RESTART_BUDGET + 1))
  for (const { steps } of ways) {
    const { supervisor } = start()
    const walked: Array<string> = []
    for (const { event, state } of steps) {
      walked.push(event.type)
      // The first step of a path is the machine's own beginning.
      if (!String(event.type).startsWith('xstate.init')) supervisor.send(event)
      expect(told(supervisor.getSnapshot()), walked.join(' → ')).toBe(told(state))
    }
    supervisor.stop()
  }
})

test('every transition of the supervisor was taken in these tests', () => {
  expect(coverage.missing()).toEqual([])
})
