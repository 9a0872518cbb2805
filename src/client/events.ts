// Server-sent events over `fetch`, which can send a key, unlike the `EventSource` of browsers.
import { delayBefore, pause } from './attempts.ts'
import type { Event } from './contract.ts'
import { BackscrollError, errorOf, strangerError } from './errors.ts'

/** `id` is where to go on; `null` for what is told as it happens and cannot be read again. */
type Told<One> = One extends { readonly id: string }
  ? Omit<One, 'id'> & { readonly id: string | null }
  : never

/** A CloudEvent. By its `type`, one knows its `data`. */
export type ServerEvent = Told<Event>

export interface EventOptions {
  /** Of this account only, or of these. */
  readonly accountId?: string | ReadonlyArray<string>
  /** Of these types only: `message.stored`, or `message.*`. */
  readonly types?: ReadonlyArray<string>
  /** Of these threads only. */
  readonly threadId?: string | ReadonlyArray<string>
  /** Everything after this event; what happens from now on without it. */
  readonly after?: string | number
  readonly signal?: AbortSignal
}

export interface EventSourceOptions {
  readonly url: string
  readonly key: string
  readonly fetch: typeof globalThis.fetch
  readonly firstDelayMs: number
  readonly longestDelayMs: number
}

/** The server sends a comment every 15 seconds: a connection that is silent for so long is a broken one. */
const SILENCE_MS = 50_000

/** Refused for now. */
const MAY_PASS = new Set([408, 429, 500, 502, 503, 504])

/** What a block of the stream tells. */
interface Block {
  /** Where to go on; also in a block without an event, with which a stream begins. */
  readonly place: string | undefined
  readonly event: ServerEvent | undefined
}

/** Blocks are separated by empty lines. */
const told = (block: string): Block => {
  const fields = new Map<string, Array<string>>()
  for (const line of block.split('\n')) {
    // With `s`: the line and paragraph separators of Unicode, which texts have, end no line here.
    const [, name = '', value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? []
    fields.set(name, [...(fields.get(name) ?? []), value])
  }
  const data = fields.get('data')
  const place = fields.get('id')?.at(-1)
  if (data === undefined) return { place, event: undefined }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- What the server sends is what its contract says.
  const event = JSON.parse(data.join('\n')) as ServerEvent
  return { place, event: { ...event, id: place ?? null } }
}

/** The blocks of a body, as they come. `onBytes` is called whenever something comes. */
async function* blocksOf(
  body: ReadableStream<Uint8Array>,
  onBytes: () => void
): AsyncGenerator<string, void> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let rest = ''
  try {
    while (true) {
      const { done, value } = await reader.read()
      if (done) return
      onBytes()
      const blocks = (rest + decoder.decode(value, { stream: true })).replaceAll('\r\n', '\n').split('\n\n')
      rest = blocks.pop() ?? ''
      yield* blocks
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}

const listed = (value: string | ReadonlyArray<string>): string =>
  typeof value === 'string' ? value : value.join(',')

const addressOf = (url: string, { accountId, threadId, types }: EventOptions): string => {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries({ accountId, types, threadId }))
    if (value !== undefined) query.set(name, listed(value))
  return `${url}/v1/events${query.size === 0 ? '' : `?${query.toString()}`}`
}

const isStream = ({ headers }: Response): boolean =>
  headers.get('content-type')?.startsWith('text/event-stream') === true

/** One connection; `opened` is called when the server has answered. */
async function* connection(
  { fetch, key, url }: EventSourceOptions,
  options: EventOptions,
  after: string | undefined,
  opened: () => void
): AsyncGenerator<Block, void> {
  const silent = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined
  const listen = (): void => {
    clearTimeout(timer)
    timer = setTimeout(() => silent.abort(new Error('The event stream is silent')), SILENCE_MS)
  }
  listen()
  try {
    const response = await fetch(addressOf(url, options), {
      headers: {
        authorization: `Bearer ${key}`,
        accept: 'text/event-stream',
        ...(after === undefined ? {} : { 'last-event-id': after })
      },
      signal: options.signal === undefined ? silent.signal : AbortSignal.any([options.signal, silent.signal])
    })
    if (!response.ok || response.body === null) throw await errorOf(response)
    if (!isStream(response)) throw strangerError(response)
    opened()
    for await (const block of blocksOf(response.body, listen)) yield told(block)
  } finally {
    clearTimeout(timer)
    silent.abort()
  }
}

const isFinal = (error: unknown): boolean => error instanceof BackscrollError && !MAY_PASS.has(error.status)

/** Events, over as many connections as it takes. Ends when the signal aborts. */
export async function* followEvents(
  source: EventSourceOptions,
  options: EventOptions
): AsyncGenerator<ServerEvent, void> {
  let place = options.after === undefined ? undefined : String(options.after)
  let failures = 0
  const isOver = (): boolean => options.signal?.aborted === true
  while (!isOver()) {
    try {
      for await (const block of connection(source, options, place, () => (failures = 0))) {
        place = block.place ?? place
        if (block.event !== undefined) yield block.event
      }
    } catch (error) {
      if (isFinal(error)) throw error
    }
    if (isOver()) return
    const delay = delayBefore(failures, source.firstDelayMs, source.longestDelayMs)
    failures += 1
    await pause(delay, options.signal).catch(() => undefined)
  }
}
