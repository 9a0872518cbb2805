// What became of a message's file, written down in the message and in the queue in one transaction.
import { Clock, Effect } from 'effect'
import type { SqlClient } from 'effect/sql'
import type { MediaState, Message } from '../../domain/message.ts'
import { asDatabaseError } from '../database/error.ts'
import { Store } from '../conversations/store.ts'
import { fetchQueue, type Place, type Waiting } from './fetch-queue.ts'

export interface MediaNews {
  readonly state: MediaState
  readonly reason: string | null
  /** Where the phone uploaded it again. */
  readonly directPath?: string
  /** Base64. */
  readonly fileSha256?: string
}

export const failed = asDatabaseError('media')

export const makeRecords = Effect.fnUntraced(function* (sql: SqlClient.SqlClient) {
  const store = yield* Store
  const queue = fetchQueue(sql)

  /** Answers whether the message has that file still. `waiting` is its place in the queue, unless it is done. */
  const note = Effect.fnUntraced(
    function* (message: Message, news: MediaNews, waiting: Waiting | 'done') {
      const mediaKey = message.media?.download?.mediaKey
      const current = yield* store.readMessage(message.threadId, message.messageId)
      if (mediaKey === undefined || current?.media?.download?.mediaKey !== mediaKey) {
        yield* queue.forget(message)
        return false
      }
      // Its thread may have become another one's meanwhile.
      const { accountId, messageId, threadId } = current
      const change = { to: 'fetched' as const, mediaKey, ...news }
      yield* store.putChanges(accountId, [{ threadId, messageId, change }])
      yield* waiting === 'done' ? queue.forget(current) : queue.put({ ...waiting, threadId, messageId })
      return true
    },
    work => failed(store.atomically(work))
  )

  /** The message's place in the queue, or a new one. */
  const placeInQueue = Effect.fnUntraced(function* (message: Message) {
    const known = yield* queue.read(message)
    if (known !== undefined) return known
    const fresh: Waiting = {
      accountId: message.accountId,
      threadId: message.threadId,
      messageId: message.messageId,
      whatsAppId: message.whatsAppId,
      stage: 'download',
      wanted: false,
      attempts: 0,
      asks: 0,
      askedAt: null,
      nextAttemptAt: yield* Clock.currentTimeMillis
    }
    return fresh
  }, failed)

  return {
    note,
    placeInQueue,
    read: (place: Place) => failed(queue.read(place)),
    put: (waiting: Waiting) => Effect.asVoid(failed(queue.put(waiting))),
    forget: (place: Place) => Effect.asVoid(failed(queue.forget(place))),
    due: (...query: Parameters<typeof queue.due>) => failed(queue.due(...query)),
    nextDue: (...query: Parameters<typeof queue.nextDue>) => failed(queue.nextDue(...query)),
    askedSince: (...query: Parameters<typeof queue.askedSince>) => failed(queue.askedSince(...query)),
    named: (...query: Parameters<typeof queue.named>) => failed(queue.named(...query)),
    untried: (...query: Parameters<typeof queue.untried>) => failed(queue.untried(...query)),
    counts: (accountId: string) => failed(queue.counts(accountId)),
    forgiveLarge: (largest: number) => Effect.asVoid(failed(queue.forgiveLarge(largest))),
    isReferred: (hash: string) => failed(queue.isReferred(hash)),
    orphans: (limit: number) => failed(queue.orphans(limit)),
    forgetOrphan: (hash: string) => Effect.asVoid(failed(queue.forgetOrphan(hash)))
  }
})

export type Records = Effect.Success<ReturnType<typeof makeRecords>>
