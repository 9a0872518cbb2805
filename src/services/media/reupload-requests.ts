// Asks the phone to upload files again that WhatsApp no longer has, and processes its answers, which may come days later.
// A request is stored before it is sent and stays until it is answered: an account that is offline sends it once it is back.
import { Clock, Effect, Option } from 'effect'
import { parseThreadId } from '../../domain/ids.ts'
import { namesWriters } from '../../domain/jid.ts'
import type { Message } from '../../domain/message.ts'
import type { MessageStore } from '../conversations/message-store.ts'
import { type MediaAnswer, type MediaRequest, openAnswer } from '../whatsapp/phone/media-reupload.ts'
import type { WhatsApp } from '../whatsapp/whatsapp.ts'
import { topic, type Wakes } from '../process/wakes.ts'
import type { FetchEntry, FetchQueue } from './fetch-queue.ts'
import type { MediaFiles } from './files.ts'
import type { GiveUp } from './losses.ts'
import { MediaGone, MediaWaits } from './outcomes.ts'
import type { Records } from './records.ts'
import { sourceOf } from './source.ts'
import { heldFile, type RecordStored } from './stored.ts'
import { broughtBy, type MessageWithFile, withVariant } from './variants.ts'
import type { Waiters } from './waiters.ts'

/** The phone is to be asked for files of an account. */
export const REUPLOAD_REQUESTS = topic('media requests')

const REASONS = {
  asking: 'WhatsApp no longer has it; the phone is asked to upload it again',
  answered: 'The phone uploaded it again; it is fetched',
  gone: 'Neither WhatsApp nor the phone has it any more',
  silent: 'WhatsApp no longer has it, and the phone did not answer for weeks'
}

/** Uploading is work for a phone: at most so many requests of the last minute may be unanswered. */
const MOST_OPEN_REQUESTS = 16
const OPEN_FOR_MS = 60_000
const LOOK_AGAIN_MS = 5000
const FIRST_REPEAT_MS = 10 * 60 * 1000
const LONGEST_REPEAT_MS = 24 * 60 * 60 * 1000
const MOST_REQUESTS = 20

/** How long to wait after so many requests before the next one, in milliseconds. */
export const repeatAfter = (asks: number): number =>
  Math.min(LONGEST_REPEAT_MS, FIRST_REPEAT_MS * 4 ** Math.min(10, asks - 1))

const requestOf = (message: MessageWithFile, mediaKey: string): MediaRequest => {
  const chatJid = parseThreadId(message.threadId)?.jid ?? ''
  return {
    whatsAppId: broughtBy(message),
    chatJid,
    fromMe: message.direction === 'outbound',
    participant: namesWriters(chatJid) ? (message.sender ?? undefined) : undefined,
    mediaKey
  }
}

export interface Requesting {
  readonly messages: MessageStore['Service']
  readonly whatsapp: WhatsApp['Service']
  readonly wakes: Wakes['Service']
  readonly queue: FetchQueue
  readonly records: Records
  readonly files: MediaFiles['Service']
  readonly recordStored: RecordStored
  readonly waiters: Waiters
  readonly giveUp: GiveUp
}

/** The file that an entry is about, with its key; `undefined` when there is none any more, or when it is here by now. */
const missingFile = Effect.fnUntraced(function* (requesting: Requesting, waiting: FetchEntry) {
  const { files, queue, recordStored, records } = requesting
  const found = yield* records.fileOf(waiting)
  if (found === undefined) return undefined
  const { entry, message } = found
  const source = sourceOf(message)
  if (source === undefined) {
    yield* queue.remove(entry)
    return undefined
  }
  // It may have come with another message.
  const isHere = yield* heldFile(files, source).pipe(
    Effect.flatMap(held =>
      held === undefined ? Effect.succeed(false) : Effect.as(recordStored(message, held), true)
    ),
    // The storage fails, or the file is being removed.
    Effect.catchTag(['MediaStorageError', 'MediaUnavailable'], () => Effect.succeed(false))
  )
  return isHere ? undefined : { entry, message, mediaKey: source.mediaKey }
})

const request = (requesting: Requesting) =>
  Effect.fnUntraced(function* (message: Message, entry: FetchEntry, wanted: boolean) {
    const { records, waiters, wakes, whatsapp } = requesting
    const now = yield* Clock.currentTimeMillis
    const repeatAt = entry.askedAt === null ? now : entry.askedAt + repeatAfter(entry.asks)
    yield* records.recordState(
      message,
      { state: 'waiting', reason: REASONS.asking },
      { ...entry, stage: 'ask', wanted: wanted || entry.wanted, nextAttemptAt: Math.max(now, repeatAt) }
    )
    yield* wakes.wake(REUPLOAD_REQUESTS, message.accountId)
    if (!(yield* whatsapp.isConnected(message.accountId))) {
      yield* waiters.fail(message, new MediaWaits({ for: 'connection' }))
    }
  })

const expedite = ({ queue, wakes }: Requesting) =>
  Effect.fnUntraced(function* (entry: FetchEntry) {
    const now = yield* Clock.currentTimeMillis
    const isFresh = entry.askedAt !== null && entry.askedAt > now - OPEN_FOR_MS
    yield* queue.put({ ...entry, wanted: true, nextAttemptAt: isFresh ? entry.nextAttemptAt : now })
    yield* wakes.wake(REUPLOAD_REQUESTS, entry.accountId)
  })

const send = Effect.fnUntraced(function* (requesting: Requesting, due: FetchEntry, now: number) {
  const { giveUp, queue, waiters, whatsapp } = requesting
  const found = yield* missingFile(requesting, due)
  if (found === undefined) return
  const { entry, mediaKey, message } = found
  if (entry.asks >= MOST_REQUESTS) {
    return yield* giveUp(message, 'failed', REASONS.silent, new MediaWaits({ for: 'phone' }))
  }
  const asks = entry.asks + 1
  // Stored before it is sent: the answer may be faster than the database.
  yield* queue.put({ ...entry, stage: 'asked', asks, askedAt: now, nextAttemptAt: now + repeatAfter(asks) })
  yield* whatsapp
    .askForMedia(entry.accountId, requestOf(message, mediaKey))
    .pipe(
      Effect.catchTag('NotConnected', () =>
        Effect.andThen(
          queue.put({ ...entry, nextAttemptAt: now + LOOK_AGAIN_MS }),
          waiters.fail(message, new MediaWaits({ for: 'connection' }))
        )
      )
    )
})

const runOnce = (requesting: Requesting) =>
  Effect.fn('Media.askOnce')(function* (accountId: string) {
    const { queue, whatsapp } = requesting
    const now = yield* Clock.currentTimeMillis
    if (!(yield* whatsapp.isConnected(accountId))) return { nextAt: now + LOOK_AGAIN_MS }
    const room = MOST_OPEN_REQUESTS - (yield* queue.countAskedSince(accountId, now - OPEN_FOR_MS))
    if (room <= 0) return { nextAt: now + LOOK_AGAIN_MS }
    const due = yield* queue.due(accountId, ['ask', 'asked'], now, room)
    if (due.length === 0) {
      const nextAt = yield* queue.nextDueAt(accountId, ['ask', 'asked'])
      return nextAt === undefined ? ('idle' as const) : { nextAt }
    }
    for (const entry of due) yield* send(requesting, entry, now)
    return 'more' as const
  })

const answerOf = Effect.fnUntraced(function* (
  requesting: Requesting,
  waiting: FetchEntry,
  answer: MediaAnswer
) {
  const { giveUp, messages, records, waiters } = requesting
  const found = yield* missingFile(requesting, waiting)
  if (found === undefined) return undefined
  const { entry, mediaKey, message } = found
  const opened = Option.getOrUndefined(openAnswer(answer, mediaKey))
  // Sealed for another message with this id.
  if (opened === undefined) return undefined
  if (opened === 'gone') {
    yield* giveUp(message, 'gone', REASONS.gone, new MediaGone({}))
    return undefined
  }
  if (opened === 'later') {
    yield* waiters.fail(message, new MediaWaits({ for: 'phone' }))
    return undefined
  }
  yield* records.recordState(
    message,
    { state: 'waiting', reason: REASONS.answered, ...opened },
    { ...entry, stage: 'download', attempts: 0, nextAttemptAt: yield* Clock.currentTimeMillis }
  )
  const uploaded = yield* messages.read(message.threadId, message.messageId)
  return uploaded && withVariant(uploaded, entry.variant)
})

const processAnswer = (requesting: Requesting) =>
  Effect.fnUntraced(function* (
    accountId: string,
    answer: MediaAnswer,
    onUploaded: (message: Message) => Effect.Effect<void>
  ) {
    for (const entry of yield* requesting.queue.withWhatsAppId(accountId, answer.whatsAppId)) {
      const message = yield* answerOf(requesting, entry, answer)
      if (message !== undefined) yield* onUploaded(message)
    }
  })

export const makeReuploadRequests = (requesting: Requesting) => ({
  /** Queues a request. Waiters continue to wait if it can be sent now, and fail if there is no connection. */
  request: request(requesting),
  /** A person asks for a file that was requested, or is to be: the request is sent soon, unless it was just sent. */
  expedite: expedite(requesting),
  /** One pass of the worker that sends requests. */
  runOnce: runOnce(requesting),
  /** Records an answer of the phone; `onUploaded` is called with each message whose file can be downloaded again. */
  processAnswer: processAnswer(requesting)
})

export type ReuploadRequests = ReturnType<typeof makeReuploadRequests>
