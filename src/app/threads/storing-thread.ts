// The thread that stores history: the same stores as the server's, on a connection of their own. What storing leads to beside the
// database, such as waking a worker, is told to the main thread.
import { Effect, Layer, Result } from 'effect'
import { DatabaseError, errcodeOf, innermostReason } from '../../services/database/error.ts'
import * as NodeSqlite from '../../services/database/sqlite/node-sqlite.ts'
import { Tables } from '../../services/database/tables.ts'
import {
  type Noticed,
  type StoringFailure,
  type StoringResult,
  type StoringTask,
  storeTask
} from '../../services/history/chunks/storing-thread.ts'
import { EventLog } from '../../services/events/event-log.ts'
import { IncidentReports } from '../../services/incidents/incidents.ts'
import { AccountMemory } from '../../services/process/account-memory.ts'
import { layerFrom } from '../../services/process/steady-clock.ts'
import { Pseudonyms } from '../../services/vault/pseudonyms.ts'
import { Wakes } from '../../services/process/wakes.ts'
import { countedBy } from '../../services/telemetry/metrics.ts'
import { TABLES } from '../tables.ts'
import * as Conversations from '../wings/conversations.ts'

const makeNotices = () => {
  const wakes = new Map<string, Noticed['wakes'][number]>()
  const incidents: Array<Noticed['incidents'][number]> = []
  const report = (once: boolean) => (reported: Noticed['incidents'][number]['report']) =>
    Effect.sync(() => void incidents.push({ report: reported, once }))
  return {
    noticed: (): Omit<Noticed, 'counted'> => ({ wakes: [...wakes.values()], incidents }),
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

export default (task: StoringTask): Promise<StoringResult> => {
  const notices = makeNotices()
  const services = Conversations.layer.pipe(
    Layer.provide(Tables.layer(TABLES)),
    Layer.provideMerge(EventLog.layer),
    Layer.provide([notices.layer, AccountMemory.layer, Pseudonyms.layerFrom(task.pseudonyms)]),
    Layer.provide(NodeSqlite.layerBeside(task.database, task.memory)),
    Layer.provideMerge(layerFrom(task.now))
  )
  const stored = Effect.result(Effect.provide(storeTask(task), services))
  return Effect.runPromise(
    Effect.map(countedBy(stored), ([result, counted]) => ({
      outcome: Result.isSuccess(result) ? result.success : failureOf(result.failure),
      noticed: { ...notices.noticed(), counted }
    }))
  )
}
