// From facts to documents: resolves who is meant, then stores. Every road ends here (live, history, on-demand pages, own
// sends), so that a message becomes the same document by whichever it comes.
import { Clock, Context, Effect, Layer } from 'effect'
import { SqlClient } from 'effect/sql'
import type { Address, Fact } from '../../domain/fact.ts'
import type { DatabaseError } from '../database/error.ts'
import { Transaction } from '../database/transaction.ts'
import { topic, Wakes } from '../process/wakes.ts'
import { IncidentReports } from '../incidents/incidents.ts'
import { JOURNAL } from '../journal/journal.ts'
import { makeAddOnOpening } from './add-on-opening.ts'
import { AddOnReader } from './add-on-reader.ts'
import { factStores, type WriteOptions } from './fact-batch.ts'
import { makeFactWriter } from './fact-writer.ts'
import type { ContactStore } from './contact-store.ts'
import type { ErasedPeople } from './erased-people.ts'
import type { GroupStore } from './group-store.ts'
import type { LabelStore } from './label-store.ts'
import { Identity } from './identity.ts'
import type { MessageStore } from './message-store.ts'
import type { OldMessages } from './old-messages.ts'
import type { ReceiptStore } from './receipt-store.ts'
import { makeResolver } from './resolver.ts'
import type { SealedAddOnStore } from './sealed-add-on-store.ts'
import type { ThreadStore } from './thread-store.ts'
import { makeUnknownKinds } from './unknown-kinds.ts'
import { makeWaitingBounds } from './waiting-bounds.ts'

/** Something was stored for an account. */
export const STORED = topic('stored')

/** So many facts are written in a moment. */
const MOST_IN_SHORT = 8

/** What a caller adds to the transaction that stores its facts. */
export interface Joined<E> extends WriteOptions<E> {
  /** Runs last. */
  readonly settle?: Effect.Effect<void, E>
}

export class Conversations extends Context.Service<
  Conversations,
  {
    /** Stores the facts, in their order, in one transaction with what the caller adds; in the caller's when there is one. */
    readonly apply: <E = never>(
      accountId: string,
      facts: ReadonlyArray<Fact>,
      joined?: Joined<E>
    ) => Effect.Effect<void, DatabaseError | E>
    /** Whether encrypted add-ons wait to be opened by the next transaction: it opens only so many. */
    readonly hasAddOnsToOpen: (accountId: string) => Effect.Effect<boolean, DatabaseError>
    /** Whether a chat is with somebody who was erased: nothing is noted of it. */
    readonly isErased: (accountId: string, chat: Address) => Effect.Effect<boolean, DatabaseError>
    /** The thread that a chat's messages are stored in. */
    readonly threadOf: (accountId: string, chat: Address) => Effect.Effect<string, DatabaseError>
    /** Under which ids the messages among the facts would be stored; stores none of them. */
    readonly identify: (
      accountId: string,
      chat: Address,
      facts: ReadonlyArray<Fact>
    ) => Effect.Effect<
      { readonly threadId: string; readonly messageIds: ReadonlyArray<string> },
      DatabaseError
    >
  }
>()('backscroll/services/conversations/Conversations') {
  static readonly layer: Layer.Layer<
    Conversations,
    never,
    | AddOnReader
    | ContactStore
    | ErasedPeople
    | GroupStore
    | Identity
    | IncidentReports
    | LabelStore
    | MessageStore
    | OldMessages
    | ReceiptStore
    | SealedAddOnStore
    | SqlClient.SqlClient
    | ThreadStore
    | Transaction
    | Wakes
  > = Layer.effect(
    Conversations,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const identity = yield* Identity
      const transaction = yield* Transaction
      const wakes = yield* Wakes
      const resolver = makeResolver(identity)
      const stores = yield* factStores
      const openAddOns = makeAddOnOpening(stores, yield* AddOnReader)
      const writer = makeFactWriter({ identity, openAddOns, resolver, stores })
      const incidents = yield* IncidentReports
      const unknownKinds = makeUnknownKinds(incidents)
      const boundWaiting = makeWaitingBounds({ incidents, sql, stores })
      const threadOf = (accountId: string, chat: Address) =>
        Effect.map(resolver.thread(accountId, chat), ({ threadId }) => threadId)

      return Conversations.of({
        apply: (accountId, facts, joined = {}) =>
          Effect.gen(function* () {
            const now = yield* Clock.currentTimeMillis
            const { changers, mayOpenMore } = yield* writer.write(accountId, facts, now, joined)
            yield* boundWaiting(accountId, changers)
            if (mayOpenMore) yield* sql.afterCommit(wakes.wake(JOURNAL, accountId))
            if (joined.settle !== undefined) yield* joined.settle
            yield* sql.afterCommit(unknownKinds.noteIn(facts))
            yield* sql.afterCommit(wakes.wake(STORED, accountId))
          }).pipe(facts.length > MOST_IN_SHORT ? transaction.join : transaction.joinShort),
        hasAddOnsToOpen: stores.sealed.hasDue,
        isErased: stores.erased.isAbsent,
        threadOf,
        identify: Effect.fnUntraced(function* (accountId, chat, facts) {
          const messages = facts.filter(fact => fact.kind === 'message')
          return {
            threadId: yield* threadOf(accountId, chat),
            messageIds: yield* Effect.forEach(messages, fact => resolver.messageId(accountId, fact))
          }
        })
      })
    })
  )
}
