// Turns facts into writes to the database, in batches: what only adds rows is collected, and flushed before a fact whose
// effect depends on what came before it.
import { Effect } from 'effect'
import type { Address, Fact, Party } from '../../domain/fact.ts'
import { withoutOld } from '../../domain/kept-facts.ts'
import { boundedName } from '../../domain/lengths.ts'
import type { DatabaseError } from '../database/error.ts'
import {
  addChange,
  addChat,
  addChatSettings,
  addContact,
  addLabelAssociation,
  addMessage,
  addReceiptHistory,
  addReceipts,
  addSealed,
  type Batch,
  type Dependencies,
  flush,
  markRead,
  noWrites,
  putGroupAdmins,
  putPastParticipants,
  type WriteOptions
} from './fact-batch.ts'

/** Encrypted add-ons that one transaction tries to open: thousands may wait for a message, and everybody would wait for them. */
const MOST_TRIED = 50

interface Written {
  /** Others who changed messages. */
  readonly changers: ReadonlySet<string>
  /** Further encrypted add-ons may be opened by another transaction. */
  readonly mayOpenMore: boolean
}

export const makeFactWriter = (dependencies: Dependencies) => {
  const { identity, openAddOns, resolver, stores } = dependencies

  const writeGiven = Effect.fnUntraced(function* <E = never>(
    accountId: string,
    facts: ReadonlyArray<Fact>,
    now: number,
    changers: Set<string>,
    options: WriteOptions<E> = {}
  ) {
    const remembered = resolver.remembered(accountId)
    let batch: Batch = { ...dependencies, accountId, now, remembered, changers, pending: noWrites() }
    const flushPending = Effect.suspend((): Effect.Effect<void, DatabaseError | E> => {
      const { pending } = batch
      batch = { ...batch, pending: noWrites() }
      return flush(batch, pending, options)
    })

    /** A group whose thread has to be stored before its admins and past participants. */
    const storedGroup = Effect.fnUntraced(function* (chat: Address) {
      const thread = yield* resolver.thread(accountId, chat)
      batch.pending.threads.push(thread)
      yield* flushPending
      return thread.threadId
    })

    for (const fact of facts) {
      for (const address of inBothForms(fact)) {
        if (identity.known(accountId, address) !== undefined) continue
        // Two threads may become one here: facts that came before are stored with what was known then.
        yield* flushPending
        yield* identity.resolve(accountId, address)
      }
      switch (fact.kind) {
        case 'samePerson':
          if (identity.isLinked(accountId, fact)) break
          // What came before was resolved without this knowledge and may be merged by it.
          yield* flushPending
          yield* identity.link(accountId, fact)
          break
        case 'sameNumber':
          yield* flushPending
          yield* identity.joinNumbers(accountId, fact)
          break
        case 'numberChanged':
          yield* flushPending
          yield* identity.changeNumber(accountId, fact)
          break
        case 'readByMe':
          yield* flushPending
          yield* markRead(batch, fact)
          break
        case 'groupAdmins':
          yield* putGroupAdmins(batch, yield* storedGroup(fact.chat), fact)
          break
        case 'pastParticipants':
          yield* putPastParticipants(batch, yield* storedGroup(fact.chat), fact)
          break
        case 'contact':
          yield* addContact(batch, fact)
          break
        case 'chat':
          yield* addChat(batch, fact)
          break
        case 'chatSettings':
          yield* addChatSettings(batch, fact)
          break
        case 'label':
          batch.pending.labels.push({ ...fact, name: boundedName(fact.name) })
          break
        case 'labelAssociation':
          yield* addLabelAssociation(batch, fact)
          break
        case 'unarchiveChats':
          yield* flushPending
          yield* stores.threads.setUnarchive(accountId, fact.unarchive)
          break
        case 'message': {
          // An effect a message would make storing a long history several times slower.
          const unresolved = addMessage(batch, fact)
          if (unresolved !== undefined) yield* unresolved
          break
        }
        case 'change':
          yield* addChange(batch, fact)
          break
        case 'receipt':
          yield* addReceipts(batch, fact)
          break
        case 'sealed':
          yield* addSealed(batch, fact)
          break
        case 'receiptHistory': {
          const unresolved = addReceiptHistory(batch, fact)
          if (unresolved !== undefined) yield* unresolved
          break
        }
        case 'leftOut':
          break
      }
    }
    yield* flushPending
  })

  /** Writes the facts in their order, and what they open, within the caller's transaction. */
  const write = Effect.fnUntraced(function* <E = never>(
    accountId: string,
    facts: ReadonlyArray<Fact>,
    now: number,
    options?: WriteOptions<E>
  ) {
    const changers = new Set<string>()
    const floor = yield* stores.old.floor
    const admitted = yield* stores.erased.admit(accountId, withoutOld(facts, floor))
    yield* writeGiven(accountId, admitted, now, changers, options)
    // What an add-on says may open others: the next edit, a reaction to a comment.
    let left = MOST_TRIED
    while (left > 0) {
      const { facts: opened, tried } = yield* openAddOns(accountId, left)
      left -= tried
      if (opened.length === 0) break
      const admittedOpened = yield* stores.erased.admit(accountId, opened)
      yield* writeGiven(accountId, admittedOpened, now, changers, { ...options, asOf: undefined })
    }
    const written: Written = { changers, mayOpenMore: left <= 0 }
    return written
  })

  return { write }
}

const isInBothForms = (party: Party | undefined): party is Address =>
  party !== undefined && party !== 'me' && party.alt !== undefined

const NONE: ReadonlyArray<never> = []

/** The addresses in a fact that come as phone number and LID, which shows that both belong to one person. */
const inBothForms = (fact: Fact): ReadonlyArray<Address> => {
  // Almost every fact of a history.
  if (fact.kind === 'message' && !isInBothForms(fact.chat) && !isInBothForms(fact.sender)) return NONE
  const parties: ReadonlyArray<Party | undefined> = [
    'chat' in fact ? fact.chat : undefined,
    'sender' in fact ? fact.sender : undefined,
    'by' in fact ? fact.by : undefined,
    'person' in fact ? fact.person : undefined,
    'recipient' in fact ? fact.recipient : undefined,
    'target' in fact ? fact.target.sender : undefined
  ]
  return parties.filter(isInBothForms)
}
