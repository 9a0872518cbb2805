// When an event is tried again that an endpoint did not take.
const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

/** After the first attempt, the second, and so on: two and a half days in all. */
const DELAYS = [
  5 * SECOND,
  30 * SECOND,
  2 * MINUTE,
  10 * MINUTE,
  30 * MINUTE,
  HOUR,
  3 * HOUR,
  6 * HOUR,
  12 * HOUR,
  24 * HOUR
]

/** After so many attempts, an event is given up. */
export const MAX_TRIES = DELAYS.length + 1

/** Endpoints that failed together do not come back together. */
const JITTER = 0.2

/** Milliseconds until the next attempt, after so many; `undefined` when there is none. */
export const retryDelay = (attempts: number, random: () => number = Math.random): number | undefined => {
  const delay = DELAYS[attempts - 1]
  return delay === undefined ? undefined : Math.round(delay * (1 + JITTER * (2 * random() - 1)))
}
