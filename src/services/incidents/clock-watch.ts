// Reports a machine clock that is wrong: set back, behind the newest time in the database, or another than WhatsApp's.
import { Effect, Latch } from 'effect'
import type { DatabaseError } from '../database/error.ts'
import { ServerTime, type SteadyTime } from '../process/steady-clock.ts'
import { Wakes } from '../process/wakes.ts'
import { type IncidentReport, Incidents } from './incidents.ts'

/** Smaller corrections, as time servers make them, are not reported. */
const WORTH_REPORTING_MS = 60_000
/** A clock that differs more from WhatsApp's is reported; the time that is used is right all the same. */
const WRONG_MS = 30_000
const CHECK_EVERY = '5 seconds'

const ADVICE =
  'Set the clock: `timedatectl` shows whether it is synchronised, `timedatectl set-ntp true` has it synchronised; in a container the clock is that of its host'

const iso = (time: number): string => new Date(time).toISOString().replace(/\.\d+Z$/, 'Z')
const seconds = (ms: number): string => `${Math.round(Math.abs(ms) / 1000)} seconds`

const setBack = (behindMs: number): IncidentReport => ({
  accountId: null,
  kind: 'clock.setBack',
  severity: 'warning',
  subject: 'clock',
  happened: `The clock of this machine was set back by ${seconds(behindMs)}`,
  did: 'Time continues from where it was until the clock has caught up, or WhatsApp says the time; no wait becomes longer and nothing is lost',
  advice: ADVICE
})

const wrong = (time: SteadyTime, offset: number): IncidentReport => ({
  accountId: null,
  kind: 'clock.wrong',
  severity: 'warning',
  subject: 'clock',
  happened: `The clock of this machine is ${seconds(offset)} ${offset < 0 ? 'behind' : 'ahead of'} WhatsApp's: it says ${iso(time.wall())}, WhatsApp ${iso(time.wall() - offset)}`,
  did: "WhatsApp's time is used: for what is dated here, for scheduled messages and for everything that expires",
  advice: ADVICE
})

const behindDatabase = (wall: number, newest: number): IncidentReport => ({
  accountId: null,
  kind: 'clock.behindDatabase',
  severity: 'warning',
  subject: 'clock',
  happened: `The server was started before the newest time in its database: the clock of this machine said ${iso(wall)}, the newest time is ${iso(newest)}`,
  did: 'Nothing is dated before that time until WhatsApp says what the time is',
  advice: `Either the clock is wrong now, or it was ahead when the database was written. ${ADVICE}`
})

const inFuture = (now: number, newest: number): IncidentReport => ({
  accountId: null,
  kind: 'clock.behindDatabase',
  severity: 'warning',
  subject: 'clock',
  happened: `The newest time in the database, ${iso(newest)}, is later than WhatsApp's time, ${iso(now)}: the clock of a machine was ahead when it was written`,
  did: "What is dated from now on has WhatsApp's time; what was dated in the future keeps its time",
  advice: 'Nothing; it is over when that time has come'
})

/** What is wrong now, by kind of incident. `isFirst`: a start before the newest time is told, however soon WhatsApp says the time. */
const findings = (time: SteadyTime, isFirst: boolean) => {
  const now = time.now()
  const [held, offset, behind] = [time.held(), time.offset(), time.behind()]
  const isHeld = held !== undefined && (isFirst || (offset === undefined && time.wall() < held.notBefore))
  const isFuture = held !== undefined && offset !== undefined && now < held.notBefore
  return {
    'clock.behindDatabase': isHeld
      ? behindDatabase(held.wall, held.notBefore)
      : isFuture
        ? inFuture(now, held.notBefore)
        : undefined,
    'clock.setBack': !isHeld && behind >= WORTH_REPORTING_MS ? setBack(behind) : undefined,
    'clock.wrong': offset !== undefined && Math.abs(offset) > WRONG_MS ? wrong(time, offset) : undefined
  }
}
type Findings = ReturnType<typeof findings>
type Kind = keyof Findings

const KINDS: ReadonlyArray<Kind> = ['clock.behindDatabase', 'clock.setBack', 'clock.wrong']

/** Reports what is new, and notes what is over. */
const makeCheck = (incidents: Incidents['Service'], time: SteadyTime) => {
  /** What was told last, by kind. Nothing is known at first: an earlier run may have told something. */
  const told = new Map<Kind, string | undefined>()
  const tell = Effect.fnUntraced(function* (kind: Kind, finding: IncidentReport | undefined) {
    if (told.has(kind) && told.get(kind) === finding?.did) return
    if (finding !== undefined) yield* incidents.report(finding)
    // Whether the clock is right is not known before WhatsApp has said the time.
    else if (kind !== 'clock.wrong' || time.offset() !== undefined)
      yield* incidents.resolve({ accountId: null, kind })
    else return
    told.set(kind, finding?.did)
  })
  return Effect.suspend(() => {
    const found = findings(time, told.size === 0)
    return Effect.forEach(KINDS, kind => tell(kind, found[kind]), { discard: true })
  }).pipe(
    Effect.catch((error: DatabaseError) =>
      Effect.logDebug('What is over with the clock is noted later', error)
    )
  )
}

/** Reports what is wrong with the clock until the scope closes. After a jump of the time, whatever waits for a time looks again. */
export const watch = Effect.gen(function* () {
  const [incidents, time, wakes] = [yield* Incidents, yield* ServerTime, yield* Wakes]
  const jump = Latch.makeUnsafe(false)
  yield* Effect.acquireRelease(
    Effect.sync(() => time.onJump(() => void jump.openUnsafe())),
    stop => Effect.sync(stop)
  )
  const check = makeCheck(incidents, time)
  const round = Effect.gen(function* () {
    yield* check
    const hasJumped = yield* Effect.timeoutOption(jump.await, CHECK_EVERY)
    if (hasJumped._tag === 'None') return
    yield* jump.close
    yield* wakes.wakeEveryone
  })
  yield* Effect.forkScoped(Effect.forever(round))
})
