// Viewers come and go; none of them is in the way of what it watches.
import { Effect, Fiber, Stream } from 'effect'
import { expect, test } from 'vitest'
import { Inspection } from '../../../src/services/telemetry/inspection.ts'
import { type InspectionFrame, MOST_WAITING } from '../../../src/services/telemetry/inspection-viewer.ts'

const ENDS = JSON.stringify({ type: '@backscroll.present' })

/** A system whose present is one frame, and that a test makes speak. */
const system = () => {
  const hearers = new Set<(frame: InspectionFrame) => void>()
  return {
    hearers,
    say: (text: string, accountId?: string) => hearers.forEach(hear => hear({ accountId, text })),
    offered: {
      snapshot: (accountId: string | undefined) =>
        [
          { accountId: undefined, text: 'present' },
          { accountId: 'acc-1', text: 'present of 1' }
        ].filter(frame => [undefined, accountId ?? frame.accountId].includes(frame.accountId)),
      subscribe: (hear: (frame: InspectionFrame) => void) => {
        hearers.add(hear)
        return () => void hearers.delete(hear)
      }
    }
  }
}

const inspecting = <A, E>(
  program: (inspection: Inspection['Service'], watched: ReturnType<typeof system>) => Effect.Effect<A, E>,
  on = true
) => {
  const watched = system()
  return Effect.runPromise(
    Effect.gen(function* () {
      const inspection = yield* Inspection
      yield* inspection.offer(Effect.succeed(watched.offered))
      return yield* program(inspection, watched)
    }).pipe(Effect.scoped, Effect.provide(Inspection.layer({ on })))
  )
}

/** Reads batch after batch; the test decides when. */
const reading = (inspection: Inspection['Service'], accountId?: string) =>
  Effect.map(Stream.toPull(inspection.watch(accountId)), pull => Effect.map(pull, batches => batches.flat()))

test('the present comes first, then what happens; of others only what concerns all', async () => {
  await inspecting((inspection, { say }) =>
    Effect.gen(function* () {
      const all = yield* reading(inspection)
      const one = yield* reading(inspection, 'acc-2')
      expect(yield* all).toEqual(['present', 'present of 1', ENDS])
      expect(yield* one).toEqual(['present', ENDS])
      say('of 1', 'acc-1')
      say('of 2', 'acc-2')
      say('of all')
      expect(yield* all).toEqual(['of 1', 'of 2', 'of all'])
      expect(yield* one).toEqual(['of 2', 'of all'])
    }).pipe(Effect.scoped)
  )
})

test('a viewer that does not read keeps a bounded number, is told how many it lost, and sees the present again', async () => {
  await inspecting((inspection, { say }) =>
    Effect.gen(function* () {
      const slow = yield* reading(inspection)
      const quick = yield* reading(inspection)
      yield* slow
      yield* quick
      const said = MOST_WAITING * 3
      let heard = 0
      for (let at = 0; at < said; at += 1) {
        say(`event ${at}`)
        if (at % 100 === 0) heard += (yield* quick).length
      }
      heard += (yield* quick).length
      expect(heard).toBe(said)

      const [notice, ...rest] = yield* slow
      const { count, type } = JSON.parse(notice!)
      expect(type).toBe('@backscroll.dropped')
      expect(rest.slice(-4)).toEqual([`event ${said - 1}`, 'present', 'present of 1', ENDS])
      expect(rest.length - 3).toBeLessThanOrEqual(MOST_WAITING)
      expect(count + rest.length - 3).toBe(said)
      say('later')
      expect(yield* slow).toEqual(['later'])
    }).pipe(Effect.scoped)
  )
})

test('nothing listens to the actors unless somebody watches', async () => {
  await inspecting((inspection, { hearers }) =>
    Effect.gen(function* () {
      expect(hearers.size).toBe(0)
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* yield* reading(inspection)
          yield* yield* reading(inspection)
          expect(hearers.size).toBe(1)
          expect(yield* inspection.viewers).toBe(2)
        })
      )
      expect(hearers.size).toBe(0)
      expect(yield* inspection.viewers).toBe(0)
    })
  )
})

test('switched off nobody is let in, and who is in is sent away', async () => {
  await inspecting(
    (inspection, { hearers }) =>
      Effect.gen(function* () {
        const refused = yield* Effect.flip(Stream.runDrain(inspection.watch(undefined)))
        expect(refused._tag).toBe('InspectorOff')
        yield* inspection.turn(true)
        const watching = yield* Effect.forkChild(Stream.runDrain(inspection.watch(undefined)))
        while (hearers.size === 0) yield* Effect.yieldNow
        yield* inspection.turn(false)
        yield* Fiber.join(watching)
        expect(hearers.size).toBe(0)
      }),
    false
  )
})

test('more viewers than a server is to serve are refused', async () => {
  await inspecting(inspection =>
    Effect.gen(function* () {
      for (let at = 0; at < 20; at += 1) yield* yield* reading(inspection)
      const refused = yield* Effect.flip(Stream.runDrain(inspection.watch(undefined)))
      expect(refused).toMatchObject({ _tag: 'TooManyViewers', most: 20 })
    }).pipe(Effect.scoped)
  )
})
