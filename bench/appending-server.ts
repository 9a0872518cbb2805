// The server with somebody beside its accounts who appends to its log of events, so many that it has as many a second as the bench says: a
// machine whose messages come in over the wire has not enough of them to see what a thousand events a second do. SIGUSR2 begins and ends it.
import { Effect, Layer } from 'effect'
import { SqlClient } from 'effect/sql'
import { EventLog } from '../src/services/events/event-log.ts'

/** Events a second, with those of messages. */
const RATE = Number(process.env['LOGGED_PER_SECOND'] ?? '1000')
const TICK_MS = 50
/** The threads that events are about, in turns. */
const THREADS = 50

let isOn = false
process.on('SIGUSR2', () => (isOn = !isOn))

interface Thread {
  readonly threadId: string
  readonly accountId: string
}

const writeForever = Effect.gen(function* () {
  const log = yield* EventLog
  const sql = yield* SqlClient.SqlClient
  let last = performance.now()
  let place = yield* log.newest
  let owed = 0
  let next = 0
  const tick = Effect.gen(function* () {
    yield* Effect.sleep(TICK_MS)
    const now = performance.now()
    const newest = yield* log.newest
    owed = isOn ? owed + ((now - last) * RATE) / 1000 - (newest - place) : 0
    last = now
    place = newest
    const due = Math.floor(owed)
    if (due <= 0) return
    const threads =
      yield* sql<Thread>`SELECT thread_id, account_id FROM threads ORDER BY thread_id LIMIT ${THREADS}`
    const events = Array.from({ length: due }, (_, n) => threads[(next + n) % threads.length]).filter(
      thread => thread !== undefined
    )
    next += due
    yield* sql.withTransaction(
      log.append(
        events[0]?.accountId ?? null,
        events.map(({ threadId }) => ({ kind: 'thread.changed', threadId }))
      )
    )
  })
  return yield* Effect.forever(tick)
})

const { layer } = EventLog

void Object.assign(EventLog, {
  layer: Layer.effect(
    EventLog,
    Effect.tap(EventLog, () => Effect.forkScoped(Effect.orDie(writeForever)))
  ).pipe(Layer.provideMerge(layer))
})

const { launchServer } = await import('../src/launch.ts')
await launchServer()
