// What becomes of history that was read: it is stored, or, in a dry run, only counted.
import { Context, type Effect } from 'effect'
import type { Fact } from '../../../domain/fact.ts'
import type { DatabaseError } from '../../database/error.ts'
import type { ChunkContents, ReadConversation } from '../../whatsapp/chunk/reader.ts'
import type { PageRequest } from '../backfill/rows.ts'
import type { Chunk } from './queue.ts'

/** What one transaction is to take of a chunk, and how many of its messages were taken before. */
export interface Rest extends Pick<ChunkContents, 'conversations' | 'people'> {
  readonly taken: number
}

/** Every method but `prepare` and `takeAhead` joins the transaction of the chunk, and all fail with `DatabaseError` only. */
export class HistorySink extends Context.Service<
  HistorySink,
  {
    /** A history is about to come. */
    readonly prepare: Effect.Effect<void>
    /**
     * Takes, in transactions of its own, what would keep others waiting if it were all in one; answers the rest. If the rest is not
     * taken, the whole chunk is taken once more. `whenStored` runs as soon as another chunk can be stored.
     */
    readonly takeAhead: (
      accountId: string,
      chunk: Chunk,
      contents: ChunkContents,
      whenStored: Effect.Effect<void>
    ) => Effect.Effect<Rest, DatabaseError>
    /** Takes what a chunk says about people. */
    readonly takePeople: (accountId: string, facts: ReadonlyArray<Fact>) => Effect.Effect<void, DatabaseError>
    /**
     * Takes conversations of a chunk that the phone made at the time `asOf` (milliseconds since 1970) or later; answers how
     * many messages they have.
     */
    readonly takeConversations: (
      accountId: string,
      chunk: Chunk,
      conversations: ReadonlyArray<ReadConversation>,
      asOf: number
    ) => Effect.Effect<number, DatabaseError>
    /** Takes that the phone has nothing older of a thread. */
    readonly takeBeginning: (accountId: string, threadId: string) => Effect.Effect<void, DatabaseError>
    /** Whether what answers this request is to be taken. */
    readonly isWanted: (request: PageRequest) => Effect.Effect<boolean, DatabaseError>
    /** Everything in the chunk has been taken. */
    readonly finish: (accountId: string, chunk: Chunk, messages: number) => Effect.Effect<void, DatabaseError>
    /** The log message for a chunk that is finished. */
    readonly finishedMessage: string
  }
>()('backscroll/services/history/HistorySink') {}

/** What is noted of a thread that has nothing older. */
export const NOTHING_OLDER = { oldest: undefined, newest: undefined, beginning: 'reached' } as const
