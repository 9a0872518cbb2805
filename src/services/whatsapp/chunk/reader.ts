// Reads history chunks: small ones here, large ones in a thread of their own, so that live messages do not wait for them.
import { deserialize } from 'node:v8'
import { proto } from '@whiskeysockets/baileys'
import { Context, Effect, Layer, Schema } from 'effect'
import { Piscina } from 'piscina'
import type { Fact } from '../../../domain/fact.ts'
import type { DecodedConversation } from '../convert/chunk.ts'
import type { Self } from '../convert/message.ts'
import { numberOf } from '../convert/numbers.ts'
import { readChunk, type ReadingTask } from './contents.ts'
import { ChunkError } from './download.ts'
import type { PackedContents, PackedConversation } from './thread.ts'

/** The chunk could not be fetched this time; it may still be there. */
export class ChunkUnavailable extends Schema.TaggedError<ChunkUnavailable>()('ChunkUnavailable', {
  reason: Schema.String
}) {}

/** What was fetched is not the chunk that was announced, or it is gone. */
export class ChunkCorrupt extends Schema.TaggedError<ChunkCorrupt>()('ChunkCorrupt', {
  reason: Schema.String
}) {}

/** A conversation of a chunk; its facts are unpacked as they are asked for. */
export type ReadConversation = Omit<DecodedConversation, 'facts'> & { readonly facts: Iterable<Fact> }

/** A chunk ready to be stored. */
export interface ChunkContents {
  readonly people: ReadonlyArray<Fact>
  readonly conversations: ReadonlyArray<ReadConversation>
}

/** Bytes, compressed. What is smaller is read sooner than a thread can be asked to. */
const SMALL = 64 * 1024

/** A thread without work ends and gives its memory back. */
const THREAD = {
  filename: new URL('thread.ts', import.meta.url).href,
  minThreads: 0,
  maxThreads: 1,
  // One may wait for the media server while another one is read.
  concurrentTasksPerWorker: 2,
  idleTimeout: 30_000,
  // Several times what the chunks of phones take, so that memory is collected early.
  resourceLimits: { maxYoungGenerationSizeMb: 16, maxOldGenerationSizeMb: 256 }
}

/** The request of ours that an announced chunk answers. */
export const requestIdOf = (notification: Uint8Array): string | undefined =>
  proto.Message.HistorySyncNotification.decode(notification).peerDataRequestSessionId || undefined

/** Bytes, compressed, as far as the announcement tells. */
const sizeOf = (notification: Uint8Array): number => {
  const { fileLength, initialHistBootstrapInlinePayload: inline } =
    proto.Message.HistorySyncNotification.decode(notification)
  return inline?.length ? inline.length : (numberOf(fileLength) ?? 0)
}

const failure = (reason: string, lasts: ChunkError['lasts']): ChunkUnavailable | ChunkCorrupt =>
  lasts === 'for now' ? new ChunkUnavailable({ reason }) : new ChunkCorrupt({ reason })

const readHere = (task: ReadingTask) =>
  Effect.tryPromise({
    try: async (signal): Promise<ChunkContents> => {
      const { conversations, people } = await readChunk(task, signal)
      return { people, conversations: [...conversations] }
    },
    catch: cause =>
      cause instanceof ChunkError ? failure(cause.message, cause.lasts) : failure(String(cause), 'for now')
  })

const unpacked = ({ parts, ...conversation }: PackedConversation): ReadConversation => ({
  ...conversation,
  facts: {
    *[Symbol.iterator]() {
      // What this server's own thread has packed a moment ago.
      for (const part of parts) yield* deserialize(part) as ReadonlyArray<Fact>
    }
  }
})

/** The thread ended without an answer; `isTooLarge` when its memory did not suffice. */
class CutOff extends Schema.TaggedError<CutOff>()('CutOff', {
  reason: Schema.String,
  isTooLarge: Schema.Boolean
}) {}

const cutOff = (cause: unknown): CutOff =>
  new CutOff({
    reason: `reading it was cut off: ${cause instanceof Error ? cause.message : 'unknown'}`,
    isTooLarge: cause instanceof Error && 'code' in cause && cause.code === 'ERR_WORKER_OUT_OF_MEMORY'
  })

const readInThread = (pool: Piscina<ReadingTask, PackedContents>) => (task: ReadingTask) =>
  Effect.tryPromise({ try: signal => pool.run(task, { signal }), catch: cutOff }).pipe(
    Effect.flatMap(packed =>
      'failed' in packed
        ? Effect.fail(failure(packed.failed, packed.lasts))
        : Effect.succeed<ChunkContents>({
            people: packed.people,
            conversations: packed.conversations.map(unpacked)
          })
    ),
    Effect.catchTag('CutOff', ({ isTooLarge, reason }) =>
      isTooLarge ? readHere(task) : Effect.fail(failure(reason, 'for now'))
    )
  )

export class ChunkReader extends Context.Service<
  ChunkReader,
  {
    /**
     * Reads the chunk that an encoded `HistorySyncNotification` announces: inline, or from the media server. Fails with
     * `ChunkUnavailable` (try again) or `ChunkCorrupt` (try again too: the phone may upload it anew).
     */
    readonly read: (
      self: Self,
      notification: Uint8Array
    ) => Effect.Effect<ChunkContents, ChunkUnavailable | ChunkCorrupt>
  }
>()('backscroll/services/whatsapp/ChunkReader') {
  static layer(options: { readonly mediaBase: URL }): Layer.Layer<ChunkReader> {
    return Layer.effect(
      ChunkReader,
      Effect.gen(function* () {
        const pool = yield* Effect.acquireRelease(
          Effect.sync(() => new Piscina<ReadingTask, PackedContents>(THREAD)),
          opened => Effect.promise(() => opened.destroy())
        )
        const inThread = readInThread(pool)

        const read = Effect.fn('ChunkReader.read')((self: Self, notification: Uint8Array) => {
          const task = { self, notification, mediaBase: options.mediaBase.href }
          return sizeOf(notification) < SMALL ? readHere(task) : inThread(task)
        })

        return ChunkReader.of({ read })
      })
    )
  }
}
