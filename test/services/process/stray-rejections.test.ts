// Rejections that nothing waits for: each goes to its handler, and those of nobody are logged once, however often they come.
import { Effect, Layer, Logger } from 'effect'
import { expect, test } from 'vitest'
import { StrayRejections } from '../../../src/services/process/stray-rejections.ts'

/** What a run has logged: how many lines for each message of an error. */
const logged = async (work: (stray: StrayRejections['Service']) => void): Promise<ReadonlyArray<string>> => {
  const lines: Array<string> = []
  const logger = Logger.make(({ message }) => {
    const parts = Array.isArray(message) ? message : [message]
    for (const part of parts) if (part instanceof Error) lines.push(part.message)
  })
  // Vitest listens too, and would take them for failures of the test.
  const others = process.listeners('unhandledRejection')
  process.removeAllListeners('unhandledRejection')
  try {
    await Effect.runPromise(
      Effect.gen(function* () {
        work(yield* StrayRejections)
        // Node tells of a rejection once the microtasks are done.
        yield* Effect.promise(() => new Promise(resolve => setImmediate(() => setImmediate(resolve))))
      }).pipe(Effect.provide(Layer.provideMerge(StrayRejections.layer, Logger.layer([logger]))))
    )
  } finally {
    for (const other of others) process.on('unhandledRejection', other)
  }
  return lines
}

const reject = (message: string) => void Promise.reject(new Error(message))

test('the same one again and again is one line', async () => {
  const lines = await logged(() => {
    for (let n = 0; n < 40; n += 1) reject('no credentials')
    reject('something else')
  })
  expect(lines.toSorted()).toEqual(['no credentials', 'something else'])
})

test('one of work with a handler goes to that handler', async () => {
  const reasons: Array<unknown> = []
  const lines = await logged(stray =>
    stray.withHandler(
      reason => reasons.push(reason),
      () => reject('mine')
    )
  )
  expect(reasons).toMatchObject([{ message: 'mine' }])
  expect(lines).toEqual([])
})
