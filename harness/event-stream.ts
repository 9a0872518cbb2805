// The product's server-sent events, sorted by what they report.
import type { CloudEvent } from '../src/domain/cloud-event.ts'

/** With the places that most events have. */
export type SeenEvent = CloudEvent & {
  readonly eventId: number
  /** Milliseconds since 1970. */
  readonly at: number
  readonly kind: CloudEvent['type']
  readonly accountId: string | null
  readonly threadId: string
  readonly messageId: string | null
}

export interface EventStream {
  /** Events of the log, in their order. */
  readonly seen: Array<SeenEvent>
  readonly progress: Array<Extract<CloudEvent, { readonly type: 'sync.progress' }>>
  /** What cannot be resumed, without the progress. */
  readonly live: Array<CloudEvent>
  readonly stop: () => void
}

/** Reads a response until `abort` is signalled; the lists fill as events come. Resolves with the first line: the server has subscribed. */
export const readEvents = async (response: Response, abort: AbortController): Promise<EventStream> => {
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
  const stream: EventStream = { seen: [], progress: [], live: [], stop: () => abort.abort() }
  const read = async (): Promise<void> => {
    let rest = ''
    const decoder = new TextDecoder()
    for await (const chunk of response.body ?? []) {
      begin()
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) if (line.startsWith('data: ')) sort(stream, line.slice(6))
    }
  }
  read()
    .catch(() => undefined)
    .finally(begin)
  await begun
  return stream
}

const textIn = (data: object, field: string): string | null =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  (data as Readonly<Record<string, string | undefined>>)[field] ?? null

const sort = ({ live, progress, seen }: EventStream, text: string): void => {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  const event = JSON.parse(text) as CloudEvent
  const { data } = event
  if (event.type === 'sync.progress') progress.push(event)
  else if (!/^\d+$/.test(event.id)) live.push(event)
  else
    seen.push({
      ...event,
      eventId: Number(event.id),
      at: Date.parse(event.time),
      kind: event.type,
      accountId: textIn(data, 'accountId'),
      threadId: textIn(data, 'threadId') ?? '',
      messageId: textIn(data, 'messageId')
    })
}
