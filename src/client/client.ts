// The client: one call for each operation of the contract, pages as one list, events. It needs nothing but `fetch`.
import { attempted, whole, withTimeout } from './attempts.ts'
import { OPERATIONS, type Operations } from './contract.ts'
import { BackscrollUsageError, errorOf, jsonOf } from './errors.ts'
import { type EventOptions, followEvents, type ServerEvent } from './events.ts'

export interface ClientOptions {
  /** Of the server: `http://127.0.0.1:3000`. */
  readonly url: string
  /** A key, or a Firebase ID token. */
  readonly key: string
  /** Another `fetch`, such as one with a proxy. */
  readonly fetch?: typeof globalThis.fetch
  /** How often a request is sent at most, if its answer may be better the next time; 4 by default. */
  readonly attempts?: number
  /** Milliseconds before the second attempt; 250 by default. */
  readonly firstDelayMs?: number
  /** Milliseconds between two attempts at most; 30,000 by default. */
  readonly longestDelayMs?: number
  /**
   * Milliseconds for one attempt; 150,000 by default, which is longer than a message is waited for. Results that are a `Response` are read
   * by the program, for as long as that takes: end it by its signal.
   */
  readonly timeoutMs?: number
}

export interface CallOptions {
  readonly signal?: AbortSignal
}

export type OperationId = keyof Operations
export type InputOf<Id extends OperationId> = Operations[Id]['input']
export type ResultOf<Id extends OperationId> = Operations[Id]['result']

/** The operations that list something page by page. */
export type ListId = {
  readonly [Id in OperationId]: [Operations[Id]['item']] extends [never] ? never : Id
}[OperationId]
export type ItemOf<Id extends ListId> = Operations[Id]['item']

/** The input may be left out where nothing in it is required. */
type Arguments<Id extends OperationId> =
  {} extends InputOf<Id>
    ? readonly [input?: InputOf<Id>, options?: CallOptions]
    : readonly [input: InputOf<Id>, options?: CallOptions]

interface Facts {
  readonly method: string
  readonly path: string
  readonly query: ReadonlyArray<string>
  readonly result: 'json' | 'nothing' | 'response'
  readonly pages?: { readonly items: string; readonly next: string; readonly parameter: string }
}

type Input = Readonly<Record<string, unknown>>

/** Sent twice they do what they do once. */
const REPEATABLE = new Set(['GET', 'PUT', 'DELETE'])
/** With an idempotency key, so does this one. */
const SENDING: OperationId = 'outbox.send'
const KEY_FIELD = 'idempotencyKey'

const isRecord = (value: unknown): value is Input => typeof value === 'object' && value !== null

/** Without `crypto.randomUUID`: browsers have it only in pages that came by TLS or from their own machine. */
const newKey = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), byte => byte.toString(16).padStart(2, '0')).join('')

/** Numbers and switches as an address has them. */
const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

/** Programs without types may ask for anything. */
const factsOf = (id: OperationId): Facts => {
  if (!Object.hasOwn(OPERATIONS, id))
    throw new BackscrollUsageError(
      `There is no operation ${JSON.stringify(id)}; /docs of the server lists all`
    )
  return OPERATIONS[id]
}

const pathOf = (id: OperationId, { path, query }: Facts, input: Input): string => {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = input[name]
    if (value === undefined || value === null || value === '')
      throw new BackscrollUsageError(`${id} needs ${name}`)
    return encodeURIComponent(textOf(value))
  })
  const parameters = new URLSearchParams()
  for (const name of query) if (input[name] !== undefined) parameters.set(name, textOf(input[name]))
  const search = parameters.toString()
  return search === '' ? filled : `${filled}?${search}`
}

const hasKey = (body: unknown): boolean =>
  body instanceof FormData ? body.has(KEY_FIELD) : isRecord(body) && body[KEY_FIELD] !== undefined

/** Forms and files go as they are, and name their type themselves. */
const bodyOf = (
  body: unknown
): { readonly body?: NonNullable<RequestInit['body']>; readonly type?: string } => {
  if (body === undefined) return {}
  return body instanceof FormData || body instanceof Blob
    ? { body }
    : { body: JSON.stringify(body), type: 'application/json' }
}

const checkOptions = ({ key, url }: Partial<ClientOptions>): void => {
  if (typeof url !== 'string' || !/^https?:\/\//.test(url))
    throw new BackscrollUsageError('url: expected the address of the server, such as http://127.0.0.1:3000')
  if (typeof key !== 'string' || key === '')
    throw new BackscrollUsageError('key: expected a key of the server, or a Firebase ID token')
}

export class Backscroll {
  private readonly options: Required<ClientOptions>

  /** Throws `BackscrollUsageError` without an address or a key. */
  constructor(options: ClientOptions) {
    checkOptions(options)
    this.options = {
      fetch: (input, init) => globalThis.fetch(input, init),
      attempts: 4,
      firstDelayMs: 250,
      longestDelayMs: 30_000,
      timeoutMs: 150_000,
      ...options,
      url: options.url.replace(/\/+$/, '')
    }
  }

  /**
   * Calls an operation by its id: parameters of path and query and `body` are in one object. Rejects with `BackscrollError` when the
   * server refuses. Reading is tried again when it may succeed, and so is sending, which gets an idempotency key if it has none.
   */
  async call<Id extends OperationId>(
    id: Id,
    ...[input = {}, options = {}]: Arguments<Id>
  ): Promise<ResultOf<Id>> {
    const facts = factsOf(id)
    const response = await this.request(id, facts, { ...input }, options)
    if (!response.ok) throw await errorOf(response)
    const result: unknown =
      facts.result === 'response'
        ? response
        : facts.result === 'json'
          ? await jsonOf(response)
          : await response.body?.cancel()
    // The contract says what it is.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    return result as ResultOf<Id>
  }

  /** Everything that a list has, page after page, as it is read. */
  async *items<Id extends ListId>(
    id: Id,
    input: InputOf<Id>,
    options: CallOptions = {}
  ): AsyncGenerator<ItemOf<Id>, void> {
    const { pages } = factsOf(id)
    if (pages === undefined) throw new BackscrollUsageError(`${id} is no list with pages: use call`)
    let place: unknown
    do {
      const at = place === undefined ? {} : { [pages.parameter]: place }
      const page: unknown = await this.call<OperationId>(id, { ...input, ...at }, options)
      const { [pages.items]: items, [pages.next]: next } = isRecord(page) ? page : {}
      // The contract says what they are.
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion
      if (Array.isArray(items)) yield* items as ReadonlyArray<ItemOf<Id>>
      place = next
    } while (typeof place === 'string')
  }

  /**
   * Events as they happen, until `signal` aborts. A connection that ends is opened again after the last event that was read, so that none
   * is missed. Rejects with `BackscrollError` when the server refuses.
   */
  events(options: EventOptions = {}): AsyncGenerator<ServerEvent, void> {
    const { fetch, firstDelayMs, key, longestDelayMs, url } = this.options
    return followEvents({ fetch, firstDelayMs, key, longestDelayMs, url }, options)
  }

  private async request(
    id: OperationId,
    facts: Facts,
    input: Input,
    { signal }: CallOptions
  ): Promise<Response> {
    const { fetch, key, timeoutMs, url } = this.options
    const { body, type } = bodyOf(input['body'])
    const isSending = id === SENDING
    const headers = {
      authorization: `Bearer ${key}`,
      ...(type === undefined ? {} : { 'content-type': type }),
      ...(isSending && !hasKey(input['body']) ? { 'idempotency-key': newKey() } : {})
    }
    const address = url + pathOf(id, facts, input)
    // The server never redirects. A proxy that does would turn a sending into a reading, and take the key off.
    const asked: RequestInit = {
      method: facts.method,
      headers,
      redirect: 'error',
      ...(body === undefined ? {} : { body })
    }
    const send = (): Promise<Response> =>
      withTimeout(timeoutMs, signal, async attempt => {
        const response = await fetch(address, { ...asked, signal: attempt })
        return facts.result === 'response' && response.ok ? response : whole(response)
      })
    return attempted(send, isSending || REPEATABLE.has(facts.method), { ...this.options, signal })
  }
}
