// Chunks that cannot be read: tried again, asked for again from the phone, and given up with an incident.
import { Clock, Effect } from 'effect'
import { partReason } from '../../../domain/backfill.ts'
import { newWhatsAppMessageId } from '../../../domain/ids.ts'
import { Incidents } from '../../incidents/incidents.ts'
import { Transaction } from '../../database/transaction.ts'
import type { ChunkError } from '../../whatsapp/chunk/errors.ts'
import { requestIdOf } from '../../whatsapp/chunk/reader.ts'
import { WhatsApp } from '../../whatsapp/whatsapp.ts'
import { BackfillJobs } from '../backfill/jobs.ts'
import { BackfillRequests } from '../backfill/requests.ts'
import { Coverage } from '../coverage/coverage.ts'
import { type Chunk, ChunkQueue, type ChunkSealBroken, ON_DEMAND, SHARED } from './queue.ts'

/** A media server that is away for a quarter of an hour loses no chunk; a broken chunk does not get better by retrying. */
const MAX_ATTEMPTS = { ChunkUnavailable: 10, ChunkCorrupt: 4 }
const ASK_PHONE_AFTER = 2
/** How often the phone makes one chunk for us before it is given up. */
const MOST_EDITIONS = 3
/** How often the phone is asked for it, if it says that it may be asked again. */
const MOST_RETRIES = 3
const FIRST_RETRY_MS = 2000
const LONGEST_RETRY_MS = 300_000

/** Has a chunk wait for another attempt, or gives it up. `asked`: the chunks that the phone was asked for since the server started. */
export const handleUnreadable = Effect.fnUntraced(function* (
  accountId: string,
  chunk: Chunk,
  { _tag: kind, reason }: ChunkError,
  asked: Set<number>
) {
  const transaction = yield* Transaction
  const attempt = chunk.attempts + 1
  if (attempt >= ASK_PHONE_AFTER) yield* askPhoneForNewEdition(accountId, chunk, asked)
  // A media server that is away may come back; a broken chunk that is not made again stays broken.
  const isHopeless = kind === 'ChunkCorrupt' && chunk.retryRefusal !== null
  if (attempt < MAX_ATTEMPTS[kind] && !isHopeless) return yield* retryLater(chunk, attempt, reason)
  const full = chunk.retryRefusal === null ? reason : `${reason}; ${chunk.retryRefusal}`
  yield* transaction.run(giveUp(accountId, chunk, full, attempt))
  const jobs = yield* BackfillJobs
  yield* jobs.wake(accountId)
})

/** The phone makes a new edition of a broken chunk, under another id. Answers to requests are asked for again instead. */
const askPhoneForNewEdition = Effect.fnUntraced(function* (
  accountId: string,
  chunk: Chunk,
  asked: Set<number>
) {
  const isEnough = chunk.editions >= MOST_EDITIONS || chunk.retries >= MOST_RETRIES
  // A server that was killed may have written the request down without sending it.
  const isUnanswered = chunk.isRetryOpen === 1 && asked.has(chunk.chunkId)
  const isAsked = isUnanswered || chunk.retryRefusal !== null
  if (isEnough || isAsked || chunk.syncType === ON_DEMAND || chunk.syncType === SHARED) return
  const whatsapp = yield* WhatsApp
  const queue = yield* ChunkQueue
  const requestId = newWhatsAppMessageId()
  asked.add(chunk.chunkId)
  // Written down first: the answer names it.
  yield* queue.retryAsked(chunk.chunkId, requestId)
  yield* whatsapp.askForChunk(accountId, requestId, chunk.notificationId, chunk.notification).pipe(
    Effect.catch(() =>
      Effect.andThen(
        Effect.logDebug('The phone cannot be asked for a chunk now'),
        queue.retryNotAsked(chunk.chunkId)
      )
    ),
    // Whether it was asked is not known: it is asked again.
    Effect.onInterrupt(() => Effect.ignore(queue.retryNotAsked(chunk.chunkId)))
  )
})

const retryLater = Effect.fnUntraced(function* (chunk: Chunk, attempt: number, reason: string) {
  const queue = yield* ChunkQueue
  const now = yield* Clock.currentTimeMillis
  const wait = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** (attempt - 1))
  yield* queue.retryAt(chunk.chunkId, now + wait, reason)
})

const giveUp = Effect.fnUntraced(function* (
  accountId: string,
  chunk: Chunk,
  reason: string,
  attempts: number
) {
  const queue = yield* ChunkQueue
  if (!(yield* queue.giveUp(chunk.chunkId, reason))) return
  if (chunk.syncType === ON_DEMAND) return yield* refuseRequest(accountId, chunk, reason)
  const coverage = yield* Coverage
  const incidents = yield* Incidents
  if (chunk.syncType === SHARED)
    return yield* incidents.report(sharedLost(accountId, chunk, reason, attempts))
  yield* coverage.noteLost(accountId)
  yield* incidents.report(chunkLost(accountId, chunk, reason, attempts))
})

/**
 * Gives up a chunk whose announcement cannot be opened; its row is kept. The server does not start with another VAULT_KEY: the row
 * was changed. The request that an on-demand chunk answers is not known; it is asked again when it has been silent for long enough.
 */
export const giveUpSealed = Effect.fnUntraced(function* (
  accountId: string,
  { chunkId, message, syncType }: ChunkSealBroken
) {
  const transaction = yield* Transaction
  const jobs = yield* BackfillJobs
  const report = Effect.gen(function* () {
    const queue = yield* ChunkQueue
    const coverage = yield* Coverage
    const incidents = yield* Incidents
    if (!(yield* queue.giveUp(chunkId, message))) return
    if (syncType !== ON_DEMAND && syncType !== SHARED) yield* coverage.noteLost(accountId)
    yield* incidents.report(sealedLost(accountId, chunkId))
  })
  yield* transaction.run(report)
  yield* jobs.wake(accountId)
})

const refuseRequest = Effect.fnUntraced(function* (
  accountId: string,
  { notification }: Chunk,
  reason: string
) {
  const requests = yield* BackfillRequests
  const request = yield* requests.requestOf(accountId, requestIdOf(notification), [])
  if (request !== undefined) yield* requests.refused(accountId, request, partReason('unreadable', reason))
})

const sealedLost = (accountId: string, chunkId: number) =>
  ({
    accountId,
    kind: 'history.chunkLost',
    severity: 'error',
    subject: String(chunkId),
    happened:
      'The announcement of a history chunk cannot be opened with the VAULT_KEY: it was changed in the database',
    did: 'Gave the chunk up and kept its row (history_chunks). Messages that are known to be missing are recorded as gaps of their threads and requested again',
    advice:
      'Check the disk, and restore DATA_DIR from a backup if other data is damaged, too. If messages stay missing, link the account again to have the phone send its history again'
  }) as const

const sharedLost = (accountId: string, { chunkId }: Chunk, reason: string, attempts: number) =>
  ({
    accountId,
    kind: 'history.chunkLost',
    severity: 'warning',
    subject: String(chunkId),
    happened: `The past of a group that a member shared could not be read: ${reason}`,
    did: `Gave up after ${attempts} attempts; the group's history begins with the first message that was received here`,
    advice: 'Ask the member to share the history of the group again'
  }) as const

const chunkLost = (accountId: string, { chunkId }: Chunk, reason: string, attempts: number) =>
  ({
    accountId,
    kind: 'history.chunkLost',
    severity: 'error',
    subject: String(chunkId),
    happened: `A history chunk could not be read: ${reason}`,
    did: `Asked the phone to make it again and gave up after ${attempts} attempts. Messages that are known to be missing are recorded as gaps of their threads and requested again`,
    advice:
      'Open WhatsApp on the phone. If messages stay missing, link the account again to have the phone send its history again'
  }) as const
