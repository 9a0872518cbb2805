// Asking the phone to upload files again that WhatsApp no longer has, and what it answers, be it days later. A question is
// written down before it is asked and stays until it is answered: an offline account asks it when it is back.
import { Clock, Effect, Option, Stream } from 'effect'
import { parseThreadId } from '../../domain/ids.ts'
import { isGroupJid } from '../../domain/jid.ts'
import type { Message } from '../../domain/message.ts'
import { Incidents } from '../incidents/incidents.ts'
import { storageTrouble } from '../incidents/storage-trouble.ts'
import type { DatabaseError } from '../database/error.ts'
import { Store } from '../conversations/store.ts'
import { type MediaAnswer, type MediaRequest, openAnswer } from '../whatsapp/phone/media-reupload.ts'
import { type AccountMediaAnswer, WhatsApp } from '../whatsapp/whatsapp.ts'
import { topic } from '../process/wakes.ts'
import { makeWorker } from '../process/worker.ts'
import type { Place, Waiting } from './fetch-queue.ts'
import { MediaGone, MediaWaits, type OpenError } from './outcomes.ts'
import type { Records } from './records.ts'

const WORDS = {
  asking: 'WhatsApp no longer has it; the phone is asked to upload it again',
  answered: 'The phone uploaded it again; it is fetched',
  gone: 'Neither WhatsApp nor the phone has it any more',
  silent: 'WhatsApp no longer has it, and the phone did not answer for weeks'
}

/** Uploading is work for a phone: so many questions of the last minute may be open. */
const MOST_OPEN_QUESTIONS = 16
const OPEN_FOR_MS = 60_000
const LOOK_AGAIN_MS = 5000
const FIRST_REPEAT_MS = 10 * 60 * 1000
const LONGEST_REPEAT_MS = 24 * 60 * 60 * 1000
const MOST_QUESTIONS = 20

const repeatAfter = (asks: number): number =>
  Math.min(LONGEST_REPEAT_MS, FIRST_REPEAT_MS * 4 ** Math.min(10, asks - 1))

const requestOf = (message: Message, mediaKey: string): MediaRequest => {
  const chatJid = parseThreadId(message.threadId)?.jid ?? ''
  return {
    whatsAppId: message.whatsAppId,
    chatJid,
    fromMe: message.direction === 'outbound',
    participant: isGroupJid(chatJid) ? (message.sender ?? undefined) : undefined,
    mediaKey
  }
}

/** The phone is to be asked for media of an account. */
const MEDIA_REQUESTS = topic('media requests')

export const makeRequests = Effect.fnUntraced(function* (options: {
  readonly records: Records
  readonly giveUp: (
    message: Message,
    state: 'gone' | 'failed',
    reason: string,
    answer: OpenError
  ) => Effect.Effect<void, DatabaseError>
  /** Tells whoever waits for the file of this message. */
  readonly refuse: (place: Place, error: OpenError) => Effect.Effect<void>
  /** It can be fetched again. */
  readonly fetchAgain: (message: Message) => Effect.Effect<void>
}) {
  const { giveUp, records, refuse } = options
  const store = yield* Store
  const whatsapp = yield* WhatsApp
  const incidents = yield* Incidents

  /** Puts a question into the queue; who waits for the file goes on waiting if it can be asked now. */
  const ask = Effect.fnUntraced(function* (message: Message, entry: Waiting, wanted: boolean) {
    const now = yield* Clock.currentTimeMillis
    const repeatAt = entry.askedAt === null ? now : entry.askedAt + repeatAfter(entry.asks)
    yield* records.note(
      message,
      { state: 'waiting', reason: WORDS.asking },
      { ...entry, stage: 'ask', wanted: wanted || entry.wanted, nextAttemptAt: Math.max(now, repeatAt) }
    )
    yield* worker.wake(message.accountId)
    if (!(yield* whatsapp.isConnected(message.accountId))) {
      yield* refuse(message, new MediaWaits({ for: 'connection' }))
    }
  })

  /** A person asks for what the phone was, or is to be, asked for. */
  const urge = Effect.fnUntraced(function* (entry: Waiting) {
    const now = yield* Clock.currentTimeMillis
    const isFresh = entry.askedAt !== null && entry.askedAt > now - OPEN_FOR_MS
    yield* records.put({ ...entry, wanted: true, nextAttemptAt: isFresh ? entry.nextAttemptAt : now })
    yield* worker.wake(entry.accountId)
  })

  const put = Effect.fnUntraced(function* (entry: Waiting, now: number) {
    const message = yield* store.readMessage(entry.threadId, entry.messageId)
    const mediaKey = message?.media?.download?.mediaKey
    if (message === undefined || mediaKey === undefined) return yield* records.forget(entry)
    if (entry.asks >= MOST_QUESTIONS) {
      return yield* giveUp(message, 'failed', WORDS.silent, new MediaWaits({ for: 'phone' }))
    }
    const asks = entry.asks + 1
    // Before it is asked: the answer may be quicker than the database.
    yield* records.put({
      ...entry,
      stage: 'asked',
      asks,
      askedAt: now,
      nextAttemptAt: now + repeatAfter(asks)
    })
    yield* whatsapp
      .askForMedia(entry.accountId, requestOf(message, mediaKey))
      .pipe(
        Effect.catchTag('NotConnected', () =>
          Effect.andThen(
            records.put({ ...entry, nextAttemptAt: now + LOOK_AGAIN_MS }),
            refuse(message, new MediaWaits({ for: 'connection' }))
          )
        )
      )
  })

  const runOnce = Effect.fn('Media.askOnce')(function* (accountId: string) {
    const now = yield* Clock.currentTimeMillis
    if (!(yield* whatsapp.isConnected(accountId))) return { nextAt: now + LOOK_AGAIN_MS }
    const room = MOST_OPEN_QUESTIONS - (yield* records.askedSince(accountId, now - OPEN_FOR_MS))
    if (room <= 0) return { nextAt: now + LOOK_AGAIN_MS }
    const due = yield* records.due(accountId, ['ask', 'asked'], now, room)
    if (due.length === 0) {
      const nextAt = yield* records.nextDue(accountId, ['ask', 'asked'])
      return nextAt === undefined ? ('idle' as const) : { nextAt }
    }
    for (const entry of due) yield* put(entry, now)
    return 'more' as const
  })

  const worker = yield* makeWorker({
    topic: MEDIA_REQUESTS,
    runOnce,
    words: {
      failing: 'The phone cannot be asked for media; the questions wait',
      again: 'The phone is asked for media again'
    },
    onTrouble: (accountId, failing, error) => incidents.report(storageTrouble(accountId, failing, error))
  })

  const answered = Effect.fnUntraced(function* (entry: Waiting, answer: MediaAnswer) {
    const message = yield* store.readMessage(entry.threadId, entry.messageId)
    const mediaKey = message?.media?.download?.mediaKey
    if (message === undefined || mediaKey === undefined) return yield* records.forget(entry)
    const opened = Option.getOrUndefined(openAnswer(answer, mediaKey))
    if (opened === undefined) return
    if (opened === 'gone') return yield* giveUp(message, 'gone', WORDS.gone, new MediaGone({}))
    if (opened === 'later') return yield* refuse(message, new MediaWaits({ for: 'phone' }))
    const now = yield* Clock.currentTimeMillis
    yield* records.note(
      message,
      { state: 'waiting', reason: WORDS.answered, ...opened },
      { ...entry, stage: 'download', attempts: 0, nextAttemptAt: now }
    )
    const fresh = yield* store.readMessage(message.threadId, message.messageId)
    if (fresh !== undefined) yield* options.fetchAgain(fresh)
  })

  const onAnswer = Effect.fnUntraced(
    function* ({ accountId, answer }: AccountMediaAnswer) {
      for (const entry of yield* records.named(accountId, answer.whatsAppId)) yield* answered(entry, answer)
    },
    (work, { accountId }) =>
      work.pipe(
        // It is asked for again after a while.
        Effect.catchCause(cause =>
          Effect.logWarning('An answer of the phone about media could not be stored', cause)
        ),
        Effect.annotateLogs({ accountId })
      )
  )
  yield* Effect.forkScoped(Stream.runForEach(whatsapp.mediaAnswers, onAnswer), { startImmediately: true })

  return { ask, urge, worker }
})
