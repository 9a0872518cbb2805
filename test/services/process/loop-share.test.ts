// Much work that comes at once leaves room for others: it is done in turns of the event loop, in its order, in the context of its caller.
import { AsyncLocalStorage } from 'node:async_hooks'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { makeLoopShare } from '../../../src/services/process/loop-share.ts'

/** Work that takes three milliseconds each, of a clock that moves with nothing else; `done` has which turn of the loop did which piece. */
const manyAtOnce = (count: number) => {
  let now = 0
  let turn = 0
  const done: Array<{ readonly piece: number; readonly turn: number }> = []
  const share = makeLoopShare(() => now)
  const waited = Array.from({ length: count }, (_, piece) =>
    share.run(() => {
      now += 3
      done.push({ piece, turn })
    })
  )
  const untilDone = async (): Promise<void> => {
    while (done.length < count) {
      await nextTurn()
      turn += 1
    }
  }
  return { done, waited, untilDone }
}

test('what fits into the turn is done at once', () => {
  const { done, waited } = manyAtOnce(3)
  expect(done.map(({ piece }) => piece)).toEqual([0, 1, 2])
  expect(waited).toEqual([false, false, false])
})

test('the rest waits for later turns, in its order, a few pieces in each', async () => {
  const { done, untilDone, waited } = manyAtOnce(100)
  expect(waited.filter(waits => waits)).toHaveLength(96)
  await untilDone()
  expect(done.map(({ piece }) => piece)).toEqual(Array.from({ length: 100 }, (_, piece) => piece))
  // Four of them take more than the share.
  const inTurns = Map.groupBy(done, ({ turn }) => turn)
  expect([...inTurns.values()].map(pieces => pieces.length)).toEqual(Array.from({ length: 25 }, () => 4))
})

test('a later turn has a whole share again', async () => {
  let now = 0
  const share = makeLoopShare(() => now)
  const longWork = (): void => void (now += 100)
  expect([share.run(longWork), share.run(longWork)]).toEqual([false, true])
  // The first turn ends, the second piece is done, and its turn ends.
  for (let turn = 0; turn < 3; turn += 1) await nextTurn()
  expect(share.run(longWork)).toBe(false)
})

test('work that waited runs in the context of its caller', async () => {
  let now = 0
  const share = makeLoopShare(() => now)
  const context = new AsyncLocalStorage<string>()
  share.run(() => void (now += 100))
  const seen = new Promise<string | undefined>(resolve => {
    context.run('of the caller', () => share.run(() => resolve(context.getStore())))
  })
  expect(await seen).toBe('of the caller')
})
