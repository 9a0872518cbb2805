// The state of a message's file: written in the message, where applications see it, and in the queue, in one transaction.
import { Clock, Effect } from 'effect'
import type { MediaResource, MediaState } from '../../domain/message.ts'
import type { MessageStore } from '../conversations/message-store.ts'
import type { Transaction } from '../database/transaction.ts'
import { asMediaError } from './database-errors.ts'
import type { FetchEntry, FetchQueue } from './fetch-queue.ts'
import { broughtBy, fileBroughtBy, type MessageWithFile } from './variants.ts'

export interface FileState {
  readonly state: MediaState
  readonly reason: string | null
  /** Where the phone uploaded the file again. */
  readonly directPath?: string
  /** Base64. */
  readonly fileSha256?: string
}

export interface Recording {
  readonly messages: MessageStore['Service']
  readonly transaction: Transaction['Service']
  readonly queue: FetchQueue
}

const hasFile = (media: MediaResource | null, mediaKey: string): boolean =>
  media !== null && [media, ...media.variants].some(({ download }) => download?.mediaKey === mediaKey)

const recordState = ({ messages, queue, transaction }: Recording) =>
  Effect.fnUntraced(
    function* (message: MessageWithFile, file: FileState, entry: FetchEntry | 'done') {
      const mediaKey = message.media?.download?.mediaKey
      const current = yield* messages.read(message.threadId, message.messageId)
      if (mediaKey === undefined || current === undefined || !hasFile(current.media, mediaKey)) {
        yield* queue.remove(message)
        return false
      }
      // The message may have moved to another thread: two threads of one person are merged.
      const { accountId, messageId, threadId } = current
      const { variant = '' } = message
      const change = { to: 'fetched' as const, mediaKey, ...file }
      yield* messages.change(accountId, [{ threadId, messageId, change }])
      yield* entry === 'done'
        ? queue.remove({ threadId, messageId, variant })
        : queue.put({ ...entry, threadId, messageId })
      return true
    },
    work => asMediaError(transaction.run(work))
  )

/** A file that waits, with its message; without one, its entry is removed. */
export interface WaitingFile {
  readonly message: MessageWithFile
  readonly entry: FetchEntry
}

const fileOf = ({ messages, queue, transaction }: Recording) =>
  Effect.fnUntraced(
    function* (entry: FetchEntry) {
      const stored = yield* messages.read(entry.threadId, entry.messageId)
      const message = stored && fileBroughtBy(stored, entry.whatsAppId)
      const variant = message?.variant ?? ''
      if (message !== undefined && variant === entry.variant) return { message, entry } satisfies WaitingFile
      yield* queue.remove(entry)
      if (message === undefined) return undefined
      const moved = { ...entry, variant }
      yield* queue.put(moved)
      return { message, entry: moved } satisfies WaitingFile
    },
    work => asMediaError(transaction.run(work))
  )

const known = (recording: Recording) =>
  Effect.fnUntraced(function* (message: MessageWithFile) {
    const entry = yield* recording.queue.read(message)
    if (entry === undefined || entry.whatsAppId === broughtBy(message)) return entry
    yield* fileOf(recording)(entry)
    return undefined
  })

const entryOf = (recording: Recording) =>
  Effect.fnUntraced(function* (message: MessageWithFile) {
    const { accountId, messageId, threadId, variant = '' } = message
    const waiting = yield* known(recording)(message)
    if (waiting !== undefined) return waiting
    const fresh: FetchEntry = {
      accountId,
      threadId,
      messageId,
      variant,
      whatsAppId: broughtBy(message),
      stage: 'download',
      wanted: false,
      attempts: 0,
      asks: 0,
      askedAt: null,
      nextAttemptAt: yield* Clock.currentTimeMillis
    }
    return fresh
  })

export const makeRecords = (recording: Recording) => ({
  /**
   * Records the state of a message's file. `entry` is what the queue holds from now on; `done` when nothing is to be
   * done. Returns false, and records nothing, when the message no longer has this file.
   */
  recordState: recordState(recording),
  /**
   * The file that an entry of the queue is about. A better file that has come since has taken its place in the message: the entry is
   * moved to where the file is now. `undefined`: there is none any more, and the entry is removed.
   */
  fileOf: fileOf(recording),
  /** The entry of a message's file in the queue. */
  known: known(recording),
  /** The same, or a new one that is not stored yet. */
  entryOf: entryOf(recording)
})

export type Records = ReturnType<typeof makeRecords>
