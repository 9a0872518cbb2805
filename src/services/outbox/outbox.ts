// The outbox: what applications want sent, from the request until WhatsApp has it or it has failed. This file puts its
// parts together; each part is in a file of its own.
import { Clock, Context, Effect, Layer } from 'effect'
import { SqlClient } from 'effect/sql'
import { ownAddresses } from '../../domain/account.ts'
import type { OutboxEntry } from '../../domain/outbox.ts'
import type { Thread } from '../../domain/thread.ts'
import type { AccountNotFound } from '../accounts.ts'
import { Conversations } from '../conversations/apply.ts'
import { Identity } from '../conversations/identity.ts'
import { AccountStore } from '../conversations/account-store.ts'
import { ContactStore } from '../conversations/contact-store.ts'
import { GroupStore } from '../conversations/group-store.ts'
import { MessageStore } from '../conversations/message-store.ts'
import { ReceiptStore } from '../conversations/receipt-store.ts'
import { ThreadStore } from '../conversations/thread-store.ts'
import { SqlBulk } from '../database/bulk.ts'
import { Durability, WaitsForDisk } from '../database/durability.ts'
import { asDatabaseError, type DatabaseError } from '../database/error.ts'
import { EventLog } from '../events/event-log.ts'
import { EventTail } from '../events/tail.ts'
import { Incidents } from '../incidents/incidents.ts'
import { reportStorageTrouble } from '../incidents/storage-trouble.ts'
import { AccountMemory } from '../process/account-memory.ts'
import { Wakes } from '../process/wakes.ts'
import { provideLacking } from '../process/provide-lacking.ts'
import { makeWorker, type Worker } from '../process/worker.ts'
import { WhatsApp } from '../whatsapp/whatsapp.ts'
import type { Accepted, OutboxRequest } from './accept.ts'
import { Acceptances, makeAcceptances } from './acceptances.ts'
import { Attachments } from './attachments.ts'
import { Attempts, makeAttempts } from './attempts.ts'
import { type AwaitedStatus, awaitOutcome, type Outcome } from './awaited-outcome.ts'
import { dispatchNext } from './dispatch.ts'
import { releaseHeld, requeueInterrupted } from './due.ts'
import { type EntryQuery, listEntries, readEntry } from './entries.ts'
import { MessageFiles } from './message-files.ts'
import { makeOutcomes, Outcomes } from './outcome.ts'
import { markRead } from './mark-read.ts'
import type { AccountNotLinked, IdempotencyConflict, NotCancellable, RequestRefused } from './errors.ts'
import { LinkPreviews } from './preparation/link/link-previews.ts'
import { Preparation } from './preparation/preparation.ts'
import type { OutboxOptions } from './options.ts'
import { type Submission, submit } from './submit.ts'
import { OUTBOX } from './topics.ts'
import { makeUnansweredReports, UnansweredReports } from './unanswered.ts'
import { upkeep } from './upkeep.ts'
import { cancel } from './withdraw.ts'

export class Outbox extends Context.Service<
  Outbox,
  {
    /** Accepts what an application asks for. A repeated request gets its first answer. */
    readonly submit: (
      submission: Submission
    ) => Effect.Effect<
      Accepted,
      AccountNotFound | AccountNotLinked | IdempotencyConflict | RequestRefused | DatabaseError
    >
    /** Accepts content that was checked before. */
    readonly accept: (
      request: OutboxRequest
    ) => Effect.Effect<Accepted, AccountNotFound | IdempotencyConflict | DatabaseError>
    /** Marks a thread as read, here and for the writers of its newest unread messages. */
    readonly markRead: (
      thread: Pick<Thread, 'accountId' | 'clientJid' | 'threadId'>
    ) => Effect.Effect<void, DatabaseError>
    /** Takes an entry back that is not being sent yet. */
    readonly cancel: (
      accountId: string,
      entryId: string
    ) => Effect.Effect<OutboxEntry, NotCancellable | DatabaseError>
    readonly read: (
      accountId: string,
      entryId: string
    ) => Effect.Effect<OutboxEntry | undefined, DatabaseError>
    /**
     * Completes when it is known what became of what was accepted: it has ended, and for `delivered` the recipient has it.
     * `undefined` if it was removed meanwhile, with its account.
     */
    readonly awaitOutcome: (
      accountId: string,
      accepted: Pick<Accepted, 'entryId' | 'parts'>,
      awaited: AwaitedStatus
    ) => Effect.Effect<Outcome | undefined, DatabaseError>
    /** Newest first. */
    readonly list: (query: EntryQuery) => Effect.Effect<ReadonlyArray<OutboxEntry>, DatabaseError>
    /** WhatsApp lifted a restriction: what it held is due at once. */
    readonly release: (accountId: string) => Effect.Effect<void, DatabaseError>
    /** Sends what is due; to be run while the account is online. */
    readonly sending: Worker<DatabaseError, never>
  }
>()('backscroll/services/outbox/Outbox') {
  static layer(options: OutboxOptions): Layer.Layer<Outbox, DatabaseError, Needed> {
    return Layer.effect(Outbox, makeOutbox(options))
  }
}

const NEEDED = [
  AccountMemory,
  SqlClient.SqlClient,
  SqlBulk,
  Durability,
  AccountStore,
  ThreadStore,
  MessageStore,
  ReceiptStore,
  GroupStore,
  ContactStore,
  Identity,
  Conversations,
  WhatsApp,
  EventLog,
  EventTail,
  Incidents,
  Attachments,
  MessageFiles,
  Preparation,
  LinkPreviews,
  Wakes
] as const
type Needed = Context.Service.Identifier<(typeof NEEDED)[number]>

const release = Effect.fn('Outbox.release')(function* (accountId: string) {
  const wakes = yield* Wakes
  yield* releaseHeld(accountId, yield* Clock.currentTimeMillis)
  yield* wakes.wake(OUTBOX, accountId)
}, asDatabaseError('releasing what a restriction held'))

const acceptChecked = Effect.fnUntraced(function* (request: OutboxRequest) {
  const accounts = yield* AccountStore
  const acceptances = yield* Acceptances
  return yield* acceptances.accept(request, ownAddresses(yield* accounts.read(request.accountId)))
})

const makeOutbox = Effect.fnUntraced(function* (options: OutboxOptions) {
  const { paceMs } = options
  const needed = Context.pick(...NEEDED)(yield* Effect.context<Needed>())
  const acceptances = yield* Effect.provideContext(makeAcceptances, needed)
  const outcomes = yield* Effect.provideContext(makeOutcomes, needed)
  const services = needed.pipe(
    Context.add(Attempts, makeAttempts(yield* AccountMemory)),
    Context.add(UnansweredReports, makeUnansweredReports(yield* AccountMemory)),
    Context.add(Acceptances, acceptances),
    Context.add(Outcomes, outcomes)
  )
  const provide = provideLacking(services, [...NEEDED, Attempts, UnansweredReports, Acceptances, Outcomes])
  const incidents = yield* Incidents

  yield* requeueInterrupted.pipe(asDatabaseError('queueing what a crash interrupted'))
  yield* Effect.forkScoped(provide(upkeep))

  const sending = yield* makeWorker({
    topic: OUTBOX,
    // What is sent waits for the disk by itself; the rest can be done again.
    runOnce: accountId =>
      provide(Effect.provideService(dispatchNext(accountId, paceMs), WaitsForDisk, false)),
    words: {
      failing: 'Queued messages cannot be sent from the outbox; they wait',
      again: 'Messages are sent from the outbox again'
    },
    onTrouble: reportStorageTrouble(incidents)
  })

  return Outbox.of({
    submit: submission => provide(submit(submission, options)),
    accept: request => provide(acceptChecked(request)),
    markRead: thread => provide(markRead(thread)),
    cancel: (accountId, entryId) => provide(cancel(accountId, entryId)),
    read: (accountId, entryId) => provide(readEntry(accountId, entryId)),
    awaitOutcome: (accountId, accepted, awaited) => provide(awaitOutcome(accountId, accepted, awaited)),
    list: query => provide(listEntries(query)),
    release: accountId => provide(release(accountId)),
    sending
  })
})
