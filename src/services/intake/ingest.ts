// The journal's worker: from journal entries to facts, and what follows from live messages besides being stored.
import { Context, Effect, Layer, Schema } from 'effect'
import { SqlClient } from 'effect/sql'
import { partReason } from '../../domain/backfill.ts'
import type { Fact } from '../../domain/fact.ts'
import { hasHistoryOnRequest } from '../../domain/jid.ts'
import { ONLY_ON_PHONE } from '../../domain/message.ts'
import { Conversations } from '../conversations/apply.ts'
import type { MessageWrite } from '../conversations/writes.ts'
import type { DatabaseError } from '../database/error.ts'
import { CommitsLater } from '../database/transaction.ts'
import { BackfillJobs } from '../history/backfill/jobs.ts'
import { PhoneActivity } from '../history/backfill/phone-activity.ts'
import { BackfillRequests } from '../history/backfill/requests.ts'
import { ChunkQueue } from '../history/chunks/queue.ts'
import { Coverage } from '../history/coverage/coverage.ts'
import type { LiveMessage } from '../history/coverage/live-notes.ts'
import { PeerMessageQueue } from '../history/peer-messages/queue.ts'
import { PlaceholderQueue } from '../history/placeholders/queue.ts'
import { Incidents } from '../incidents/incidents.ts'
import { reportStorageTrouble } from '../incidents/storage-trouble.ts'
import { type Entry, Journal, JOURNAL, type JournalError, type UnreadableEntry } from '../journal/journal.ts'
import { LiveTraffic } from '../journal/traffic.ts'
import type { Wakes } from '../process/wakes.ts'
import { makeWorker, type Worker } from '../process/worker.ts'
import { count } from '../telemetry/metrics.ts'
import { AppState } from '../whatsapp/app-state/app-state.ts'
import type { ChunkRetryAnswer } from '../whatsapp/convert/chunk-retry.ts'
import { convertArrival, senderOf } from '../whatsapp/convert/arrival.ts'
import {
  type ChunkNotice,
  type ConvertedEntry,
  FaultyStanza,
  Journaled
} from '../whatsapp/convert/journaled.ts'

const BATCH = 200
/** A transaction for each of many messages would take longer than this. */
const GATHER = '20 millis'

export class Ingest extends Context.Service<
  Ingest,
  {
    /** Stores facts that arrived live, with what follows from them, in one transaction with `settle`. */
    readonly apply: <E>(
      accountId: string,
      facts: ReadonlyArray<Fact>,
      settle: Effect.Effect<void, E>
    ) => Effect.Effect<void, DatabaseError | E>
    /** Consumes the journal. */
    readonly journal: Worker<JournalError, never>
  }
>()('backscroll/services/intake/Ingest') {
  static readonly layer: Layer.Layer<Ingest, never, Dependencies | LiveTraffic | Wakes> = Layer.effect(
    Ingest,
    Effect.gen(function* () {
      const incidents = yield* Incidents
      const traffic = yield* LiveTraffic
      const apply = yield* makeApply
      const worker = yield* makeWorker({
        topic: JOURNAL,
        runOnce: yield* makePass(apply),
        gather: GATHER,
        words: {
          failing: 'Received messages cannot be stored; they wait in the journal',
          again: 'Received messages are stored again'
        },
        onTrouble: reportStorageTrouble(incidents)
      })
      return Ingest.of({
        apply,
        journal: {
          ...worker,
          loop: accountId =>
            Effect.scoped(Effect.andThen(traffic.consuming(accountId), worker.loop(accountId)))
        }
      })
    })
  )
}

type Dependencies =
  | AppState
  | BackfillJobs
  | BackfillRequests
  | ChunkQueue
  | Conversations
  | Coverage
  | Incidents
  | Journal
  | PeerMessageQueue
  | PhoneActivity
  | PlaceholderQueue
  | SqlClient.SqlClient

/** Nothing of what a message says, and nobody's address: ids are enough to find it. */
const logArrivals = (accountId: string, messages: ReadonlyArray<MessageWrite>): Effect.Effect<void> =>
  Effect.forEach(
    messages,
    ({ direction, messageId, type }) =>
      Effect.logInfo(
        direction === 'inbound' ? 'Message received' : 'Message of another device of the account'
      ).pipe(Effect.annotateLogs({ accountId, messageId, kind: type })),
    { discard: true }
  )

/** Stores live facts, notes where live messages begin, and queues messages without content to be asked for. */
const makeApply = Effect.gen(function* () {
  const conversations = yield* Conversations
  const coverage = yield* Coverage
  const placeholders = yield* PlaceholderQueue
  const sql = yield* SqlClient.SqlClient

  const noteArrivals = Effect.fnUntraced(function* (
    accountId: string,
    messages: ReadonlyArray<MessageWrite>
  ) {
    yield* count.received(messages.length)
    yield* sql.afterCommit(logArrivals(accountId, messages))
    yield* coverage.noteLive(accountId, messages.filter(isOnPhone).map(liveMessage))
    yield* placeholders.add(accountId, messages.filter(lacksContent))
  })

  return <E>(accountId: string, facts: ReadonlyArray<Fact>, settle: Effect.Effect<void, E>) =>
    conversations
      .apply<DatabaseError | E>(accountId, facts, {
        settle,
        onLive: messages => noteArrivals(accountId, messages)
      })
      .pipe(Effect.onError(() => coverage.forgetNoted(accountId)))
})

/** The decoded content of a batch of entries. */
interface DecodedEntries {
  readonly facts: ReadonlyArray<Fact>
  readonly notices: ReadonlyArray<ChunkNotice>
  /** Ids of our requests that the phone has refused. */
  readonly refusals: ReadonlyArray<string>
  readonly chunkRetries: ReadonlyArray<ChunkRetryAnswer>
  readonly unreadable: ReadonlyArray<UnreadableEntry>
  /** How many of them cannot be decoded; the others are only to be kept. */
  readonly undecodable: number
  readonly keys: ConvertedEntry['keys']
  readonly recoveries: ConvertedEntry['recoveries']
  readonly undecryptedPeers: ConvertedEntry['undecryptedPeers']
  readonly decryptedPeers: ConvertedEntry['decryptedPeers']
}

const readEntries = Effect.fnUntraced(function* (entries: ReadonlyArray<Entry>) {
  const read = {
    facts: new Array<Fact>(),
    notices: new Array<ChunkNotice>(),
    refusals: new Array<string>(),
    chunkRetries: new Array<ChunkRetryAnswer>(),
    unreadable: new Array<UnreadableEntry>(),
    keys: new Array<ConvertedEntry['keys'][number]>(),
    recoveries: new Array<ConvertedEntry['recoveries'][number]>(),
    undecryptedPeers: new Array<ConvertedEntry['undecryptedPeers'][number]>(),
    decryptedPeers: new Array<string>(),
    undecodable: 0
  }
  for (const entry of entries) {
    const decoded = yield* readEntry(entry)
    if ('isFaulty' in decoded) {
      const { isFaulty, sender } = decoded
      if (!isFaulty) read.undecodable += 1
      read.unreadable.push({ entryId: entry.entryId, sender })
      continue
    }
    read.facts.push(...decoded.facts)
    read.notices.push(...decoded.chunks)
    read.refusals.push(...decoded.refusals)
    read.chunkRetries.push(...decoded.chunkRetries)
    read.keys.push(...decoded.keys)
    read.recoveries.push(...decoded.recoveries)
    read.undecryptedPeers.push(...decoded.undecryptedPeers)
    read.decryptedPeers.push(...decoded.decryptedPeers)
  }
  return read satisfies DecodedEntries
})

/** An entry that is only to be kept: it could not be handled when it came (`isFaulty`), or cannot be decoded. */
interface Kept {
  readonly isFaulty: boolean
  readonly sender: string
}

/** What an entry means. */
const readEntry = ({ content, receivedAt }: Entry): Effect.Effect<ConvertedEntry | Kept> =>
  decodeEntry(content).pipe(
    Effect.flatMap(entry =>
      Effect.gen(function* () {
        const kept = (isFaulty: boolean): ConvertedEntry | Kept => ({ isFaulty, sender: senderOf(entry) })
        if (entry.kind === 'faulty') return kept(true)
        return yield* Effect.try({
          try: () => convertArrival(entry, receivedAt),
          catch: cause => new EntryUnreadable({ cause })
        }).pipe(Effect.orElseSucceed(() => kept(false)))
      })
    ),
    Effect.orElseSucceed(() => ({ isFaulty: false, sender: '' }))
  )

/** One pass of the worker: ingests the oldest entries that wait. */
const makePass = (apply: Ingest['Service']['apply']) =>
  Effect.gen(function* () {
    const journal = yield* Journal
    const chunks = yield* ChunkQueue
    const activity = yield* PhoneActivity
    const jobs = yield* BackfillJobs
    const requests = yield* BackfillRequests
    const coverage = yield* Coverage
    const incidents = yield* Incidents
    const traffic = yield* LiveTraffic
    const appState = yield* AppState
    const peerMessages = yield* PeerMessageQueue
    const sql = yield* SqlClient.SqlClient
    const conversations = yield* Conversations

    const refuse = Effect.fnUntraced(function* (accountId: string, requestIds: ReadonlyArray<string>) {
      for (const requestId of requestIds) {
        const request = yield* requests.requestOf(accountId, requestId, [])
        if (request !== undefined) yield* requests.refused(accountId, request, partReason('declined'))
      }
    })

    /** Joins the transaction that stores the facts of the entries. */
    const settle = Effect.fnUntraced(function* (
      accountId: string,
      entries: ReadonlyArray<Entry>,
      read: DecodedEntries
    ) {
      yield* chunks.enqueue(accountId, read.notices)
      yield* refuse(accountId, read.refusals)
      yield* chunks.retryAnswered(accountId, read.chunkRetries)
      yield* appState.storeKeys(accountId, read.keys)
      for (const { answer, self } of read.recoveries) yield* appState.recover(accountId, self, answer)
      yield* peerMessages.add(accountId, read.undecryptedPeers)
      yield* peerMessages.arrived(accountId, read.decryptedPeers)
      yield* journal.settle(entries.map(entry => entry.entryId))
      const removed = yield* journal.setAside(accountId, read.unreadable)
      if (removed > 0) yield* sql.afterCommit(incidents.report(overLimit(accountId, removed)))
    })

    return Effect.fn('Ingest.runOnce')(function* (accountId: string) {
      const entries = yield* journal.waiting(accountId, BATCH)
      if (entries.length === 0) {
        traffic.ingested(accountId)
        if (!(yield* conversations.hasAddOnsToOpen(accountId))) return 'idle' as const
        yield* apply(accountId, [], Effect.void)
        return 'more' as const
      }
      const read = yield* readEntries(entries)
      if (read.undecodable > 0) yield* incidents.report(unreadable(accountId, read.undecodable))
      yield* apply(accountId, read.facts, settle(accountId, entries, read)).pipe(
        // Nobody is kept waiting by receipts.
        Effect.provideService(
          CommitsLater,
          () => read.facts.length > 0 && read.facts.every(({ kind }) => kind === 'receipt')
        )
      )
      if (coverage.takeLiveStarted(accountId)) yield* jobs.wake(accountId)
      // Only the phone announces history. A message that the owner wrote on another device is a sign of the phone, too.
      if (read.notices.length + read.refusals.length + read.chunkRetries.length > 0 || read.facts.some(isOwn))
        yield* activity.note(accountId)
      return 'more' as const
    })
  })

const unreadable = (accountId: string, times: number) =>
  ({
    accountId,
    times,
    kind: 'journal.unreadableEntry',
    severity: 'error',
    subject: accountId,
    happened: 'Received messages were decrypted, but their content cannot be decoded',
    did: 'They were left out of the store; their journal entries are kept for a newer version of the server',
    advice: 'Report this with the server version: the message kind may be newer than this server'
  }) as const

const overLimit = (accountId: string, times: number) =>
  ({
    accountId,
    times,
    kind: 'journal.overLimit',
    severity: 'warning',
    subject: accountId,
    happened: 'More of what cannot be read came than is kept for a newer version of the server',
    did: 'Kept the newest 1,000 entries of each sender, 10,000 of the account; removed the older ones; the count says how many',
    advice: 'Report this with the server version, unless somebody sends nonsense on purpose'
  }) as const

const isOwn = (fact: Fact): boolean => fact.kind === 'message' && fact.live && fact.sender === 'me'

/** The content of a journal entry cannot be decoded by this server. */
class EntryUnreadable extends Schema.TaggedError<EntryUnreadable>()('EntryUnreadable', {
  cause: Schema.Defect()
}) {}

const decodeEntry = (content: Uint8Array) =>
  Schema.decodeEffect(Schema.fromJsonString(Schema.Union([Journaled, FaultyStanza])))(
    Buffer.from(content).toString()
  )

/** Whether the phone can be asked for what lies before the message. */
const isOnPhone = ({ status, threadId, type }: MessageWrite): boolean =>
  hasHistoryOnRequest(threadId) &&
  type !== 'system' &&
  type !== 'call' &&
  status !== 'queued' &&
  status !== 'cancelled' &&
  status !== 'failed'

const lacksContent = ({ statusReason, type }: MessageWrite): boolean =>
  type === 'undecryptable' && statusReason !== ONLY_ON_PHONE

const liveMessage = ({ direction, threadId, tsClient, whatsAppId }: MessageWrite): LiveMessage => ({
  threadId,
  whatsAppId,
  fromMe: direction === 'outbound',
  at: tsClient
})
