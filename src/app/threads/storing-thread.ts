// The thread that stores history: the same stores as the server's, on a connection of their own, which stays open between tasks. What
// storing leads to beside the database, such as waking a worker, is told to the main thread.
import { Effect, Layer, ManagedRuntime, Result } from 'effect'
import { DatabaseError, errcodeOf, innermostReason } from '../../services/database/error.ts'
import * as NodeSqlite from '../../services/database/sqlite/node-sqlite.ts'
import { Tables } from '../../services/database/tables.ts'
import {
  makeThreadPace,
  type Noticed,
  type StoringFailure,
  type StoringResult,
  type StoringTask,
  storeTask
} from '../../services/history/chunks/storing-thread.ts'
import { EventLog } from '../../services/events/event-log.ts'
import { IncidentReports } from '../../services/incidents/incidents.ts'
import { AccountMemory } from '../../services/process/account-memory.ts'
import { makeFollowingClock } from '../../services/process/steady-clock.ts'
import { giveWayToMainThread } from '../../services/process/thread-priority.ts'
import { Pseudonyms } from '../../services/vault/pseudonyms.ts'
import { Wakes } from '../../services/process/wakes.ts'
import { countedBy } from '../../services/telemetry/metrics.ts'
import { TABLES } from '../tables.ts'
import * as Conversations from '../wings/conversations.ts'

giveWayToMainThread()

const makeNotices = () => {
  const wakes = new Map<string, Noticed['wakes'][number]>()
  const incidents: Array<Noticed['incidents'][number]> = []
  const report = (once: boolean) => (reported: Noticed['incidents'][number]['report']) =>
    Effect.sync(() => void incidents.push({ report: reported, once }))
  return {
    /** Those since the last time. */
    taken: (): Omit<Noticed, 'counted'> => {
      const noticed = { wakes: [...wakes.values()], incidents: [...incidents] }
      wakes.clear()
      incidents.length = 0
      return noticed
    },
    layer: Layer.merge(
      Layer.succeed(IncidentReports, IncidentReports.of({ report: report(false), reportOnce: report(true) })),
      // Nobody waits in this thread.
      Layer.effect(
        Wakes,
        Effect.map(Wakes, here => ({
          ...here,
          wake: ({ name: topic }, accountId) =>
            Effect.sync(() => void wakes.set(`${topic} ${accountId}`, { topic, accountId }))
        }))
      ).pipe(Layer.provide(Wakes.layer))
    )
  }
}

const failureOf = (error: unknown): StoringFailure => ({
  operation: error instanceof DatabaseError ? error.operation : 'open',
  reason: innermostReason(error),
  errcode: errcodeOf(error)
})

const notices = makeNotices()
const clock = makeFollowingClock()

/** A thread has one database. */
const openedFor = ({ database, memory, pseudonyms }: StoringTask) =>
  ManagedRuntime.make(
    Conversations.layer.pipe(
      Layer.provide(Tables.layer(TABLES)),
      Layer.provideMerge(EventLog.layer),
      Layer.provide([notices.layer, AccountMemory.layer, Pseudonyms.layerFrom(pseudonyms)]),
      Layer.provide(NodeSqlite.layerBeside(database, memory)),
      Layer.provideMerge(clock.layer)
    )
  )

let open: ReturnType<typeof openedFor> | undefined
let pace: ReturnType<typeof makeThreadPace> | undefined

/** After a failure nothing is relied on that was opened before. */
const close = async (): Promise<void> => {
  const closing = open
  open = undefined
  await closing?.dispose()
}

export default async (task: StoringTask): Promise<StoringResult> => {
  clock.set(task.now)
  open ??= openedFor(task)
  pace ??= makeThreadPace(task)
  const stored = await open.runPromise(countedBy(Effect.result(storeTask(task, pace)))).catch(failureOf)
  if ('reason' in stored) {
    await close()
    return { outcome: stored, noticed: { ...notices.taken(), counted: [] } }
  }
  const [result, counted] = stored
  if (Result.isFailure(result)) await close()
  return {
    outcome: Result.isSuccess(result) ? result.success : failureOf(result.failure),
    noticed: { ...notices.taken(), counted }
  }
}
