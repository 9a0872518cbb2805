// The product's server-sent events, sorted by what they report.
import type { FeedEvent } from '../src/domain/feed.ts'
import type { LiveEvent, ProgressEvent } from './resources.ts'

export interface EventStream {
  /** Events of the log, in their order. */
  readonly seen: Array<FeedEvent>
  readonly progress: Array<ProgressEvent>
  readonly live: Array<LiveEvent>
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

const sort = ({ live, progress, seen }: EventStream, data: string): void => {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  const event = JSON.parse(data) as FeedEvent | ProgressEvent | LiveEvent
  if (event.kind === 'account.progress') progress.push(event)
  else if (event.kind === 'account.state' || event.kind === 'incident') live.push(event)
  else seen.push(event)
}
