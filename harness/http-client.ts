// Requests to the product's HTTP API with a key.
import type { Answer } from './resources.ts'

const DEADLINE_MS = 40_000
/** Questions cost the server work: who has waited long can wait a little longer. */
const SHORTEST_PAUSE_MS = 20
const LONGEST_PAUSE_MS = 250
const PAUSE_SHARE = 0.1

const pauseAfter = (waitedMs: number): number =>
  Math.min(LONGEST_PAUSE_MS, Math.max(SHORTEST_PAUSE_MS, waitedMs * PAUSE_SHARE))

interface Request extends Omit<RequestInit, 'headers'> {
  readonly headers?: Readonly<Record<string, string>>
}

/** A process that is busy simulating phones notices late that the server has ended a connection which was idle. */
const ENDED = new Set(['UND_ERR_SOCKET', 'ECONNRESET'])

const wasEnded = (error: unknown): boolean =>
  error instanceof Error &&
  error.cause instanceof Error &&
  'code' in error.cause &&
  ENDED.has(String(error.cause.code))

export class HttpClient {
  readonly url: string
  private readonly key: string

  constructor(url: string, key: string) {
    this.url = url
    this.key = key
  }

  /** A request with the key, and its response unread. A question is asked again if the connection it used had just ended. */
  async fetch(path: string, { headers, ...init }: Request = {}): Promise<Response> {
    const ask = () =>
      fetch(`${this.url}${path}`, { ...init, headers: { authorization: `Bearer ${this.key}`, ...headers } })
    try {
      return await ask()
    } catch (cause) {
      if ((init.method ?? 'GET') !== 'GET' || !wasEnded(cause)) throw cause
      return ask()
    }
  }

  /** Any request, with its status; a body that is not JSON is text. */
  async request<A = unknown>(
    method: string,
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {}
  ): Promise<Answer<A>> {
    const response = await this.fetch(path, {
      method,
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) })
    })
    const text = await response.text()
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    return { status: response.status, body: (isJson(response) ? JSON.parse(text) : text) as A }
  }

  /** The body of an answer with this status; any other answer is an error. */
  protected async expect<A>(status: number, method: string, path: string, body?: unknown): Promise<A> {
    const answer = await this.request<A>(method, path, body)
    if (answer.status !== status) {
      throw new Error(`${method} ${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`)
    }
    return answer.body
  }

  /** Asks until the answer is there, or fails with what was waited for. */
  async until<A>(what: string | (() => string), ask: () => Promise<A | undefined>): Promise<A> {
    // Not by a clock that a test moves.
    const start = process.hrtime.bigint()
    let waited = 0
    while (waited < DEADLINE_MS) {
      const answer = await ask()
      if (answer !== undefined) return answer
      waited = Number(process.hrtime.bigint() - start) / 1e6
      await new Promise(resolve => setTimeout(resolve, pauseAfter(waited)))
    }
    throw new Error(`Waited in vain for ${typeof what === 'string' ? what : what()}`)
  }

  /** Asks until a resource is as wanted; a failure names what it was last. */
  protected untilWanted<A>(
    what: string,
    ask: () => Promise<A>,
    wanted: (resource: A) => boolean
  ): Promise<A> {
    let last: A | undefined
    return this.until(
      () => `${what}; it is ${JSON.stringify(last)}`,
      async () => {
        last = await ask()
        return wanted(last) ? last : undefined
      }
    )
  }
}

export const isJson = ({ headers }: Response): boolean => /json/.test(headers.get('content-type') ?? '')
