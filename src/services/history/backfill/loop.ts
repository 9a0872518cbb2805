// The loop of the backfill: it decides when there is something to ask for, asks, and waits for answers.
import { Clock, Effect } from 'effect'
import { MAX_SILENCES, REQUESTS_IN_FLIGHT } from '../../../domain/backfill.ts'
import { Wakes } from '../../process/wakes.ts'
import { askForPage } from './asking.ts'
import { BACKFILL, BackfillJobs } from './jobs.ts'
import { isAnythingToPlan, planJobs, settledAt } from './planning.ts'
import { BackfillRequests } from './requests.ts'
import { BackfillSettings } from './settings.ts'
import { Silences } from './silence.ts'

/** Completes once there is something to ask for, or a request to give up. */
export const untilDue = Effect.fnUntraced(function* (accountId: string) {
  const silences = yield* Silences
  const waiter = yield* Effect.flatMap(Wakes, wakes => wakes.waiter(BACKFILL, accountId))
  while (true) {
    yield* waiter.reset
    silences.endIfActive(accountId)
    const at = yield* dueAt(accountId)
    const now = yield* Clock.currentTimeMillis
    if (at !== undefined && at <= now) return
    yield* at === undefined ? waiter.await : Effect.timeoutOption(waiter.await, at - now)
  }
}, Effect.scoped)

/** When something is due next, milliseconds since 1970; `undefined`: never. */
const dueAt = Effect.fnUntraced(function* (accountId: string) {
  const jobs = yield* BackfillJobs
  const requests = yield* BackfillRequests
  const silences = yield* Silences
  const { timeoutMs } = yield* BackfillSettings
  const asked = yield* requests.oldestAsked(accountId)
  const times: Array<number> = asked === undefined ? [] : [asked + timeoutMs]
  if (yield* isAnythingToPlan(accountId)) times.push(yield* settledAt(accountId))
  if ((yield* jobs.next(accountId)) !== undefined) times.push(silences.of(accountId).until)
  return times.length === 0 ? undefined : Math.min(...times)
})

/** Asks until there is nothing to ask for at the moment, or the phone is silent. */
export const runBackfill = Effect.fnUntraced(function* (accountId: string) {
  const requests = yield* BackfillRequests
  const silences = yield* Silences
  const { timeoutMs } = yield* BackfillSettings
  yield* requests.discardUnsent(accountId)
  const waiter = yield* Effect.flatMap(Wakes, wakes => wakes.waiter(BACKFILL, accountId))
  while (true) {
    yield* waiter.reset
    yield* expire(accountId)
    silences.endIfActive(accountId)
    const now = yield* Clock.currentTimeMillis
    if ((yield* settledAt(accountId)) <= now) yield* planJobs(accountId)
    const inFlight = yield* askUntilBusy(accountId, now)
    if (inFlight === 0) return
    const deadline = ((yield* requests.oldestAsked(accountId)) ?? now) + timeoutMs
    yield* Effect.timeoutOption(waiter.await, Math.max(0, deadline - (yield* Clock.currentTimeMillis)))
  }
}, Effect.scoped)

/** Gives up requests that were not answered in time. */
const expire = Effect.fnUntraced(function* (accountId: string) {
  const requests = yield* BackfillRequests
  const silences = yield* Silences
  const { longestSilenceMs, timeoutMs } = yield* BackfillSettings
  const { silent } = yield* requests.expire(accountId, (yield* Clock.currentTimeMillis) - timeoutMs)
  if (!silent) return
  yield* silences.extend(accountId, longestSilenceMs)
  if (silences.of(accountId).count >= MAX_SILENCES) yield* requests.giveUp(accountId)
})

/** Asks for as many pages as may be in flight, for a phone that was silent one at a time; answers how many are. */
const askUntilBusy = Effect.fnUntraced(function* (accountId: string, now: number) {
  const jobs = yield* BackfillJobs
  const requests = yield* BackfillRequests
  const { count, until } = (yield* Silences).of(accountId)
  const most = count > 0 ? 1 : REQUESTS_IN_FLIGHT
  let inFlight = yield* requests.inFlight(accountId)
  while (until <= now && inFlight < most) {
    const task = yield* jobs.next(accountId)
    if (task === undefined) break
    yield* askForPage(accountId, task)
    inFlight = yield* requests.inFlight(accountId)
  }
  return inFlight
})
