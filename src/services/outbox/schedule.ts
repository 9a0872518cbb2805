// When an entry is to be sent, and until when: `sendAt` and `expiresAt` of a request as times.
import { Clock, Effect } from 'effect'
import { refuse } from './errors.ts'
import type { Time as TimeSchema } from './fields.ts'

/** A schedule further ahead is a mistake in the unit, as one in the past is. */
const FURTHEST_MS = 366 * 24 * 60 * 60 * 1000
const TOLERATED_PAST_MS = 60_000

const dayOf = (text: string) => /^(\d{4})-(\d\d)-(\d\d)T/.exec(text)?.slice(1).map(Number)

const isDay = (text: string): boolean => {
  const [year = 0, month = 0, day = 0] = dayOf(text) ?? []
  return month >= 1 && month <= 12 && day >= 1 && day <= new Date(Date.UTC(year, month, 0)).getUTCDate()
}

type Time = typeof TimeSchema.Type

const parseTime = (value: Time): number => {
  if (typeof value === 'number' || /^\d{1,15}$/.test(value)) return Number(value)
  if (!/^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:?\d\d)$/.test(value)) return Number.NaN
  // `Date.parse` makes a day in March of 31 February.
  return isDay(value) ? Date.parse(value) : Number.NaN
}

/** A time of a request in milliseconds since 1970. */
export const timeOf = (field: string, value: Time | undefined) => {
  if (value === undefined) return Effect.undefined
  const time = parseTime(value)
  return Number.isFinite(time)
    ? Effect.succeed<number | undefined>(Math.round(time))
    : refuse(field, 'Expected milliseconds since 1970, or a time with its zone such as 2027-01-31T09:00:00Z')
}

/** Checked against the time of the request (`askedAt`, by default now), which may have waited since. */
export const schedule = Effect.fnUntraced(function* (
  request: { readonly sendAt?: Time | undefined; readonly expiresAt?: Time | undefined },
  askedAt?: number
) {
  const now = askedAt ?? (yield* Clock.currentTimeMillis)
  const sendAt = yield* timeOf('sendAt', request.sendAt)
  const expiresAt = yield* timeOf('expiresAt', request.expiresAt)
  if (sendAt !== undefined && (sendAt < now - TOLERATED_PAST_MS || sendAt > now + FURTHEST_MS)) {
    return yield* refuse('sendAt', 'Expected a time to come, at most a year ahead, in milliseconds')
  }
  if (expiresAt !== undefined && expiresAt <= Math.max(now, sendAt ?? 0)) {
    return yield* refuse('expiresAt', 'Expected a time after now and after sendAt')
  }
  return { sendAt, expiresAt }
})
