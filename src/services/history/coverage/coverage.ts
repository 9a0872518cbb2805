// What is held of each thread and what is known to be missing. Gaps are opened only by evidence: between history and
// the first live message, around an absence that WhatsApp's queue does not bridge, where a history chunk was lost.
import { Context, Effect, Layer } from 'effect'
import { SqlClient } from 'effect/sql'
import type { PartReason } from '../../../domain/backfill.ts'
import type { CoverageSummary, ThreadCoverage } from '../../../domain/coverage.ts'
import { asDatabaseError, type DatabaseError } from '../../database/error.ts'
import { MessageStore } from '../../conversations/message-store.ts'
import { ThreadStore } from '../../conversations/thread-store.ts'
import { EventLog } from '../../events/event-log.ts'
import { AccountMemory } from '../../process/account-memory.ts'
import type { RawMessage } from '../../whatsapp/convert/chunk.ts'
import { closeGap, findOpenGap, narrowGap, openGapsOfAccount, openGapsOfThread } from './gaps.ts'
import { noteReach, noteShared, noteStored, type StoredConversation } from './history-notes.ts'
import { type LiveMessage, noteLive } from './live-notes.ts'
import { cutGaps, noteKeptSince } from './kept-since.ts'
import { makeLiveThreads } from './live-threads.ts'
import { noteChunk, noteLost } from './lost-chunks.ts'
import { noteLinked, noteOutage } from './outages.ts'
import { type CoverageQuery, listCoverage, readCoverage, summarize } from './report.ts'
import { type OpenGap, type Reach, reachOf } from './rows.ts'
import { noteRefusal, readRow } from './thread-row.ts'
import { byEvents, CoverageTold } from './told.ts'
import { noteAnnouncementsRead, noteUnreadAnnouncements } from './unread-announcements.ts'

/** Every method fails with `DatabaseError` only. Times are milliseconds since 1970. */
export class Coverage extends Context.Service<
  Coverage,
  {
    /** Notes where live messages begin in each thread; joins the transaction that stores them. */
    readonly noteLive: (
      accountId: string,
      messages: ReadonlyArray<LiveMessage>
    ) => Effect.Effect<void, DatabaseError>
    /** Notes what a chunk brought of one thread; joins the transaction that stores it. */
    readonly noteStored: (
      accountId: string,
      chunkId: number,
      conversation: StoredConversation
    ) => Effect.Effect<void, DatabaseError>
    /** Notes what a member shared of a group's past; joins the transaction that stores it. */
    readonly noteShared: (
      accountId: string,
      conversation: StoredConversation
    ) => Effect.Effect<void, DatabaseError>
    /** A chunk was stored: gaps of a lost edition of it close, lost chunks next to it may show gaps, and new threads get those of unread announcements. */
    readonly noteChunk: (
      accountId: string,
      syncType: number,
      chunkOrder: number
    ) => Effect.Effect<void, DatabaseError>
    /** Opens gaps where lost chunks lie between what others brought. */
    readonly noteLost: (accountId: string) => Effect.Effect<void, DatabaseError>
    /** Opens a gap in every thread for what the phone sent during the first history and could not be decrypted. */
    readonly noteUnreadAnnouncements: (accountId: string) => Effect.Effect<void, DatabaseError>
    /** Such messages have arrived after all, by their WhatsApp ids. */
    readonly noteAnnouncementsRead: (
      accountId: string,
      whatsAppIds: ReadonlyArray<string>
    ) => Effect.Effect<void, DatabaseError>
    /** In every thread, what came after the messages held before that time may be missing. */
    readonly noteOutage: (accountId: string, heldBefore: number) => Effect.Effect<void, DatabaseError>
    /** The account was linked again: live messages begin again in every thread, with a gap before them. */
    readonly noteLinked: (accountId: string, linkedAt: number) => Effect.Effect<void, DatabaseError>
    /** How far back the phone has sent a thread; joins the transaction that stores what it sent. */
    readonly noteReach: (
      accountId: string,
      conversation: StoredConversation
    ) => Effect.Effect<void, DatabaseError>
    /** A request for older messages of the thread brought nothing, for this reason. */
    readonly noteRefusal: (
      accountId: string,
      threadId: string,
      reason: PartReason
    ) => Effect.Effect<void, DatabaseError>
    /** What was older than a time was removed from the thread by this server's own rule; joins the transaction that removes it. */
    readonly noteKeptSince: (
      accountId: string,
      threadId: string,
      at: number
    ) => Effect.Effect<void, DatabaseError>
    /** Ends gaps where messages are kept from. */
    readonly cutGaps: (at: number) => Effect.Effect<void, DatabaseError>
    /** Whether live messages have begun in a thread of the account since the last call. */
    readonly takeLiveStarted: (accountId: string) => boolean
    /** To be called when a transaction with `noteLive` did not commit: what it noted is noted again. */
    readonly forgetNoted: (accountId: string) => Effect.Effect<void>
    readonly reachOf: (threadId: string) => Effect.Effect<Reach, DatabaseError>
    /** An open gap; `undefined` when there is none with this id. */
    readonly gap: (gapId: number) => Effect.Effect<OpenGap | undefined, DatabaseError>
    /** The open gaps of an account that the phone may be asked about, those of the most recently active threads first. */
    readonly openGaps: (accountId: string) => Effect.Effect<ReadonlyArray<OpenGap>, DatabaseError>
    readonly gapsOf: (threadId: string) => Effect.Effect<ReadonlyArray<OpenGap>, DatabaseError>
    /** Moves the newer edge of a gap back to this message. */
    readonly narrowGap: (gapId: number, to: RawMessage) => Effect.Effect<void, DatabaseError>
    readonly closeGap: (gapId: number) => Effect.Effect<void, DatabaseError>
    /** How complete a thread is; `undefined` when there is no such thread. */
    readonly read: (threadId: string) => Effect.Effect<ThreadCoverage | undefined, DatabaseError>
    /** The same for the threads of an account, by their ids. */
    readonly list: (
      accountId: string,
      query: CoverageQuery
    ) => Effect.Effect<ReadonlyArray<ThreadCoverage>, DatabaseError>
    readonly summary: (accountId: string) => Effect.Effect<CoverageSummary, DatabaseError>
  }
>()('backscroll/services/history/Coverage') {
  static readonly layer: Layer.Layer<Coverage, never, Dependencies | AccountMemory | EventLog> = Layer.effect(
    Coverage,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const memory = yield* AccountMemory
      const live = memory.register('history.liveThreads', makeLiveThreads())
      const context = Context.pick(...NEEDED)(yield* Effect.context<Dependencies>()).pipe(
        Context.add(CoverageTold, byEvents(yield* EventLog))
      )
      const run = <A, E>(work: Effect.Effect<A, E, Dependencies>) =>
        asDatabaseError('coverage')(Effect.provideContext(work, context))
      const forgetNoted = (accountId: string) => Effect.sync(() => live.forgetThreads(accountId))

      return Coverage.of({
        noteLive: (accountId, messages) => run(noteLive(live, accountId, messages)),
        noteStored: (accountId, chunkId, conversation) => run(noteStored(accountId, chunkId, conversation)),
        noteShared: (accountId, conversation) => run(noteShared(accountId, conversation)),
        noteChunk: (accountId, syncType, chunkOrder) => run(noteChunk(accountId, syncType, chunkOrder)),
        noteLost: accountId => run(sql.withTransaction(noteLost(accountId))),
        noteUnreadAnnouncements: accountId => run(noteUnreadAnnouncements(accountId)),
        noteAnnouncementsRead: (accountId, whatsAppIds) => run(noteAnnouncementsRead(accountId, whatsAppIds)),
        noteOutage: (accountId, heldBefore) => run(sql.withTransaction(noteOutage(accountId, heldBefore))),
        noteLinked: (accountId, linkedAt) =>
          run(
            Effect.gen(function* () {
              yield* noteLinked(accountId, linkedAt)
              // What a message before it has noted in memory is over.
              yield* forgetNoted(accountId)
              yield* sql.afterCommit(forgetNoted(accountId))
            }).pipe(sql.withTransaction)
          ),
        noteReach: (accountId, conversation) => run(noteReach(accountId, conversation)),
        noteRefusal: (accountId, threadId, reason) => run(noteRefusal(accountId, threadId, reason)),
        noteKeptSince: (accountId, threadId, at) => run(noteKeptSince(accountId, threadId, at)),
        cutGaps: at => run(sql.withTransaction(cutGaps(at))),
        takeLiveStarted: live.takeStarted,
        forgetNoted,
        reachOf: threadId => run(Effect.map(readRow(threadId), reachOf)),
        gap: gapId => run(findOpenGap(gapId)),
        openGaps: accountId => run(openGapsOfAccount(accountId)),
        gapsOf: threadId => run(openGapsOfThread(threadId)),
        narrowGap: (gapId, to) => run(narrowGap(gapId, to)),
        closeGap: gapId => run(closeGap(gapId)),
        read: threadId => run(readCoverage(threadId)),
        list: (accountId, query) => run(listCoverage(accountId, query)),
        summary: accountId => run(summarize(accountId))
      })
    })
  )
}

/** What the functions of this service are given. */
const NEEDED = [SqlClient.SqlClient, MessageStore, ThreadStore] as const

type Dependencies = Context.Service.Identifier<(typeof NEEDED)[number]>
