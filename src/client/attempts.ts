// Requests that are tried again: what may be sent twice, after which answers, and how long to wait before.

export interface AttemptOptions {
  /** How often a request is sent, at most. */
  readonly attempts: number
  /** Milliseconds before the second attempt; twice as long before each further one. */
  readonly firstDelayMs: number
  /** Milliseconds between two attempts at most; a server that asks for more is not asked again. */
  readonly longestDelayMs: number
  readonly signal: AbortSignal | undefined
}

/** The same request may succeed later. */
const MAY_PASS = new Set([408, 429, 500, 502, 503, 504])

const isWorthAnother = (status: number, isRepeatable: boolean): boolean =>
  // A request over the limit was not looked at.
  status === 429 || (isRepeatable && MAY_PASS.has(status))

/** What `Retry-After` says, in milliseconds: seconds, or a date. */
const retryAfter = (response: Response): number | undefined => {
  const text = response.headers.get('retry-after') ?? ''
  const ms = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now()
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined
}

/** Grows with each attempt, by chance between a half and all of it, so that clients do not come back together. */
export const delayBefore = (attempt: number, firstMs: number, longestMs: number): number =>
  Math.min(longestMs, firstMs * 2 ** attempt) * (0.5 + Math.random() / 2)

/** Rejects when the signal aborts. */
export const pause = (ms: number, signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    const abort = (): void => {
      clearTimeout(timer)
      reject(signal?.reason instanceof Error ? signal.reason : new Error('Aborted'))
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort)
      resolve()
    }, ms)
    signal?.addEventListener('abort', abort, { once: true })
  })

/** The response with its body, which has come as a whole: one that breaks off on the way rejects. */
export const whole = async (response: Response): Promise<Response> => {
  if (response.body === null) return response
  const { headers, status, statusText } = response
  return new Response(await response.arrayBuffer(), { headers, status, statusText })
}

/** What `task` resolves with; its signal aborts when that takes longer, or with the other signal. */
export const withTimeout = async <A>(
  milliseconds: number,
  signal: AbortSignal | undefined,
  task: (signal: AbortSignal) => Promise<A>
): Promise<A> => {
  const late = new AbortController()
  const abort = (): void => late.abort(new DOMException('The server took too long', 'TimeoutError'))
  const timer = setTimeout(abort, milliseconds)
  try {
    return await task(signal === undefined ? late.signal : AbortSignal.any([signal, late.signal]))
  } finally {
    clearTimeout(timer)
  }
}

/** The delay before the next attempt; `undefined` when there is none. */
const nextDelay = (
  response: Response | undefined,
  attempt: number,
  { firstDelayMs, longestDelayMs }: AttemptOptions
): number | undefined => {
  const asked = response === undefined ? undefined : retryAfter(response)
  if (asked !== undefined) return asked <= longestDelayMs ? asked : undefined
  return delayBefore(attempt, firstDelayMs, longestDelayMs)
}

/** The first response that is not worth another attempt, or the last one. A connection that fails is as an answer that may pass. */
export const attempted = async (
  send: () => Promise<Response>,
  isRepeatable: boolean,
  options: AttemptOptions
): Promise<Response> => {
  for (let attempt = 0; ; attempt += 1) {
    const isLast = attempt + 1 >= options.attempts
    let response: Response | undefined
    try {
      response = await send()
    } catch (error) {
      if (isLast || !isRepeatable || options.signal?.aborted === true) throw error
    }
    if (response !== undefined && (isLast || !isWorthAnother(response.status, isRepeatable))) return response
    const delay = nextDelay(response, attempt, options)
    if (response !== undefined) {
      if (delay === undefined) return response
      await response.body?.cancel()
    }
    await pause(delay ?? 0, options.signal)
  }
}
