// Threads as they are exported, oldest message first: page by page, so that a slow reader holds neither memory nor the
// database. Nothing is locked meanwhile: row numbers make sure that each message is exported exactly once.
import { Effect, Option, Stream } from 'effect'
import { parseThreadId } from '../../domain/ids.ts'
import type { Message, Receipt } from '../../domain/message.ts'
import type { MessageFilter } from '../../domain/reading.ts'
import type { Thread } from '../../domain/thread.ts'
import { DatabaseError } from '../database/error.ts'
import type { AccountStore } from './account-store.ts'
import type { ExportStore } from './export-store.ts'
import type { ExportedMessage, ExportQuery } from './queries.ts'
import type { ThreadStore } from './thread-store.ts'

const PAGE = 200

export type ExportLine =
  | { readonly kind: 'thread'; readonly thread: Thread }
  | { readonly kind: 'message'; readonly message: Message & { readonly receipts: ReadonlyArray<Receipt> } }
  | { readonly kind: 'end'; readonly threads: number; readonly messages: number }

type Lines = ReadonlyArray<ExportLine>
type Times = Pick<MessageFilter, 'since' | 'until'>

/** Where an export is read from. */
export interface ExportSources {
  readonly accounts: AccountStore['Service']
  readonly exports: ExportStore['Service']
  readonly threads: ThreadStore['Service']
  /** Completes when others have had their turn: waited for before each page. */
  readonly turn: Effect.Effect<void>
}

/** A set of row numbers, one bit for each. */
class RowSet {
  private readonly bits: Uint8Array
  constructor(highest: number) {
    this.bits = new Uint8Array(Math.floor(highest / 8) + 1)
  }
  /** Adds a row; `false` when it was there already, or is higher than the highest. */
  add(row: number): boolean {
    const [at, bit] = [Math.floor(row / 8), 1 << (row % 8)]
    const byte = this.bits[at]
    if (byte === undefined || (byte & bit) !== 0) return false
    this.bits[at] = byte | bit
    return true
  }
}

/** What was exported so far. Threads may be merged meanwhile: a message may come again in a thread that comes later. */
class Progress {
  readonly upTo: number
  private readonly rows: RowSet
  private readonly threadIds = new Set<string>()
  private messages = 0

  /** Messages that are stored later, with higher rows, are not exported. */
  constructor(upTo: number) {
    this.upTo = upTo
    this.rows = new RowSet(upTo)
  }

  header(thread: Thread): Lines {
    if (this.threadIds.has(thread.threadId)) return []
    this.threadIds.add(thread.threadId)
    return [{ kind: 'thread', thread }]
  }

  lines(found: ReadonlyArray<ExportedMessage>): Lines {
    const fresh = found.filter(({ row }) => row <= this.upTo && this.rows.add(row))
    this.messages += fresh.length
    return fresh.map(({ message, receipts }) => ({ kind: 'message', message: { ...message, receipts } }))
  }

  end(): Lines {
    return [{ kind: 'end', threads: this.threadIds.size, messages: this.messages }]
  }
}

/** The lines of these threads, in batches; the last one is the end. */
export const exportOf = (
  sources: ExportSources,
  threadIds: ReadonlyArray<string>,
  times: Times
): Stream.Stream<Lines, DatabaseError> =>
  Stream.unwrap(
    Effect.map(sources.exports.newestRow, newestRow => {
      const progress = new Progress(newestRow)
      return Stream.fromIterable(threadIds).pipe(
        Stream.flatMap(threadId => Stream.unwrap(threadLines(sources, progress, threadId, times))),
        Stream.concat(Stream.fromEffect(end(sources, progress, threadIds))),
        Stream.filter(batch => batch.length > 0)
      )
    })
  )

const threadLines = Effect.fnUntraced(function* (
  sources: ExportSources,
  progress: Progress,
  requested: string,
  times: Times
) {
  const thread = yield* sources.threads.read(requested)
  if (thread === undefined) return Stream.empty
  const { threadId } = thread
  // A message gets its final time, and so its place, when it is sent: those that wait to be sent come last.
  const unsent = yield* sources.exports.unsentRows(threadId)
  return Stream.make(progress.header(thread)).pipe(
    Stream.concat(pages(sources, progress, { threadId, times, without: new Set(unsent) })),
    Stream.concat(Stream.fromEffect(linesOfRows(sources, progress, unsent, times)))
  )
})

interface PagesQuery {
  readonly threadId: string
  readonly times: Times
  /** Rows that are left out. */
  readonly without: ReadonlySet<number>
}

const pages = (
  { exports, turn }: ExportSources,
  progress: Progress,
  { threadId, times, without }: PagesQuery
): Stream.Stream<Lines, DatabaseError> =>
  Stream.paginate<ExportQuery, Lines, DatabaseError>(
    { ...times, upTo: progress.upTo, limit: PAGE },
    Effect.fnUntraced(function* (query) {
      yield* turn
      const found = yield* exports.page(threadId, query)
      const last = found.at(-1)
      const after = last && { time: last.message.tsClient, row: last.row }
      return [
        [progress.lines(found.filter(({ row }) => !without.has(row)))],
        found.length < PAGE ? Option.none() : Option.some({ ...query, after })
      ] as const
    })
  )

const linesOfRows = (
  { exports }: ExportSources,
  progress: Progress,
  rows: ReadonlyArray<number>,
  times: Times
): Effect.Effect<Lines, DatabaseError> =>
  rows.length === 0
    ? Effect.succeed([])
    : Effect.map(exports.inRows(rows), found =>
        progress.lines(found.filter(({ message }) => isWithin(message, times)))
      )

const end = Effect.fnUntraced(function* (
  { accounts }: ExportSources,
  progress: Progress,
  threadIds: ReadonlyArray<string>
) {
  const accountId = parseThreadId(threadIds[0] ?? '')?.accountId
  if (accountId !== undefined && (yield* accounts.read(accountId)) === undefined) {
    return yield* new DatabaseError({ operation: 'export', cause: 'The account was removed meanwhile' })
  }
  return progress.end()
})

const isWithin = ({ tsClient }: Message, { since, until }: Times): boolean =>
  (since === undefined || tsClient >= since) && (until === undefined || tsClient < until)
