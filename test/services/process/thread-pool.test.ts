// Threads that cannot be started, throw, end, or take too long: each fails its own tasks, and the process goes on.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Effect, Logger, Queue } from 'effect'
import { afterAll, expect, test } from 'vitest'
import { temporaryFolder } from '../../../harness/server-process.ts'
import { makeThreadPool, type ThreadPool } from '../../../src/services/process/thread-pool.ts'

const folder = temporaryFolder()
afterAll(() => folder.remove())

type Task = 'answer' | 'throw' | 'exit' | 'fill' | 'never'

const written = (name: string, source: string): URL => {
  const path = join(folder.path, name)
  writeFileSync(path, source)
  return pathToFileURL(path)
}
const THREAD = written(
  'thread.mjs',
  `const tasks = {
    answer: () => 'answered',
    throw: () => { throw new Error('thrown') },
    exit: () => process.exit(3),
    fill: () => { const all = []; for (;;) all.push(new Array(100000).fill(all.length)) },
    never: () => new Promise(() => undefined)
  }
  export default task => tasks[task]()`
)

const withPool = <A>(
  use: (pool: ThreadPool<Task, string>, logged: Queue.Dequeue<string>) => Effect.Effect<A>,
  options: { readonly file?: URL; readonly longestMs?: number } = {}
): Promise<A> =>
  Effect.gen(function* () {
    const logged = yield* Queue.unbounded<string>()
    const log = Logger.make(({ message }) => void Queue.offerUnsafe(logged, String(message)))
    return yield* makeThreadPool<Task, string>({ file: THREAD, endedMessage: 'It ended', ...options }).pipe(
      Effect.flatMap(pool => use(pool, logged)),
      Effect.provide(Logger.layer([log]))
    )
  }).pipe(Effect.scoped, Effect.runPromise)

/** The answers, or why there is none, of tasks that are given at once. */
const answers = (pool: ThreadPool<Task, string>, tasks: ReadonlyArray<Task>) =>
  Effect.forEach(
    tasks,
    task =>
      Effect.match(pool.run(task), {
        onFailure: ({ isOutOfMemory, reason }) => ({ isOutOfMemory, reason }),
        onSuccess: answer => answer
      }),
    { concurrency: 'unbounded' }
  )

const failed = (reason: string) => ({ isOutOfMemory: false, reason: expect.stringContaining(reason) })

test.each([
  ['is not there', new URL('missing.mjs', THREAD), 'Cannot find module'],
  ['throws', written('throws.mjs', `throw new Error('not loaded')`), 'not loaded']
])('a thread whose file %s fails every task that it would have had', async (_, file, reason) => {
  const told = await withPool(
    (pool, logged) => Effect.all([answers(pool, ['answer', 'answer', 'answer']), Queue.take(logged)]),
    { file }
  )
  expect(told).toEqual([
    [failed(reason), failed(reason), failed(reason)],
    expect.stringContaining('It ended')
  ])
})

test('a task that throws, or ends its thread, fails alone: those behind it have another thread', async () => {
  const tasks = ['answer', 'throw', 'answer', 'exit', 'answer'] as const
  expect(await withPool(pool => answers(pool, tasks))).toEqual([
    'answered',
    failed('thrown'),
    'answered',
    failed('exited with code: 3'),
    'answered'
  ])
})

test('it is told when the memory of the thread did not suffice', async () => {
  expect(await withPool(pool => answers(pool, ['fill', 'answer']))).toEqual([
    { isOutOfMemory: true, reason: expect.any(String) },
    'answered'
  ])
})

test('what takes too long is given up, and those behind it are done', async () => {
  expect(await withPool(pool => answers(pool, ['never', 'answer']), { longestMs: 2000 })).toEqual([
    failed('it took too long'),
    'answered'
  ])
})
