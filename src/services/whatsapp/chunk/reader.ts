// Reads history chunks: small ones here, large ones in a thread of their own, so that they do not delay live messages.
import { deserialize } from 'node:v8'
import { proto } from '@whiskeysockets/baileys'
import { Context, Effect, Layer, Schema } from 'effect'
import { Piscina } from 'piscina'
import type { Fact } from '../../../domain/fact.ts'
import type { DecodedConversation } from '../convert/chunk.ts'
import type { Self } from '../convert/message.ts'
import type { PrivacyTokens } from '../convert/privacy-tokens.ts'
import { numberOf } from '../convert/numbers.ts'
import { AccountProxies } from '../proxy/account-proxies.ts'
import { type HistoryGiver, readChunk, type ReadingTask } from './contents.ts'
import { ChunkCorrupt, type ChunkError, ChunkUnavailable, reasonOf } from './errors.ts'
import type { PackedContents, PackedConversation } from './thread.ts'

/** A conversation of a chunk; its facts are unpacked while they are iterated. */
export type ReadConversation = Omit<DecodedConversation, 'facts'> & { readonly facts: Iterable<Fact> }

/** A chunk ready to be stored. */
export interface ChunkContents {
  readonly people: ReadonlyArray<Fact>
  readonly tokens: PrivacyTokens
  readonly conversations: ReadonlyArray<ReadConversation>
}

/** Bytes, compressed. A smaller chunk is read faster here than in a thread. */
const SMALL = 64 * 1024

/** Beside this file in the sources, and beside the bundle that this file became a part of. */
const THREAD_FILE = import.meta.url.endsWith('.ts') ? 'thread.ts' : 'thread.js'

/** A thread without work ends and gives its memory back. */
const THREAD = {
  filename: new URL(THREAD_FILE, import.meta.url).href,
  minThreads: 0,
  maxThreads: 1,
  // One may wait for the media server while another one is read.
  concurrentTasksPerWorker: 2,
  idleTimeout: 30_000,
  // Several times what the chunks of phones take, so that memory is collected early.
  resourceLimits: { maxYoungGenerationSizeMb: 16, maxOldGenerationSizeMb: 256 }
}

/** The id of this server's request that an announced chunk answers. */
export const requestIdOf = (notification: Uint8Array): string | undefined =>
  proto.Message.HistorySyncNotification.decode(notification).peerDataRequestSessionId || undefined

/** Bytes, compressed; 0 when the announcement does not say. */
const sizeOf = (notification: Uint8Array): number => {
  const { fileLength, initialHistBootstrapInlinePayload: inline } =
    proto.Message.HistorySyncNotification.decode(notification)
  return inline?.length ? inline.length : (numberOf(fileLength) ?? 0)
}

const readHere = (task: ReadingTask): Effect.Effect<ChunkContents, ChunkError> =>
  Effect.flatMap(readChunk(task), ({ conversations, people, tokens }) =>
    Effect.try({
      try: () => ({ people, tokens, conversations: [...conversations] }),
      catch: cause => new ChunkUnavailable({ reason: String(cause) })
    })
  )

const unpacked = ({ parts, ...conversation }: PackedConversation): ReadConversation => ({
  ...conversation,
  facts: {
    *[Symbol.iterator]() {
      // Packed by this server's own thread a moment ago.
      for (const part of parts) yield* deserialize(part) as ReadonlyArray<Fact>
    }
  }
})

/** The thread ended without an answer; `isOutOfMemory` when its memory did not suffice. */
class ThreadEnded extends Schema.TaggedError<ThreadEnded>()('ThreadEnded', {
  reason: Schema.String,
  isOutOfMemory: Schema.Boolean
}) {}

const threadEnded = (cause: unknown): ThreadEnded =>
  new ThreadEnded({
    reason: `reading it was cut off: ${reasonOf(cause)}`,
    isOutOfMemory: cause instanceof Error && 'code' in cause && cause.code === 'ERR_WORKER_OUT_OF_MEMORY'
  })

const unpackedContents = (packed: PackedContents): Effect.Effect<ChunkContents, ChunkError> => {
  if (!('failed' in packed))
    return Effect.succeed({ ...packed, conversations: packed.conversations.map(unpacked) })
  const { failed, reason } = packed
  return Effect.fail(
    failed === 'ChunkCorrupt' ? new ChunkCorrupt({ reason }) : new ChunkUnavailable({ reason })
  )
}

const readInThread = (pool: Piscina<ReadingTask, PackedContents>, task: ReadingTask) =>
  Effect.tryPromise({ try: signal => pool.run(task, { signal }), catch: threadEnded }).pipe(
    Effect.flatMap(unpackedContents),
    Effect.catchTag('ThreadEnded', ({ isOutOfMemory, reason }) =>
      isOutOfMemory ? readHere(task) : Effect.fail(new ChunkUnavailable({ reason }))
    )
  )

/** Whose history is read. */
export interface ReadingAccount {
  readonly accountId: string
  /** Its own addresses. */
  readonly self: Self
}

export class ChunkReader extends Context.Service<
  ChunkReader,
  {
    /**
     * Reads the chunk that an encoded `HistorySyncNotification` of the phone announces, inline or from the media server; or what
     * a member of a group shares, announced by an encoded `WebMessageInfo`. Fails with
     * `ChunkUnavailable` (try again) or `ChunkCorrupt` (try again too: the phone may upload it again). `announcedAt` is in
     * milliseconds since 1970.
     */
    readonly read: (
      account: ReadingAccount,
      notification: Uint8Array,
      announcedAt: number,
      from?: HistoryGiver
    ) => Effect.Effect<ChunkContents, ChunkError>
  }
>()('backscroll/services/whatsapp/ChunkReader') {
  static layer(options: {
    readonly mediaBase: URL
    readonly keepStatuses: boolean
  }): Layer.Layer<ChunkReader, never, AccountProxies> {
    return Layer.effect(
      ChunkReader,
      Effect.gen(function* () {
        const pool = yield* Effect.acquireRelease(
          Effect.sync(() => new Piscina<ReadingTask, PackedContents>(THREAD)),
          opened => Effect.promise(() => opened.destroy())
        )
        const proxies = yield* AccountProxies
        const read = Effect.fn('ChunkReader.read')(function* (
          { accountId, self }: ReadingAccount,
          notification: Uint8Array,
          announcedAt: number,
          from: HistoryGiver = 'phone'
        ) {
          const proxy = yield* Effect.mapError(
            proxies.addressOf(accountId),
            () => new ChunkUnavailable({ reason: 'the proxy of the account cannot be read' })
          )
          const task = {
            self,
            proxy,
            notification,
            announcedAt,
            from,
            mediaBase: options.mediaBase.href,
            keepsStatuses: options.keepStatuses
          }
          // How large the file of a member is, nobody says.
          const isSmall = from === 'phone' && sizeOf(notification) < SMALL
          return yield* isSmall ? readHere(task) : readInThread(pool, task)
        })

        return ChunkReader.of({ read })
      })
    )
  }
}
