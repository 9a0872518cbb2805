// Reads history chunks: small ones here, large ones in a thread of their own, so that live messages do not wait for them.
import { deserialize } from 'node:v8'
import { proto } from '@whiskeysockets/baileys'
import { Context, Effect, Layer, Schema } from 'effect'
import { Piscina } from 'piscina'
import type { Fact } from '../../../domain/fact.ts'
import type { DecodedConversation } from '../convert/chunk.ts'
import type { Self } from '../convert/message.ts'
import { numberOf } from '../convert/numbers.ts'
import { type ChunkContents, readContents, type ReadingTask } from './contents.ts'
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

/** Bytes, compressed. What is smaller is read sooner than a thread can be asked to. */
const SMALL = 64 * 1024

/** A thread without work ends and gives its memory back. */
const THREAD = {
  filename: new URL('thread.ts', import.meta.url).href,
  minThreads: 0,
  maxThreads: 1,
  concurrentTasksPerWorker: 1,
  idleTimeout: 30_000,
  // Only so that memory is collected early: the largest chunks need more, and get it.
  resourceLimits: { maxYoungGenerationSizeMb: 16 }
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
    try: signal => readContents(task, signal),
    catch: cause =>
      cause instanceof ChunkError ? failure(cause.message, cause.lasts) : failure(String(cause), 'for now')
  })

const unpacked = Effect.fnUntraced(function* ({ parts, ...conversation }: PackedConversation) {
  const facts: Array<Fact> = []
  for (const part of parts) {
    // What this server's own thread has packed a moment ago.
    facts.push(...(deserialize(part) as ReadonlyArray<Fact>))
    yield* Effect.yieldNow
  }
  const whole: DecodedConversation = { ...conversation, facts }
  return whole
})

const readInThread = (pool: Piscina<ReadingTask, PackedContents>) =>
  Effect.fnUntraced(function* (task: ReadingTask) {
    const packed = yield* Effect.tryPromise({
      try: signal => pool.run(task, { signal }),
      // The thread ended without an answer, as when its memory does not suffice.
      catch: cause =>
        failure(`reading it was cut off: ${cause instanceof Error ? cause.message : 'unknown'}`, 'for now')
    })
    if ('failed' in packed) return yield* failure(packed.failed, packed.lasts)
    const contents: ChunkContents = {
      people: packed.people,
      conversations: yield* Effect.forEach(packed.conversations, unpacked)
    }
    return contents
  })

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
