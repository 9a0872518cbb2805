// How many requests a key may make in a minute, and the headers that tell it (draft-ietf-httpapi-ratelimit-headers). A minute begins
// with the first request in it.
import { HttpServerResponse } from 'effect/http'

const WINDOW_MS = 60_000
/** More than there are keys: above it, minutes that are over are forgotten. */
const MOST_WINDOWS = 2000

export interface Allowance {
  readonly isAllowed: boolean
  readonly requestsPerMinute: number
  /** In this minute. */
  readonly left: number
  /** Until the next minute begins. */
  readonly seconds: number
}

interface Window {
  readonly start: number
  used: number
}

export const makeRateLimit = () => {
  const windows = new Map<string, Window>()

  const forgetOver = (now: number): void => {
    for (const [keyId, { start }] of windows) if (now - start >= WINDOW_MS) windows.delete(keyId)
  }

  const windowOf = (keyId: string, now: number): Window => {
    const current = windows.get(keyId)
    if (current !== undefined && now - current.start < WINDOW_MS) return current
    if (windows.size >= MOST_WINDOWS) forgetOver(now)
    const next = { start: now, used: 0 }
    windows.set(keyId, next)
    return next
  }

  return {
    /** Counts a request at this time (milliseconds since 1970). One that is not allowed does not count. */
    take: (keyId: string, requestsPerMinute: number, now: number): Allowance => {
      const window = windowOf(keyId, now)
      const isAllowed = window.used < requestsPerMinute
      if (isAllowed) window.used += 1
      return {
        isAllowed,
        requestsPerMinute,
        left: Math.max(0, requestsPerMinute - window.used),
        seconds: Math.max(1, Math.ceil((window.start + WINDOW_MS - now) / 1000))
      }
    },
    size: () => windows.size
  }
}

export type RateLimit = ReturnType<typeof makeRateLimit>

/** The response with what is left; a refusal says when to try again. */
export const withAllowance = (
  response: HttpServerResponse.HttpServerResponse,
  { isAllowed, left, requestsPerMinute, seconds }: Allowance
): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.setHeaders(response, {
    'ratelimit-policy': `"key";q=${requestsPerMinute};w=${WINDOW_MS / 1000}`,
    ratelimit: `"key";r=${left};t=${seconds}`,
    ...(isAllowed ? {} : { 'retry-after': String(seconds) })
  })
