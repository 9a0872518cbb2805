// Work that would hold up the main thread, done in a thread of its own. A thread that crashes, ends or cannot be started fails
// the tasks that it has or would have had, and nothing else; the next task starts another one.
import { Effect, type Scope, Schema, Semaphore } from 'effect'
import { Piscina } from 'piscina'

/** The task threw, took too long, or had no thread to the end; `isOutOfMemory` when the memory of the thread did not suffice. */
export class TaskFailed extends Schema.TaggedError<TaskFailed>()('TaskFailed', {
  reason: Schema.String,
  isOutOfMemory: Schema.Boolean
}) {}

export interface ThreadPoolOptions {
  /** Its default export is the function that is given the tasks. */
  readonly file: URL
  /** What the log says when a thread ends that has no task. */
  readonly endedMessage: string
  /** Of one task, once it is its turn. After that its thread is ended. */
  readonly longestMs?: number
}

export interface ThreadPool<Task, Result> {
  readonly run: (task: Task) => Effect.Effect<Result, TaskFailed>
}

/** A thread without work ends and gives its memory back. */
const THREAD = {
  minThreads: 0,
  maxThreads: 1,
  idleTimeout: 30_000,
  // What `launch.ts` leaves out of the main thread's output: a thread has its own.
  execArgv: ['--disable-warning=ExperimentalWarning'],
  // Several times what the tasks take of it, so that memory is collected early.
  resourceLimits: { maxYoungGenerationSizeMb: 16, maxOldGenerationSizeMb: 256 }
}

const taskFailed = (cause: unknown): TaskFailed =>
  new TaskFailed({
    reason: cause instanceof Error ? cause.message : 'unknown',
    isOutOfMemory: cause instanceof Error && 'code' in cause && cause.code === 'ERR_WORKER_OUT_OF_MEMORY'
  })

/** A task that waits for a thread which cannot be started is never given to another one, and nobody tells it. */
const threadFailure = <Task, Result>(pool: Piscina<Task, Result>): Effect.Effect<never, TaskFailed> =>
  Effect.callback(resume => {
    const fail = (cause: unknown): void => resume(Effect.fail(taskFailed(cause)))
    pool.on('error', fail)
    return Effect.sync(() => void pool.off('error', fail))
  })

/** A pool of one thread, which has one task at a time, until the scope is closed. */
export const makeThreadPool = Effect.fnUntraced(function* <Task, Result>({
  endedMessage,
  file,
  longestMs = Infinity
}: ThreadPoolOptions): Effect.fn.Return<ThreadPool<Task, Result>, never, Scope.Scope> {
  const pool = yield* Effect.acquireRelease(
    Effect.sync(() => new Piscina<Task, Result>({ ...THREAD, filename: file.href })),
    opened => Effect.promise(() => opened.destroy())
  )
  const fork = Effect.runForkWith(yield* Effect.context())
  // Without a listener the error would end the process.
  pool.on('error', (error: unknown) => void fork(Effect.logWarning(endedMessage, error)))
  // A task that can be aborted has its thread to itself, and Piscina forgets those that wait for it when the thread ends: they
  // wait here.
  const oneAtATime = yield* Semaphore.make(1)

  const run = (task: Task): Effect.Effect<Result, TaskFailed> =>
    Effect.tryPromise({ try: signal => pool.run(task, { signal }), catch: taskFailed }).pipe(
      Effect.raceFirst(threadFailure(pool)),
      Effect.timeoutOrElse({
        duration: longestMs,
        orElse: () => Effect.fail(new TaskFailed({ reason: 'it took too long', isOutOfMemory: false }))
      }),
      // The time of others is not its own.
      oneAtATime.withPermits(1)
    )
  return { run }
})
