// Threads as they are copied out, oldest message first: a page at a time, so that neither memory nor the database is held
// while a slow reader takes it. Nothing is locked meanwhile; that each message comes exactly once rests on row numbers.
import { Effect, Option, Stream } from 'effect'
import { parseThreadId } from '../../domain/ids.ts'
import type { Message, Receipt } from '../../domain/message.ts'
import type { MessageFilter } from '../../domain/reading.ts'
import type { Thread } from '../../domain/thread.ts'
import { DatabaseError } from '../database/error.ts'
import type { ExportedMessage, ExportQuery } from './queries.ts'
import type { Store } from './store.ts'

const PAGE = 200

export type ExportLine =
  | { readonly kind: 'thread'; readonly thread: Thread }
  | { readonly kind: 'message'; readonly message: Message & { readonly receipts: ReadonlyArray<Receipt> } }
  | { readonly kind: 'end'; readonly threads: number; readonly messages: number }

/** Rows that were given out: a bit each. */
class Rows {
  private readonly bits: Uint8Array
  constructor(highest: number) {
    this.bits = new Uint8Array(Math.floor(highest / 8) + 1)
  }
  /** Whether the row is new here; from now on it is not. */
  take(row: number): boolean {
    const [at, bit] = [Math.floor(row / 8), 1 << (row % 8)]
    const held = this.bits[at]
    if (held === undefined || (held & bit) !== 0) return false
    this.bits[at] = held | bit
    return true
  }
}

type Times = Pick<MessageFilter, 'since' | 'until'>

/** The lines of these threads, in batches; the last one is the end. */
export const exportOf = (
  store: Store['Service'],
  threadIds: ReadonlyArray<string>,
  times: Times
): Stream.Stream<ReadonlyArray<ExportLine>, DatabaseError> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const upTo = yield* store.newestRow
      // Threads may be merged while they are exported: a message may turn up in a thread that comes later.
      const given = new Rows(upTo)
      const named = new Set<string>()
      const counts = { threads: 0, messages: 0 }

      const lines = (kept: ReadonlyArray<ExportedMessage>): ReadonlyArray<ExportLine> => {
        const fresh = kept.filter(({ row }) => row <= upTo && given.take(row))
        counts.messages += fresh.length
        return fresh.map(({ message, receipts }) => ({ kind: 'message', message: { ...message, receipts } }))
      }

      const end = Effect.gen(function* () {
        const accountId = parseThreadId(threadIds[0] ?? '')?.accountId
        if (accountId !== undefined && (yield* store.readAccount(accountId)) === undefined) {
          return yield* new DatabaseError({ operation: 'export', cause: 'The account was removed meanwhile' })
        }
        return [{ kind: 'end', ...counts }] satisfies ReadonlyArray<ExportLine>
      })

      const pages = (threadId: string, waiting: ReadonlySet<number>) =>
        Stream.paginate<ExportQuery, ReadonlyArray<ExportLine>, DatabaseError>(
          { ...times, upTo, limit: PAGE },
          walk =>
            Effect.gen(function* () {
              yield* Effect.yieldNow
              const kept = yield* store.walk(threadId, walk)
              const last = kept.at(-1)
              const behind = last && { time: last.message.tsClient, row: last.row }
              return [
                [lines(kept.filter(({ row }) => !waiting.has(row)))],
                kept.length < PAGE ? Option.none() : Option.some({ ...walk, behind })
              ] as const
            })
        )

      const threadLines = Effect.fnUntraced(function* (threadId: string) {
        const thread = yield* store.readThread(threadId)
        if (thread === undefined) return Stream.empty
        const isNamed = named.has(thread.threadId)
        if (!isNamed) {
          named.add(thread.threadId)
          counts.threads += 1
        }
        const header: ReadonlyArray<ExportLine> = isNamed ? [] : [{ kind: 'thread', thread }]
        // When it is sent, a message gets another time and so another place: it comes last, wherever that is.
        const waiting = yield* store.rowsToBeSent(thread.threadId)
        const rest = Effect.map(waiting.length === 0 ? Effect.succeed([]) : store.keptIn(waiting), kept =>
          lines(kept.filter(({ message }) => isWithin(message, times)))
        )
        return Stream.make(header).pipe(
          Stream.concat(pages(thread.threadId, new Set(waiting))),
          Stream.concat(Stream.fromEffect(rest))
        )
      })

      return Stream.fromIterable(threadIds).pipe(
        Stream.flatMap(threadId => Stream.unwrap(threadLines(threadId))),
        Stream.concat(Stream.fromEffect(end)),
        Stream.filter(batch => batch.length > 0)
      )
    })
  )

const isWithin = ({ tsClient }: Message, { since, until }: Times): boolean =>
  (since === undefined || tsClient >= since) && (until === undefined || tsClient < until)
