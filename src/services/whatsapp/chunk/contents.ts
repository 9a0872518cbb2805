// What a history chunk says: fetched, decoded and converted. Needs no service, so that it can run in a thread of its own.
import { promisify } from 'node:util'
import { inflate } from 'node:zlib'
import { proto } from '@whiskeysockets/baileys/WAProto/index.js'
import { Effect } from 'effect'
import type { Fact } from '../../../domain/fact.ts'
import { bytesFields } from '../../../domain/protobuf.ts'
import {
  callsOfChunk,
  type DecodedConversation,
  decodedConversation,
  decodedStatuses,
  type OpenedChunk,
  openedChunk,
  peopleOfChunk,
  Undecodable
} from '../convert/chunk.ts'
import type { Self } from '../convert/message.ts'
import { type PrivacyTokens, privacyTokensIn } from '../convert/privacy-tokens.ts'
import { leftOut } from '../kinds/left-out.ts'
import { ChunkCorrupt, type ChunkError, ChunkUnavailable, reasonOf } from './errors.ts'
import { decodedSharedHistory, sharedHistoryIn } from '../convert/shared-history.ts'
import { compressedChunk, compressedSharedHistory } from './fetch.ts'
import type { MediaServer } from '../media/server.ts'

/** What a chunk says; each conversation is converted when it is asked for, once. */
export interface Converted {
  readonly people: ReadonlyArray<Fact>
  readonly tokens: PrivacyTokens
  readonly conversations: Iterable<DecodedConversation>
}

/** Bytes. A chunk of a phone is a few megabytes; this only stops what cannot be one. */
const LARGEST_INFLATED = 1024 * 1024 * 1024

const inflated = promisify<Uint8Array, { maxOutputLength: number }, Buffer>(inflate)

/** Who gives the history: the account's own phone, or a member of a group. */
export type HistoryGiver = 'phone' | 'member'

/** What is needed to read a chunk. */
export interface ReadingTask {
  readonly self: Self
  readonly from: HistoryGiver
  /** What announces it: a phone's encoded `HistorySyncNotification`, or a member's `WebMessageInfo`. */
  readonly notification: Uint8Array
  /** When the phone announced it, milliseconds since 1970. */
  readonly announcedAt: number
  /** Where WhatsApp's media server is. */
  readonly mediaBase: string
  /** The address of the proxy to it; `undefined` connects directly. */
  readonly proxy: string | undefined
  readonly keepsStatuses: boolean
}

/** Bytes. What members share is a part of one group's past. */
const LARGEST_SHARED = 64 * 1024 * 1024

const undecodable = (cause: unknown): ChunkCorrupt =>
  new ChunkCorrupt({ reason: `the chunk cannot be decoded (${reasonOf(cause)})` })

/** Why a conversation could not be converted. */
export const unconverted = (cause: unknown): ChunkError =>
  cause instanceof Undecodable ? undecodable(cause) : new ChunkUnavailable({ reason: String(cause) })

const opened = (compressed: Uint8Array): Effect.Effect<OpenedChunk, ChunkCorrupt> =>
  Effect.tryPromise({
    try: async () => openedChunk(await inflated(compressed, { maxOutputLength: LARGEST_INFLATED })),
    catch: undecodable
  })

/** The field of a chunk with statuses. */
const STATUSES = 3

function* converted(
  { announcedAt, keepsStatuses, self }: ReadingTask,
  { chunk, conversations, encoded }: OpenedChunk
): Generator<DecodedConversation> {
  const statuses = keepsStatuses ? decodedStatuses(self, chunk, bytesFields(encoded, STATUSES)) : undefined
  if (statuses !== undefined) yield statuses
  const madeAt = chunk.syncType === proto.HistorySync.HistorySyncType.ON_DEMAND ? announcedAt : undefined
  for (const conversation of conversations) {
    const decoded = decodedConversation(self, conversation, madeAt)
    if (decoded !== undefined) yield decoded
  }
}

/** A member of a group tells none. */
const NO_TOKENS: PrivacyTokens = { contacts: [], salt: undefined }

const unreadable = (cause: unknown) => new ChunkCorrupt({ reason: reasonOf(cause) })

const serverOf = ({ mediaBase, proxy }: ReadingTask): MediaServer => ({ base: new URL(mediaBase), proxy })

/** Reads the past of a group that a member shares. */
const readShared = Effect.fnUntraced(function* (task: ReadingTask): Effect.fn.Return<Converted, ChunkError> {
  const { notification, self } = task
  const shared = yield* Effect.try({ try: () => sharedHistoryIn(self, notification), catch: unreadable })
  if (shared === undefined) return yield* new ChunkCorrupt({ reason: 'the message shares nothing' })
  const compressed = yield* compressedSharedHistory(shared.bundle, serverOf(task))
  const conversation = yield* Effect.tryPromise({
    try: async () =>
      decodedSharedHistory(self, shared, await inflated(compressed, { maxOutputLength: LARGEST_SHARED })),
    catch: unreadable
  })
  if (conversation === undefined) return yield* new ChunkCorrupt({ reason: 'the file cannot be decoded' })
  return { people: [], tokens: NO_TOKENS, conversations: [conversation] }
})

/** Reads a chunk, inline or from the media server. */
export const readChunk = (task: ReadingTask): Effect.Effect<Converted, ChunkError> =>
  task.from === 'member' ? readShared(task) : readOfPhone(task)

const readOfPhone = Effect.fnUntraced(function* (task: ReadingTask): Effect.fn.Return<Converted, ChunkError> {
  const { announcedAt, keepsStatuses, notification } = task
  const notice = yield* Effect.try({
    try: () => proto.Message.HistorySyncNotification.decode(notification),
    catch: unreadable
  })
  const read = yield* Effect.flatMap(compressedChunk(notice, serverOf(task)), opened)
  const { people, tokens } = yield* Effect.try({
    try: () => ({
      people: [...peopleOfChunk(read.chunk, announcedAt), ...callsOfChunk(task.self, read.chunk)],
      tokens: privacyTokensIn(read.chunk, read.encoded)
    }),
    catch: unreadable
  })
  const notKept = keepsStatuses ? [] : (read.chunk.statusV3Messages ?? []).map(() => leftOut('status'))
  return { people: [...people, ...notKept], tokens, conversations: converted(task, read) }
})
