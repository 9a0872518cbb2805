// How many requests a key may make in a minute, and the headers that tell it (draft-ietf-httpapi-ratelimit-headers). A minute begins
// with the first request in it.
import { Clock, Context, Effect, Layer } from 'effect'
import { HttpEffect, type HttpServerRequest, HttpServerResponse } from 'effect/http'
import { RateLimited } from '../problems.ts'
import type { Caller } from './caller.ts'

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

/** The response with what is left; a refusal says when to try again. */
const withAllowance = (
  response: HttpServerResponse.HttpServerResponse,
  { isAllowed, left, requestsPerMinute, seconds }: Allowance
): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.setHeaders(response, {
    'ratelimit-policy': `"key";q=${requestsPerMinute};w=${WINDOW_MS / 1000}`,
    ratelimit: `"key";r=${left};t=${seconds}`,
    ...(isAllowed ? {} : { 'retry-after': String(seconds) })
  })

/** One count for each key, whatever it asks for. */
export class RateLimits extends Context.Service<
  RateLimits,
  {
    /** Counts the request of a key that may make only so many; fails when it has made them. Its response tells what is left. */
    readonly count: (
      caller: Caller['Service']
    ) => Effect.Effect<void, RateLimited, HttpServerRequest.HttpServerRequest>
  }
>()('backscroll/http/RateLimits') {
  static readonly layer = Layer.sync(RateLimits, () => {
    const { take } = makeRateLimit()
    const count = Effect.fnUntraced(function* ({ identity, requestsPerMinute }: Caller['Service']) {
      if (identity.kind !== 'key' || requestsPerMinute === undefined) return
      const allowance = take(identity.keyId, requestsPerMinute, yield* Clock.currentTimeMillis)
      yield* HttpEffect.appendPreResponseHandler((_, response) =>
        Effect.succeed(withAllowance(response, allowance))
      )
      if (allowance.isAllowed) return
      const detail = `This key may make ${requestsPerMinute} requests in a minute. Try again in ${allowance.seconds} seconds`
      return yield* new RateLimited({ detail })
    })
    return RateLimits.of({ count })
  })
}
