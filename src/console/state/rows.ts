// What a conversation looks like from top to bottom: days, messages with those of one writer together, albums as one, and what is known
// to be missing in its place.
import type { Gap, Message, ThreadCoverage } from '../../client/index.ts'

/** From when to when messages may be missing, milliseconds since 1970; `null` where that is not known. */
export type Span = Pick<Gap, 'from' | 'to'>

export type Row =
  | { readonly kind: 'start'; readonly key: string; readonly isReached: boolean }
  | { readonly kind: 'day'; readonly key: string; readonly at: number }
  | { readonly kind: 'gap'; readonly key: string; readonly gap: Gap; readonly span: Span }
  | {
      readonly kind: 'message'
      readonly key: string
      readonly message: Message
      /** Whether the one above it is by somebody else, or long before. */
      readonly isFirst: boolean
      /** The pictures and films of an album; empty for anything else. */
      readonly parts: ReadonlyArray<Message>
    }

interface Shown {
  /** Oldest first. */
  readonly messages: ReadonlyArray<Message>
  readonly coverage: Pick<ThreadCoverage, 'beginningReached' | 'gaps'> | undefined
  readonly atOldest: boolean
  readonly atNewest: boolean
}

const TOGETHER_MS = 10 * 60_000
const NONE: ReadonlyArray<Message> = []

const dayOf = (at: number): number => new Date(at).setHours(0, 0, 0, 0)

const writerOf = ({ direction, sender }: Message): string => (direction === 'outbound' ? '' : (sender ?? '?'))

const isTogether = (a: Message, b: Message): boolean =>
  a.type !== 'system' &&
  b.type !== 'system' &&
  writerOf(a) === writerOf(b) &&
  b.tsClient - a.tsClient < TOGETHER_MS &&
  dayOf(a.tsClient) === dayOf(b.tsClient)

/** Before which message a gap stands; the number of messages when it is behind all of them. */
const placeOf = ({ from, to }: Gap, messages: ReadonlyArray<Message>): number => {
  const found = messages.findIndex(({ tsClient }) =>
    to === null ? from !== null && tsClient > from : tsClient >= to
  )
  return found === -1 ? messages.length : found
}

/** The gaps that are within what is shown, by the message before which each stands. */
const gapsAt = ({
  atNewest,
  atOldest,
  coverage,
  messages
}: Shown): ReadonlyMap<number, ReadonlyArray<Gap>> => {
  const found = new Map<number, Array<Gap>>()
  for (const gap of coverage?.gaps ?? []) {
    const place = placeOf(gap, messages)
    const isWithin = (place > 0 || atOldest) && (place < messages.length || atNewest)
    if (isWithin) found.set(place, [...(found.get(place) ?? []), gap])
  }
  return found
}

const albumsOf = (messages: ReadonlyArray<Message>): ReadonlyMap<string, ReadonlyArray<Message>> => {
  const albums = new Map(
    messages.filter(({ album }) => album !== null).map(({ messageId }) => [messageId, NONE])
  )
  for (const message of messages) {
    const parts = albums.get(message.albumMessageId ?? '')
    if (parts !== undefined) albums.set(message.albumMessageId ?? '', [...parts, message])
  }
  return albums
}

/** Where a gap has no end of its own, it ends with the message behind it. */
const gapRows = (gaps: ReadonlyArray<Gap> = [], behind: Message | undefined): ReadonlyArray<Row> =>
  gaps.map(gap => ({
    kind: 'gap',
    key: `gap-${gap.gapId}`,
    gap,
    span: { from: gap.from, to: gap.to ?? behind?.tsClient ?? null }
  }))

export const rowsOf = (shown: Shown): ReadonlyArray<Row> => {
  const { atOldest, coverage, messages } = shown
  const gaps = gapsAt(shown)
  const albums = albumsOf(messages)
  const rows: Array<Row> = []
  if (atOldest) rows.push({ kind: 'start', key: 'start', isReached: coverage?.beginningReached === true })
  let above: Message | undefined
  for (const [index, message] of messages.entries()) {
    const missing = gapRows(gaps.get(index), message)
    rows.push(...missing)
    if (message.albumMessageId !== null && albums.has(message.albumMessageId)) continue
    const day = dayOf(message.tsClient)
    if (above === undefined || dayOf(above.tsClient) !== day)
      rows.push({ kind: 'day', key: `day-${day}-${message.messageId}`, at: message.tsClient })
    rows.push({
      kind: 'message',
      key: message.messageId,
      message,
      isFirst: above === undefined || missing.length > 0 || !isTogether(above, message),
      parts: albums.get(message.messageId) ?? NONE
    })
    above = message
  }
  return [...rows, ...gapRows(gaps.get(messages.length), undefined)]
}
