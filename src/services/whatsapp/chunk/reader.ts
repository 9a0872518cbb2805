// Reads history chunks: small ones here, large ones in a thread of their own, so that they do not delay live messages.
import { deflateSync } from 'node:zlib'
import { proto } from '@whiskeysockets/baileys/WAProto/index.js'
import { Context, Effect, Layer } from 'effect'
import type { Fact } from '../../../domain/fact.ts'
import type { DecodedConversation } from '../convert/chunk.ts'
import type { Self } from '../convert/message.ts'
import type { PrivacyTokens } from '../convert/privacy-tokens.ts'
import { numberOf } from '../convert/numbers.ts'
import { makeThreadPool, type ThreadPool } from '../../process/thread-pool.ts'
import { AccountProxies } from '../proxy/account-proxies.ts'
import { type HistoryGiver, readChunk, type ReadingTask, unconverted } from './contents.ts'
import { ChunkCorrupt, type ChunkError, ChunkUnavailable } from './errors.ts'
import { PackedFacts } from './packed-facts.ts'
import type { PackedContents, PackedConversation } from './reading-thread.ts'

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
const THREAD_FILE = import.meta.url.endsWith('.ts') ? 'reading-thread.ts' : 'reading-thread.js'

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
      try: () => ({
        people,
        tokens,
        conversations: Array.from(conversations, one => ({ ...one, facts: [...one.facts] }))
      }),
      catch: unconverted
    })
  )

const unpacked = ({ parts, ...conversation }: PackedConversation): ReadConversation => ({
  ...conversation,
  facts: new PackedFacts(parts)
})

const unpackedContents = (packed: PackedContents): Effect.Effect<ChunkContents, ChunkError> => {
  if (!('failed' in packed))
    return Effect.succeed({ ...packed, conversations: packed.conversations.map(unpacked) })
  const { failed, reason } = packed
  return Effect.fail(
    failed === 'ChunkCorrupt' ? new ChunkCorrupt({ reason }) : new ChunkUnavailable({ reason })
  )
}

const readInThread = (pool: ThreadPool<ReadingTask, PackedContents>, task: ReadingTask) =>
  pool.run(task).pipe(
    Effect.flatMap(unpackedContents),
    Effect.catchTag('TaskFailed', ({ isOutOfMemory, reason }) =>
      isOutOfMemory
        ? readHere(task)
        : Effect.fail(new ChunkUnavailable({ reason: `reading it was cut off: ${reason}` }))
    )
  )

/** A chunk that says nothing. */
const NOTHING: Omit<ReadingTask, 'mediaBase'> = {
  self: { jid: '' },
  from: 'phone',
  notification: proto.Message.HistorySyncNotification.encode({
    initialHistBootstrapInlinePayload: deflateSync(
      proto.HistorySync.encode({ syncType: proto.HistorySync.HistorySyncType.FULL }).finish()
    )
  }).finish(),
  announcedAt: 0,
  proxy: undefined,
  keepsStatuses: false
}

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
    /** Starts the thread that reads large chunks, which ends again when there is nothing to read. */
    readonly start: Effect.Effect<void>
  }
>()('backscroll/services/whatsapp/ChunkReader') {
  static layer(options: {
    readonly mediaBase: URL
    readonly keepStatuses: boolean
    /** Reads large chunks; this server's own when left out. */
    readonly threadFile?: URL
  }): Layer.Layer<ChunkReader, never, AccountProxies> {
    return Layer.effect(
      ChunkReader,
      Effect.gen(function* () {
        const pool = yield* makeThreadPool<ReadingTask, PackedContents>({
          file: options.threadFile ?? new URL(THREAD_FILE, import.meta.url),
          endedMessage: 'The thread that reads history ended'
        })
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

        const start = Effect.ignore(pool.run({ ...NOTHING, mediaBase: options.mediaBase.href }))
        return ChunkReader.of({ read, start })
      })
    )
  }
}
