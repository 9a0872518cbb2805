// When a Firestore that does not accept documents is reported.
import { Effect, Fiber, Logger } from 'effect'
import { TestClock } from 'effect/testing'
import { expect, test } from 'vitest'
import type { IncidentReport } from '../../../../src/services/incidents/incidents.ts'
import {
  available,
  isFailing,
  recordRecovery,
  recordRound,
  watchProgress
} from '../../../../src/services/firestore/publish/availability.ts'

const reports = () => {
  const made: Array<string> = []
  return { made, report: ({ kind }: IncidentReport) => Effect.sync(() => void made.push(kind)) }
}

const WRITES = [{ path: 'accounts/acc-1', fields: {} }]
const NO_ACCESS = new Map([['accounts/acc-1', { is: 'no access', reason: 'gRPC status 7' } as const]])

test('refused access is reported once until Firestore accepts documents again', async () => {
  const { made, report } = reports()
  const state = available(0)
  const round = recordRound(state, report, NO_ACCESS, WRITES)
  await Effect.runPromise(Effect.andThen(round, round))
  expect([isFailing(state), state.failures, made]).toEqual([true, 2, ['firestore.noAccess']])
  await Effect.runPromise(Effect.andThen(recordRecovery(state), round).pipe(Effect.provide(Logger.layer([]))))
  expect(made).toEqual(['firestore.noAccess', 'firestore.noAccess'])
})

test('a Firestore that is silent for a minute is reported once', async () => {
  const { made, report } = reports()
  await Effect.runPromise(
    Effect.gen(function* () {
      const watching = yield* Effect.forkChild(watchProgress(available(0), report))
      yield* TestClock.adjust('59 seconds')
      expect(made).toEqual([])
      yield* TestClock.adjust('2 minutes')
      yield* Fiber.interrupt(watching)
    }).pipe(Effect.provide(TestClock.layer()))
  )
  expect(made).toEqual(['firestore.unreachable'])
})
