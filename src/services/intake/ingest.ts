// From facts to documents: resolves who is meant, then stores. The journal's worker and the history service both
// end here, so that a message becomes the same document by whichever road it comes.
import { Clock, Context, Effect, Layer, Schema } from 'effect'
import type { Address, Fact, Party } from '../../domain/fact.ts'
import { messageIdOf, threadIdOf } from '../../domain/ids.ts'
import { ONLY_ON_PHONE } from '../../domain/message.ts'
import { BackfillJobs } from '../history/backfill/jobs.ts'
import { ChunkQueue } from '../history/chunks/queue.ts'
import { Coverage, type LiveMessage } from '../history/coverage/coverage.ts'
import { PlaceholderQueue } from '../history/placeholders/queue.ts'
import { Incidents } from '../incidents/incidents.ts'
import { count } from '../telemetry/metrics.ts'
import { storageTrouble } from '../incidents/storage-trouble.ts'
import {
  type ChangeWrite,
  type ContactWrite,
  type MessageWrite,
  type ReceiptHistoryWrite,
  type ReceiptWrite,
  Store,
  type StoreError,
  type ThreadWrite
} from '../conversations/store.ts'
import type { SealBroken } from '../vault/seal.ts'
import { type ChunkNotice, Journaled, understand } from '../whatsapp/convert/journaled.ts'
import { makeWorker, type Worker } from '../process/worker.ts'
import { Identity } from '../conversations/identity.ts'
import { Inbox, type InboxError } from '../journal/journal.ts'
import { makeResolver } from '../conversations/resolver.ts'
import { makeTraffic } from '../journal/live-traffic.ts'

const BATCH = 200

export class Ingest extends Context.Service<
  Ingest,
  {
    /** Stores the facts, in their order, in one transaction with whatever the caller adds in `settle`. */
    readonly apply: <E>(
      accountId: string,
      facts: ReadonlyArray<Fact>,
      settle: Effect.Effect<void, E>
    ) => Effect.Effect<void, StoreError | E>
    /** The thread that a chat's messages are stored in. */
    readonly threadOf: (accountId: string, chat: Address) => Effect.Effect<string, StoreError>
    /** Under which ids the messages among the facts would be stored; stores none of them. */
    readonly identify: (
      accountId: string,
      chat: Address,
      facts: ReadonlyArray<Fact>
    ) => Effect.Effect<{ readonly threadId: string; readonly messageIds: ReadonlyArray<string> }, StoreError>
    /** Has `listener` called whenever something was stored for an account; for the one service that fetches its media. */
    readonly onApplied: (listener: (accountId: string) => Effect.Effect<void>) => Effect.Effect<void>
    /** Drops what is remembered of an account that was removed. */
    readonly forget: (accountId: string) => Effect.Effect<void>
    /** What arrives live and is not stored yet: also what is still on its way into the journal has to be told here. */
    readonly traffic: ReturnType<typeof makeTraffic>
    /** Consumes the journal. */
    readonly journal: Worker<StoreError | InboxError | SealBroken, never>
  }
>()('backscroll/services/intake/Ingest') {
  static readonly layer: Layer.Layer<
    Ingest,
    never,
    BackfillJobs | ChunkQueue | Coverage | Identity | Inbox | Incidents | PlaceholderQueue | Store
  > = Layer.effect(
    Ingest,
    Effect.gen(function* () {
      const inbox = yield* Inbox
      const identity = yield* Identity
      const store = yield* Store
      const chunks = yield* ChunkQueue
      const coverage = yield* Coverage
      const jobs = yield* BackfillJobs
      const placeholders = yield* PlaceholderQueue
      const incidents = yield* Incidents
      const resolver = makeResolver(identity)
      const traffic = makeTraffic()
      const journaled = new Map<string, () => void>()
      const running = new Set<string>()
      let applied: (accountId: string) => Effect.Effect<void> = () => Effect.void

      /** What follows from news beside its being stored: where live messages begin, and what is to be asked for again. */
      const noteNews = Effect.fnUntraced(function* (accountId: string, news: ReadonlyArray<MessageWrite>) {
        yield* count.received(news.length)
        yield* coverage.noteLive(accountId, news.filter(isOnPhone).map(liveMessage))
        yield* placeholders.add(
          accountId,
          news.filter(({ statusReason, type }) => type === 'undecryptable' && statusReason !== ONLY_ON_PHONE)
        )
      })

      const storeFacts = Effect.fnUntraced(function* (accountId: string, facts: ReadonlyArray<Fact>) {
        const now = yield* Clock.currentTimeMillis
        const remembered = resolver.remembered(accountId)
        let pending = emptyWrites()
        const flush = Effect.suspend(() => {
          const writes = pending
          pending = emptyWrites()
          return Effect.gen(function* () {
            if (writes.threads.length > 0) yield* store.putThreads(accountId, writes.threads)
            if (writes.contacts.length > 0) yield* store.putContacts(accountId, writes.contacts)
            if (writes.messages.length > 0) yield* store.putMessages(accountId, writes.messages)
            const news = writes.messages.filter(({ live }) => live)
            if (news.length > 0) yield* noteNews(accountId, news)
            if (writes.changes.length > 0) yield* store.putChanges(accountId, writes.changes)
            if (writes.receipts.length > 0) yield* store.putReceipts(accountId, writes.receipts)
            if (writes.receiptHistory.length > 0)
              yield* store.putReceiptHistory(accountId, writes.receiptHistory)
          })
        })
        for (const fact of facts) {
          for (const address of namesBoth(fact)) {
            if (identity.known(accountId, address) !== undefined) continue
            // It may tell that two threads are one: what came before is stored under what was known then.
            yield* flush
            yield* identity.resolve(accountId, address)
          }
          switch (fact.kind) {
            case 'samePerson':
              // What came before was resolved without this knowledge and may be merged by it.
              yield* flush
              yield* identity.link(accountId, fact.phoneJid, fact.lidJid)
              break
            case 'readByMe':
              yield* flush
              yield* store.markRead(
                accountId,
                threadIdOf(accountId, yield* identity.resolve(accountId, fact.chat)),
                fact.upTo
              )
              break
            case 'groupAdmins': {
              const thread = yield* resolver.thread(accountId, fact.chat)
              pending.threads.push(thread)
              yield* flush
              yield* store.putGroupAdmins(accountId, {
                threadId: thread.threadId,
                told: fact.told,
                people: yield* Effect.forEach(fact.people, person => identity.resolve(accountId, person))
              })
              break
            }
            case 'pastParticipants': {
              const thread = yield* resolver.thread(accountId, fact.chat)
              pending.threads.push(thread)
              yield* flush
              yield* store.putPastParticipants(
                accountId,
                thread.threadId,
                yield* Effect.forEach(fact.people, ({ at, person, reason }) =>
                  Effect.map(identity.resolve(accountId, person), jid => ({ jid, reason, leftAt: at }))
                )
              )
              break
            }
            case 'contact':
              pending.contacts.push({
                contactJid: yield* identity.resolve(accountId, fact.person),
                name: fact.name,
                pushName: fact.pushName
              })
              break
            case 'chat': {
              const thread = yield* resolver.thread(accountId, fact.chat)
              pending.threads.push({
                ...thread,
                displayName: fact.name,
                unread: fact.unread,
                archived: fact.archived,
                onlyIfKnown: fact.onlyIfKnown,
                pinnedAt: fact.pinnedAt,
                mutedUntil: fact.mutedUntil,
                ephemeralSeconds: fact.ephemeralSeconds
              })
              break
            }
            case 'message': {
              const thread = remembered.thread(fact.chat) ?? (yield* resolver.thread(accountId, fact.chat))
              const { threadId } = thread
              if (!pending.withMessages.has(threadId)) pending.threads.push(thread)
              pending.withMessages.add(threadId)
              pending.messages.push(
                remembered.message(threadId, fact, now) ??
                  (yield* resolver.message(accountId, threadId, fact, now))
              )
              break
            }
            case 'change':
              pending.changes.push(...(yield* resolver.change(accountId, fact)))
              break
            case 'receipt': {
              const { at, chat, status, whatsAppIds } = fact
              const { threadId } = remembered.thread(chat) ?? (yield* resolver.thread(accountId, chat))
              const recipient =
                identity.known(accountId, fact.recipient) ??
                (yield* identity.resolve(accountId, fact.recipient))
              for (const whatsAppId of whatsAppIds) {
                const messageId = messageIdOf('me', whatsAppId)
                pending.receipts.push({ threadId, messageId, recipient, status, at })
              }
              break
            }
            case 'receiptHistory': {
              const { chat, people, whatsAppId } = fact
              const { threadId } = remembered.thread(chat) ?? (yield* resolver.thread(accountId, chat))
              const messageId = messageIdOf('me', whatsAppId)
              for (const { recipient: who, ...times } of people) {
                const recipient = identity.known(accountId, who) ?? (yield* identity.resolve(accountId, who))
                pending.receiptHistory.push({ threadId, messageId, recipient, ...times })
              }
            }
          }
        }
        yield* flush
      })

      const apply = <E>(accountId: string, facts: ReadonlyArray<Fact>, settle: Effect.Effect<void, E>) =>
        store.atomically(Effect.andThen(storeFacts(accountId, facts), settle)).pipe(
          // The addresses written in a transaction that did not commit must not be remembered as known.
          Effect.onError(() => Effect.andThen(identity.forget(accountId), coverage.forget)),
          Effect.tap(() => applied(accountId))
        )

      const unreadable = (accountId: string, entryId: number) =>
        incidents.report({
          accountId,
          kind: 'journal.unreadableEntry',
          severity: 'error',
          subject: String(entryId),
          happened: 'A received message was decrypted but its content cannot be decoded',
          did: 'It was left out of the store; its journal entry is kept for a newer version of the server',
          advice: 'Report this with the server version: the message kind may be newer than this server'
        })

      /** Requests of ours that the phone answered without giving anything. */
      const refuse = Effect.fnUntraced(function* (accountId: string, requestIds: ReadonlyArray<string>) {
        for (const requestId of requestIds) {
          const request = yield* jobs.requestOf(accountId, requestId, [])
          if (request !== undefined)
            yield* jobs.refused(accountId, request, 'The phone declines to send more of this chat')
        }
      })

      const enterJournal = (accountId: string): void => {
        // Of an account that is being removed, a last message waits for nobody.
        if (running.has(accountId) && !journaled.has(accountId)) journaled.set(accountId, traffic.enter())
      }
      const leaveJournal = (accountId: string): void => {
        journaled.get(accountId)?.()
        journaled.delete(accountId)
      }

      const runOnce = Effect.fn('Ingest.runOnce')(function* (accountId: string) {
        const entries = yield* inbox.waiting(accountId, BATCH)
        if (entries.length === 0) {
          leaveJournal(accountId)
          return 'idle' as const
        }
        const facts: Array<Fact> = []
        const notices: Array<ChunkNotice> = []
        const refusals: Array<string> = []
        const unreadableIds: Array<number> = []
        for (const entry of entries) {
          const understood = yield* decodeEntry(entry.content).pipe(
            Effect.flatMap(journaled =>
              Effect.try({
                try: () => understand(journaled),
                catch: cause => new EntryUnreadable({ cause })
              })
            ),
            Effect.catch(() => Effect.as(unreadable(accountId, entry.entryId), undefined))
          )
          if (understood === undefined) {
            unreadableIds.push(entry.entryId)
            continue
          }
          facts.push(...understood.facts)
          notices.push(...understood.chunks)
          refusals.push(...understood.refusals)
        }
        yield* apply(
          accountId,
          facts,
          Effect.andThen(
            Effect.andThen(chunks.enqueue(accountId, notices), refuse(accountId, refusals)),
            Effect.andThen(inbox.settle(entries.map(entry => entry.entryId)), inbox.setAside(unreadableIds))
          )
        )
        if (notices.length > 0) yield* chunks.announce(accountId)
        if (coverage.takeBegun(accountId)) yield* jobs.wake(accountId)
        // Only the phone announces history; what the owner writes elsewhere is a sign of it, too.
        if (notices.length + refusals.length > 0 || facts.some(isOwn)) yield* jobs.heard(accountId)
        return 'more' as const
      })

      const threadOf = (accountId: string, chat: Address) =>
        Effect.map(resolver.thread(accountId, chat), ({ threadId }) => threadId)

      const identify: Ingest['Service']['identify'] = Effect.fnUntraced(function* (accountId, chat, facts) {
        const messages = facts.filter(fact => fact.kind === 'message')
        return {
          threadId: yield* threadOf(accountId, chat),
          messageIds: yield* Effect.forEach(messages, fact => resolver.messageId(accountId, fact))
        }
      })

      const journal = makeWorker({
        runOnce,
        words: {
          failing: 'Received messages cannot be stored; they wait in the journal',
          again: 'Received messages are stored again'
        },
        onTrouble: (accountId, failing, error) => incidents.report(storageTrouble(accountId, failing, error))
      })

      return Ingest.of({
        apply,
        threadOf,
        identify,
        onApplied: listener =>
          Effect.sync(() => {
            applied = listener
          }),
        traffic,
        forget: identity.forget,
        journal: {
          ...journal,
          wake: accountId =>
            Effect.suspend(() => {
              enterJournal(accountId)
              return journal.wake(accountId)
            }),
          loop: accountId =>
            Effect.suspend(() => {
              running.add(accountId)
              return Effect.ensuring(
                journal.loop(accountId),
                Effect.sync(() => {
                  running.delete(accountId)
                  leaveJournal(accountId)
                })
              )
            })
        }
      })
    })
  )
}

const isOwn = (fact: Fact): boolean => fact.kind === 'message' && fact.live && fact.sender === 'me'

/** The addresses in a fact that are given in both their forms, which tells that these are one person's. */
const namesBoth = (fact: Fact): ReadonlyArray<Address> => {
  const parties: ReadonlyArray<Party | undefined> = [
    'chat' in fact ? fact.chat : undefined,
    'sender' in fact ? fact.sender : undefined,
    'by' in fact ? fact.by : undefined,
    'person' in fact ? fact.person : undefined,
    'recipient' in fact ? fact.recipient : undefined,
    'target' in fact ? fact.target.sender : undefined
  ]
  return parties.filter(party => party !== undefined && party !== 'me').filter(({ alt }) => alt !== undefined)
}

/** What is in a journal entry is not what this server knows how to read. */
class EntryUnreadable extends Schema.TaggedError<EntryUnreadable>()('EntryUnreadable', {
  cause: Schema.Defect()
}) {}

const decodeEntry = (content: Uint8Array) =>
  Schema.decodeEffect(Schema.fromJsonString(Journaled))(Buffer.from(content).toString())

interface Writes {
  /** Threads that are written for their messages already. */
  readonly withMessages: Set<string>
  readonly threads: Array<ThreadWrite>
  readonly contacts: Array<ContactWrite>
  readonly messages: Array<MessageWrite>
  readonly changes: Array<ChangeWrite>
  readonly receipts: Array<ReceiptWrite>
  readonly receiptHistory: Array<ReceiptHistoryWrite>
}

const emptyWrites = (): Writes => ({
  withMessages: new Set(),
  threads: [],
  contacts: [],
  messages: [],
  changes: [],
  receipts: [],
  receiptHistory: []
})

/** Whether the phone has it and can be asked for what lies before it. */
const isOnPhone = ({ status, type }: MessageWrite): boolean =>
  type !== 'system' && type !== 'call' && status !== 'queued' && status !== 'cancelled' && status !== 'failed'

const liveMessage = ({ direction, threadId, tsClient, whatsAppId }: MessageWrite): LiveMessage => ({
  threadId,
  whatsAppId,
  fromMe: direction === 'outbound',
  at: tsClient
})
