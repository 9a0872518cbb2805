// The facts of one transaction on their way into the database: what only adds rows is collected, and stored together.
import { Effect } from 'effect'
import type { Address, Fact } from '../../domain/fact.ts'
import { messageIdOf, threadIdOf } from '../../domain/ids.ts'
import { boundedName } from '../../domain/lengths.ts'
import type { Identity } from './identity.ts'
import type { makeResolver } from './resolver.ts'
import { ContactStore } from './contact-store.ts'
import { ErasedPeople } from './erased-people.ts'
import { GroupStore } from './group-store.ts'
import { LabelStore } from './label-store.ts'
import { MessageStore } from './message-store.ts'
import { OldMessages } from './old-messages.ts'
import { ReceiptStore } from './receipt-store.ts'
import type { OpenAddOns } from './add-on-opening.ts'
import { SealedAddOnStore } from './sealed-add-on-store.ts'
import { ThreadStore } from './thread-store.ts'
import type {
  ChangeWrite,
  ChatSettingWrite,
  ContactWrite,
  LabelAssociationWrite,
  LabelWrite,
  MessageWrite,
  ReceiptHistoryWrite,
  ReceiptWrite,
  SealedWrite,
  ThreadWrite
} from './writes.ts'

/** The stores that facts are written to. */
export const factStores = Effect.gen(function* () {
  return {
    contacts: yield* ContactStore,
    erased: yield* ErasedPeople,
    groups: yield* GroupStore,
    labels: yield* LabelStore,
    messages: yield* MessageStore,
    old: yield* OldMessages,
    receipts: yield* ReceiptStore,
    sealed: yield* SealedAddOnStore,
    threads: yield* ThreadStore
  }
})

export interface Dependencies {
  /** Opens the encrypted add-ons that can be opened now, to the facts in them. */
  readonly openAddOns: OpenAddOns
  readonly identity: Identity['Service']
  readonly resolver: ReturnType<typeof makeResolver>
  readonly stores: Effect.Success<typeof factStores>
}

/** What the caller knows about the facts, and wants done with them. */
export interface WriteOptions<E> {
  /** Runs with live messages right after they were stored. */
  readonly onLive?: ((messages: ReadonlyArray<MessageWrite>) => Effect.Effect<void, E>) | undefined
  /** The source showed messages as they were at this time or later, milliseconds since 1970. */
  readonly asOf?: number | undefined
  /** So many contacts that nobody is told of each. */
  readonly areContactsMany?: boolean | undefined
}

/** The facts of one transaction on their way into the database. */
export interface Batch extends Dependencies {
  readonly accountId: string
  /** Milliseconds since 1970. */
  readonly now: number
  readonly remembered: ReturnType<Dependencies['resolver']['remembered']>
  readonly pending: Writes
  /** Others who changed messages, whether these are stored or not. */
  readonly changers: Set<string>
}

interface Writes {
  /** Threads that are written for their messages already. */
  readonly withMessages: Set<string>
  readonly threads: Array<ThreadWrite>
  readonly settings: Array<ChatSettingWrite>
  readonly contacts: Array<ContactWrite>
  readonly labels: Array<LabelWrite>
  readonly labelAssociations: Array<LabelAssociationWrite>
  readonly messages: Array<MessageWrite>
  readonly changes: Array<ChangeWrite>
  readonly sealed: Array<SealedWrite>
  readonly receipts: Array<ReceiptWrite>
  readonly receiptHistory: Array<ReceiptHistoryWrite>
}

export const noWrites = (): Writes => ({
  withMessages: new Set(),
  threads: [],
  settings: [],
  contacts: [],
  labels: [],
  labelAssociations: [],
  messages: [],
  changes: [],
  sealed: [],
  receipts: [],
  receiptHistory: []
})

export type FactOf<K extends Fact['kind']> = Extract<Fact, { kind: K }>

/** Stores what is collected. Threads come before their messages, messages before what changes them. */
export const flush = Effect.fnUntraced(function* <E>(
  { accountId, stores }: Pick<Batch, 'accountId' | 'stores'>,
  writes: Writes,
  { areContactsMany = false, asOf, onLive }: WriteOptions<E>
) {
  if (writes.threads.length > 0) yield* stores.threads.put(accountId, writes.threads)
  if (writes.settings.length > 0) yield* stores.threads.putSettings(accountId, writes.settings)
  if (writes.contacts.length > 0)
    yield* stores.contacts.put(accountId, writes.contacts, {
      areUntold: asOf !== undefined || areContactsMany
    })
  if (writes.messages.length > 0) yield* stores.messages.put(accountId, writes.messages, asOf)
  const live = onLive === undefined ? [] : writes.messages.filter(message => message.live)
  if (onLive !== undefined && live.length > 0) yield* onLive(live)
  if (writes.changes.length > 0) yield* stores.messages.change(accountId, writes.changes)
  if (writes.labels.length > 0) yield* stores.labels.put(accountId, writes.labels)
  if (writes.labelAssociations.length > 0) yield* stores.labels.associate(accountId, writes.labelAssociations)
  if (writes.sealed.length > 0) yield* stores.sealed.put(accountId, writes.sealed)
  if (writes.receipts.length > 0) yield* stores.receipts.put(accountId, writes.receipts)
  if (writes.receiptHistory.length > 0) yield* stores.receipts.putHistory(accountId, writes.receiptHistory)
})

/** Known people cost no effect: almost everybody in a history is known. */
const threadOf = ({ accountId, remembered, resolver }: Batch, chat: Address) => {
  const known = remembered.thread(chat)
  return known === undefined ? resolver.thread(accountId, chat) : Effect.succeed(known)
}

const personOf = ({ accountId, identity }: Batch, address: Address) => {
  const known = identity.known(accountId, address)
  return known === undefined ? identity.resolve(accountId, address) : Effect.succeed(known)
}

/** The message of a thread that was resolved; without an effect when everybody in it is known. */
const addToThread = (
  { accountId, now, pending, remembered, resolver }: Batch,
  thread: ThreadWrite,
  fact: FactOf<'message'>
) => {
  const { threadId } = thread
  if (!pending.withMessages.has(threadId)) pending.threads.push(thread)
  pending.withMessages.add(threadId)
  const known = remembered.message(threadId, fact, now)
  if (known !== undefined) return void pending.messages.push(known)
  return Effect.map(
    resolver.message(accountId, threadId, fact, now),
    message => void pending.messages.push(message)
  )
}

export const addMessage = (batch: Batch, fact: FactOf<'message'>) => {
  const thread = batch.remembered.thread(fact.chat)
  if (thread !== undefined) return addToThread(batch, thread, fact)
  return Effect.flatMap(
    batch.resolver.thread(batch.accountId, fact.chat),
    resolved => addToThread(batch, resolved, fact) ?? Effect.void
  )
}

export const addReceipts = Effect.fnUntraced(function* (batch: Batch, fact: FactOf<'receipt'>) {
  const { threadId } = yield* threadOf(batch, fact.chat)
  const recipient = yield* personOf(batch, fact.recipient)
  batch.changers.add(recipient)
  for (const whatsAppId of fact.whatsAppIds) {
    const messageId = messageIdOf('me', whatsAppId)
    batch.pending.receipts.push({ threadId, messageId, recipient, status: fact.status, at: fact.at })
  }
})

/** The thread and the recipients by what is remembered; `undefined` when somebody has to be resolved. */
const rememberedReceipts = (
  { accountId, identity, remembered }: Batch,
  fact: FactOf<'receiptHistory'>
): ReadonlyArray<ReceiptHistoryWrite> | undefined => {
  const thread = remembered.thread(fact.chat)
  if (thread === undefined) return undefined
  const messageId = messageIdOf('me', fact.whatsAppId)
  const writes: Array<ReceiptHistoryWrite> = []
  for (const { deliveredAt, playedAt, readAt, recipient } of fact.people) {
    const person = identity.known(accountId, recipient)
    if (person === undefined) return undefined
    writes.push({ threadId: thread.threadId, messageId, recipient: person, deliveredAt, readAt, playedAt })
  }
  return writes
}

const addReceiptsOfStrangers = Effect.fnUntraced(function* (batch: Batch, fact: FactOf<'receiptHistory'>) {
  const { threadId } = yield* threadOf(batch, fact.chat)
  const messageId = messageIdOf('me', fact.whatsAppId)
  for (const { recipient, ...times } of fact.people) {
    const person = yield* personOf(batch, recipient)
    batch.pending.receiptHistory.push({ threadId, messageId, recipient: person, ...times })
  }
})

/** Without an effect when everybody in it is known. */
export const addReceiptHistory = (batch: Batch, fact: FactOf<'receiptHistory'>) => {
  const known = rememberedReceipts(batch, fact)
  if (known === undefined) return addReceiptsOfStrangers(batch, fact)
  for (const write of known) batch.pending.receiptHistory.push(write)
  return undefined
}

export const addContact = Effect.fnUntraced(function* (batch: Batch, fact: FactOf<'contact'>) {
  const contactJid = yield* batch.identity.resolve(batch.accountId, fact.person)
  if (fact.name === undefined && fact.pushName === undefined) return
  batch.pending.contacts.push({
    contactJid,
    name: boundedName(fact.name),
    nameAt: fact.nameAt,
    pushName: boundedName(fact.pushName)
  })
})

export const addChat = Effect.fnUntraced(function* (batch: Batch, fact: FactOf<'chat'>) {
  const thread = yield* batch.resolver.thread(batch.accountId, fact.chat)
  batch.pending.threads.push({
    ...thread,
    displayName: boundedName(fact.name),
    unread: fact.unread,
    ephemeralSeconds: fact.ephemeralSeconds
  })
  for (const setting of fact.settings ?? [])
    batch.pending.settings.push({ ...setting, threadId: thread.threadId })
})

export const addChatSettings = Effect.fnUntraced(function* (batch: Batch, fact: FactOf<'chatSettings'>) {
  const { threadId } = yield* threadOf(batch, fact.chat)
  for (const setting of fact.settings) batch.pending.settings.push({ ...setting, threadId })
})

export const addLabelAssociation = Effect.fnUntraced(function* (
  batch: Batch,
  fact: FactOf<'labelAssociation'>
) {
  const { threadId } = yield* threadOf(batch, fact.chat)
  const { at, labeled, labelId, whatsAppId = '' } = fact
  batch.pending.labelAssociations.push({ threadId, whatsAppId, labelId, labeled, at })
})

export const addChange = (batch: Batch, fact: FactOf<'change'>) =>
  Effect.map(batch.resolver.change(batch.accountId, fact, batch.now), changes => {
    batch.pending.changes.push(...changes)
    for (const { by } of changes) if (by !== undefined) batch.changers.add(by)
  })

export const addSealed = (batch: Batch, fact: FactOf<'sealed'>) =>
  Effect.map(batch.resolver.sealed(batch.accountId, fact), write => {
    batch.pending.sealed.push(write)
    if (write.by !== null) batch.changers.add(write.by)
  })

export const markRead = Effect.fnUntraced(function* (
  { accountId, identity, stores }: Batch,
  fact: FactOf<'readByMe'>
) {
  const threadId = threadIdOf(accountId, yield* identity.resolve(accountId, fact.chat))
  yield* stores.threads.markRead(accountId, threadId, fact.upTo, fact.at)
})

export const putGroupAdmins = Effect.fnUntraced(function* (
  { accountId, identity, stores }: Batch,
  threadId: string,
  fact: FactOf<'groupAdmins'>
) {
  const people = yield* Effect.forEach(fact.people, person => identity.resolve(accountId, person))
  yield* stores.groups.putAdmins(accountId, { threadId, listed: fact.listed, people })
})

export const putPastParticipants = Effect.fnUntraced(function* (
  { accountId, identity, stores }: Batch,
  threadId: string,
  fact: FactOf<'pastParticipants'>
) {
  const people = yield* Effect.forEach(fact.people, ({ at, person, reason }) =>
    Effect.map(identity.resolve(accountId, person), jid => ({ jid, reason, leftAt: at }))
  )
  yield* stores.groups.putPastParticipants(accountId, threadId, people)
})
