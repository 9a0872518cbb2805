// The workers of webhooks: one for each, as long as the server runs.
import { Context, Effect, FiberHandle, FiberMap, Layer } from 'effect'
import { EventTail } from '../events/tail.ts'
import { Incidents } from '../incidents/incidents.ts'
import { storageTrouble } from '../incidents/storage-trouble.ts'
import { LiveTraffic } from '../journal/traffic.ts'
import { ALL_ACCOUNTS, Wakes } from '../process/wakes.ts'
import { makeWorker } from '../process/worker.ts'
import type { Health } from './delivery.ts'
import { WEBHOOK, WEBHOOKS } from './topics.ts'
import { idsOfAll } from './webhooks.ts'
import { runOnce } from './pass.ts'
import type { RecentEvents } from '../events/recent.ts'
import { followEvents } from './recent-events.ts'
import { NEEDED, type Needed } from './working.ts'

const GATHER = '200 millis'

/** Keeps a worker for each endpoint, and wakes them when there are events. */
const workForever = Effect.fnUntraced(function* (options: { readonly allowPrivateAddresses: boolean }) {
  const wakes = yield* Wakes
  const incidents = yield* Incidents
  const traffic = yield* LiveTraffic
  const healths = new Map<string, Health>()
  let recent: RecentEvents | undefined
  const worker = yield* makeWorker({
    topic: WEBHOOK,
    runOnce: Effect.fn('Webhooks.runOnce')((webhookId: string) => {
      const health = healths.get(webhookId) ?? { failures: 0 }
      healths.set(webhookId, health)
      return runOnce(webhookId, { ...options, health, recent })
    }),
    words: { failing: 'Webhooks cannot be delivered; events wait', again: 'Webhooks are delivered again' },
    onTrouble: (_, what, error) => incidents.report({ ...storageTrouble('', what, error), accountId: null })
  })
  const running = yield* FiberMap.make<string>()
  const changes = yield* wakes.waiter(WEBHOOKS, ALL_ACCOUNTS)

  const following = yield* FiberHandle.make()
  const wakeAll = Effect.suspend(() => Effect.forEach([...healths.keys()], worker.wake, { discard: true }))
  const followForever = followEvents(
    read =>
      Effect.suspend(() => {
        recent = read
        return wakeAll
      }),
    // While messages come in, what follows is delivered together.
    Effect.andThen(wakeAll, Effect.timeoutOption(traffic.quiet('chunk'), GATHER))
  ).pipe(
    Effect.ensuring(Effect.sync(() => (recent = undefined))),
    Effect.catch(error =>
      Effect.andThen(Effect.logDebug('Events cannot be followed now', error), Effect.sleep('1 second'))
    ),
    Effect.forever
  )

  const startAll = Effect.gen(function* () {
    yield* changes.reset
    const ids = new Set(yield* idsOfAll)
    for (const webhookId of healths.keys()) {
      if (ids.has(webhookId)) continue
      yield* FiberMap.remove(running, webhookId)
      healths.delete(webhookId)
    }
    for (const webhookId of ids)
      yield* FiberMap.run(running, webhookId, worker.loop(webhookId), { onlyIfMissing: true })
    // A server without webhooks does not read its own events.
    if (ids.size > 0) yield* FiberHandle.run(following, followForever, { onlyIfMissing: true })
    else yield* FiberHandle.clear(following)
    yield* changes.await
  })
  return yield* startAll.pipe(
    Effect.catch(error =>
      Effect.andThen(Effect.logDebug('Webhooks cannot be read now', error), Effect.sleep('1 second'))
    ),
    Effect.forever
  )
}, Effect.scoped)

export const layer = (options: {
  readonly allowPrivateAddresses: boolean
}): Layer.Layer<never, never, Needed | EventTail | LiveTraffic | Wakes> =>
  Layer.effectDiscard(
    Effect.gen(function* () {
      const context = yield* Effect.context<Needed | EventTail | LiveTraffic | Wakes>()
      const provided = Effect.provideContext(Context.pick(...NEEDED, EventTail, LiveTraffic, Wakes)(context))
      yield* Effect.forkScoped(provided(workForever(options)))
    })
  )
