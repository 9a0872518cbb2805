// Stores facts of history in a thread of its own, through a connection of its own: the event loop goes on, and live messages wait for
// one slice at most. The facts stay packed here: they go from the thread that has read them to the one that stores them.
import { Clock, Context, Effect, Exit, Fiber, Layer } from 'effect'
import type { Conversations } from '../../conversations/apply.ts'
import { DatabaseError } from '../../database/error.ts'
import type { Transaction } from '../../database/transaction.ts'
import { type SharedMemory, WriterBeside } from '../../database/writer-beside.ts'
import { type IncidentReport, IncidentReports } from '../../incidents/incidents.ts'
import { arrivalsIn, LiveTraffic, quietIn } from '../../journal/traffic.ts'
import { makeThreadPool } from '../../process/thread-pool.ts'
import { topic, Wakes } from '../../process/wakes.ts'
import { Pseudonyms } from '../../vault/pseudonyms.ts'
import { countAll, type Counted } from '../../telemetry/metrics.ts'
import { type PackedPart, unpackFacts } from '../../whatsapp/chunk/packed-facts.ts'
import { makeSlicePace, shortWhileLive, SLICE_MS, type SlicePace } from './slice-pace.ts'
import { storeInSlices } from './storing-slices.ts'

/** What the thread is given. */
export interface StoringTask {
  /** The file. */
  readonly database: string
  readonly memory: SharedMemory
  /** By which erased people are known. */
  readonly pseudonyms: Uint8Array
  readonly accountId: string
  /** In their order. */
  readonly parts: ReadonlyArray<PackedPart>
  /** The source showed messages as they were at this time or later, milliseconds since 1970. */
  readonly asOf: number
  /** The time of the server, milliseconds since 1970. */
  readonly now: number
  /** A number that is not 0 once the thread is to end after the slice that it stores. */
  readonly stop: SharedArrayBuffer
  /** What live traffic there is (`LiveTraffic`). */
  readonly traffic: SharedArrayBuffer
}

/** What storing has led to, for the main thread to do. */
export interface Noticed {
  readonly wakes: ReadonlyArray<{ readonly topic: string; readonly accountId: string }>
  readonly incidents: ReadonlyArray<{ readonly report: IncidentReport; readonly once: boolean }>
  readonly counted: ReadonlyArray<Counted>
}

/** An error's class is lost between threads. */
export interface StoringFailure {
  readonly operation: string
  readonly reason: string
  /** SQLite's result code. */
  readonly errcode: number | undefined
}

export interface StoringResult {
  readonly noticed: Noticed
  /** How many messages are stored, or why not all are. */
  readonly outcome: number | StoringFailure
}

export class StoringThread extends Context.Service<
  StoringThread,
  {
    /**
     * Stores facts in transactions of their own, also when it is interrupted before all are stored; answers how many messages they
     * have. Not to be run within a transaction: the thread would wait for its end.
     */
    readonly store: (
      accountId: string,
      parts: ReadonlyArray<PackedPart>,
      asOf: number
    ) => Effect.Effect<number, DatabaseError>
    /** Starts the thread, which ends again when nothing is to be stored. */
    readonly start: Effect.Effect<void>
  }
>()('backscroll/services/history/StoringThread') {
  /** `file`: what the thread runs, which assembles the stores on a connection of its own. */
  static layer(options: {
    readonly database: string
    readonly file: URL
  }): Layer.Layer<
    StoringThread,
    never,
    Conversations | IncidentReports | LiveTraffic | Pseudonyms | Transaction | Wakes | WriterBeside
  > {
    return Layer.effect(StoringThread, makeStoringThread(options))
  }
}

/** So few are stored here before the thread has begun. */
const FACTS_STORED_HERE = 500

const makeStoringThread = Effect.fnUntraced(function* ({
  database,
  file
}: {
  readonly database: string
  readonly file: URL
}) {
  const pool = yield* makeThreadPool<StoringTask, StoringResult>({
    file,
    endedMessage: 'The thread that stores history ended'
  })
  const scope = yield* Effect.scope
  const beside = yield* WriterBeside
  const incidents = yield* IncidentReports
  const wakes = yield* Wakes
  const traffic = yield* LiveTraffic
  const { key: pseudonyms } = yield* Pseudonyms
  const services = yield* Effect.context<Conversations | Transaction>()

  const doNoticed = Effect.fnUntraced(function* ({ counted, incidents: reports, wakes: woken }: Noticed) {
    for (const { once, report } of reports)
      yield* once ? incidents.reportOnce(report) : incidents.report(report)
    yield* countAll(counted)
    for (const { accountId, topic: name } of woken) yield* wakes.wake(topic(name), accountId)
  })

  const inThread = Effect.fnUntraced(function* (
    task: Pick<StoringTask, 'accountId' | 'asOf' | 'parts' | 'stop'>
  ) {
    const now = yield* Clock.currentTimeMillis
    beside.begins()
    const { noticed, outcome } = yield* pool
      .run({ ...task, database, now, memory: beside.memory, pseudonyms, traffic: traffic.shared })
      .pipe(
        Effect.onExit(exit => Effect.sync(() => beside.ended(Exit.isSuccess(exit) ? 'finished' : 'crashed')))
      )
    yield* doNoticed(noticed)
    if (typeof outcome === 'number') return outcome
    const cause = Object.assign(new Error(outcome.reason), { errcode: outcome.errcode })
    beside.noteError(cause)
    return yield* new DatabaseError({ operation: outcome.operation, cause })
  })

  const here = (accountId: string, parts: ReadonlyArray<PackedPart>, asOf: number) =>
    storeInSlices({
      accountId,
      asOf,
      parts: lazily(parts),
      // The event loop stands still meanwhile.
      pace: makeSlicePace(() => SLICE_MS.live),
      quiet: traffic.quiet('part'),
      isStopped: () => false
    }).pipe(Effect.provideContext(services))

  const besideThis = (accountId: string, parts: ReadonlyArray<PackedPart>, asOf: number) =>
    Effect.uninterruptibleMask(restore =>
      Effect.gen(function* () {
        const stop = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)
        // A thread that is ended in the middle of a slice would leave its turn to write to nobody.
        const storing = yield* Effect.forkIn(inThread({ accountId, parts, asOf, stop }), scope)
        return yield* Effect.onInterrupt(restore(Fiber.join(storing)), () => {
          Atomics.store(new Int32Array(stop), 0, 1)
          return Fiber.await(storing)
        })
      })
    )

  return StoringThread.of({
    // Nobody has an account without a name.
    start: besideThis('', [], 0).pipe(Effect.ignore),
    store: (accountId, parts, asOf) =>
      parts.reduce((sum, { facts }) => sum + facts, 0) <= FACTS_STORED_HERE
        ? here(accountId, parts, asOf)
        : besideThis(accountId, parts, asOf).pipe(
            // The thread has crashed, or could not be started.
            Effect.catchTag('TaskFailed', ({ reason }) =>
              Effect.logWarning(`History is stored by the main thread instead of its own: ${reason}`).pipe(
                // Nobody has heard of what it had stored.
                Effect.andThen(wakes.wakeEveryone),
                Effect.andThen(here(accountId, parts, asOf))
              )
            )
          )
  })
})

function* lazily(parts: ReadonlyArray<PackedPart>) {
  for (const part of parts) yield unpackFacts(part)
}

/** The pace that the thread keeps from one task to the next. */
export const makeThreadPace = ({ traffic }: StoringTask): SlicePace =>
  makeSlicePace(
    shortWhileLive(
      () => arrivalsIn(traffic),
      () => performance.now()
    )
  )

/** What the thread does with a task, on the stores that it has assembled. */
export const storeTask = ({ accountId, asOf, parts, stop, traffic }: StoringTask, pace: SlicePace) => {
  const stopped = new Int32Array(stop)
  return storeInSlices({
    accountId,
    asOf,
    parts: lazily(parts),
    pace,
    quiet: quietIn(traffic),
    isStopped: () => Atomics.load(stopped, 0) !== 0
  })
}
