// From facts to documents: resolves who is meant, then stores. The journal's worker and the history service both
// end here, so that a message becomes the same document by whichever road it comes.
import { Clock, Context, Effect, Layer, Schema } from 'effect'
import type { Address, ChangeFact, Fact, MessageFact, Party } from '../../domain/fact.ts'
import { messageIdOf, type SenderKey, threadIdOf } from '../../domain/ids.ts'
import { isGroupJid } from '../../domain/jid.ts'
import { clampTime, type Poll } from '../../domain/message.ts'
import { ChunkQueue } from '../history/chunk-queue.ts'
import { Incidents } from '../observe/incidents.ts'
import { storageTrouble } from '../observe/storage-trouble.ts'
import {
  type ChangeWrite,
  type ContactWrite,
  type MessageWrite,
  type ReceiptWrite,
  Store,
  type StoreError,
  type ThreadWrite
} from '../store/store.ts'
import type { SealBroken } from '../vault/seal.ts'
import { type ChunkNotice, Journaled, understand } from '../whatsapp/convert/journaled.ts'
import { makeWorker, type Worker } from '../worker.ts'
import { Identity } from './identity.ts'
import { Inbox, type InboxError } from './inbox.ts'

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
    /** Has `listener` called whenever something was stored for an account; for the one service that fetches its media. */
    readonly onApplied: (listener: (accountId: string) => Effect.Effect<void>) => Effect.Effect<void>
    /** Consumes the journal. */
    readonly journal: Worker<StoreError | InboxError | SealBroken, never>
  }
>()('backscroll/services/receive/Ingest') {
  static readonly layer: Layer.Layer<Ingest, never, Inbox | Identity | Store | ChunkQueue | Incidents> =
    Layer.effect(
      Ingest,
      Effect.gen(function* () {
        const inbox = yield* Inbox
        const identity = yield* Identity
        const store = yield* Store
        const chunks = yield* ChunkQueue
        const incidents = yield* Incidents
        const resolver = makeResolver(identity)
        let applied: (accountId: string) => Effect.Effect<void> = () => Effect.void

        const storeFacts = Effect.fnUntraced(function* (accountId: string, facts: ReadonlyArray<Fact>) {
          const now = yield* Clock.currentTimeMillis
          let pending = emptyWrites()
          const flush = Effect.suspend(() => {
            const writes = pending
            pending = emptyWrites()
            return Effect.gen(function* () {
              if (writes.threads.length > 0) yield* store.putThreads(accountId, writes.threads)
              if (writes.contacts.length > 0) yield* store.putContacts(accountId, writes.contacts)
              yield* store.putMessages(accountId, writes.messages)
              yield* store.putChanges(accountId, writes.changes)
              if (writes.receipts.length > 0) yield* store.putReceipts(accountId, writes.receipts)
            })
          })
          for (const fact of facts) {
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
                  ephemeralSeconds: fact.ephemeralSeconds
                })
                break
              }
              case 'message': {
                const thread = yield* resolver.thread(accountId, fact.chat)
                pending.threads.push(thread)
                pending.messages.push(yield* resolver.message(accountId, thread, fact, now))
                break
              }
              case 'change':
                pending.changes.push(...(yield* resolver.change(accountId, fact)))
                break
              case 'receipt':
                for (const whatsAppId of fact.whatsAppIds) {
                  pending.receipts.push({
                    threadId: threadIdOf(accountId, yield* identity.resolve(accountId, fact.chat)),
                    messageId: messageIdOf('me', whatsAppId),
                    recipient: yield* identity.resolve(accountId, fact.recipient),
                    status: fact.status,
                    at: fact.at
                  })
                }
            }
          }
          yield* flush
        })

        const apply = <E>(accountId: string, facts: ReadonlyArray<Fact>, settle: Effect.Effect<void, E>) =>
          store.atomically(Effect.andThen(storeFacts(accountId, facts), settle)).pipe(
            // The addresses written in a transaction that did not commit must not be remembered as known.
            Effect.onError(() => identity.forget(accountId)),
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

        const runOnce = Effect.fn('Ingest.runOnce')(function* (accountId: string) {
          const entries = yield* inbox.waiting(accountId, BATCH)
          if (entries.length === 0) return 'idle' as const
          const facts: Array<Fact> = []
          const notices: Array<ChunkNotice> = []
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
          }
          yield* apply(
            accountId,
            facts,
            Effect.andThen(
              chunks.enqueue(accountId, notices),
              Effect.andThen(inbox.settle(entries.map(entry => entry.entryId)), inbox.setAside(unreadableIds))
            )
          )
          if (notices.length > 0) yield* chunks.announce(accountId)
          return 'more' as const
        })

        return Ingest.of({
          apply,
          onApplied: listener =>
            Effect.sync(() => {
              applied = listener
            }),
          journal: makeWorker({
            runOnce,
            words: {
              failing: 'Received messages cannot be stored; they wait in the journal',
              again: 'Received messages are stored again'
            },
            onTrouble: (accountId, failing, error) =>
              incidents.report(storageTrouble(accountId, failing, error))
          })
        })
      })
    )
}

/** What is in a journal entry is not what this server knows how to read. */
class EntryUnreadable extends Schema.TaggedError<EntryUnreadable>()('EntryUnreadable', {
  cause: Schema.Defect()
}) {}

const decodeEntry = (content: Uint8Array) =>
  Schema.decodeEffect(Schema.fromJsonString(Journaled))(Buffer.from(content).toString())

interface Writes {
  readonly threads: Array<ThreadWrite>
  readonly contacts: Array<ContactWrite>
  readonly messages: Array<MessageWrite>
  readonly changes: Array<ChangeWrite>
  readonly receipts: Array<ReceiptWrite>
}

const emptyWrites = (): Writes => ({ threads: [], contacts: [], messages: [], changes: [], receipts: [] })

/** From addresses to thread, message and sender identities. */
const makeResolver = (identity: Identity['Service']) => {
  const thread = Effect.fnUntraced(function* (accountId: string, chat: Address) {
    const clientJid = yield* identity.resolve(accountId, chat)
    return {
      threadId: threadIdOf(accountId, clientJid),
      clientJid,
      kind: isGroupJid(clientJid) ? 'group' : 'direct'
    } as const
  })

  const party = (accountId: string, who: Party) =>
    who === 'me' ? Effect.succeed(null) : identity.resolve(accountId, who)

  const senderKey = (chat: Address, sender: string | null): SenderKey =>
    sender === null ? 'me' : isGroupJid(chat.jid) ? sender : 'them'

  /** The voters that history names; `me` is nobody's address. */
  const resolvedPoll = Effect.fnUntraced(function* (accountId: string, poll: Poll) {
    const options = yield* Effect.forEach(poll.options, option =>
      Effect.map(
        Effect.forEach(option.voters, voter =>
          voter === 'me' ? Effect.succeed(voter) : identity.resolve(accountId, { jid: voter })
        ),
        voters => ({ ...option, voters })
      )
    )
    return { ...poll, options }
  })

  const message = Effect.fnUntraced(function* (
    accountId: string,
    { threadId }: { readonly threadId: string },
    fact: MessageFact,
    now: number
  ) {
    const sender = yield* party(accountId, fact.sender)
    const reactions = yield* Effect.forEach(fact.reactions, reaction =>
      Effect.map(party(accountId, reaction.by), by => ({
        sender: by ?? 'me',
        emoji: reaction.emoji,
        at: reaction.at
      }))
    )
    const resolve = (address: Address) => identity.resolve(accountId, address)
    const quotedSender =
      fact.quoted?.sender === undefined ? undefined : yield* party(accountId, fact.quoted.sender)
    return {
      threadId,
      messageId: messageIdOf(senderKey(fact.chat, sender), fact.whatsAppId),
      whatsAppId: fact.whatsAppId,
      direction: sender === null ? 'outbound' : 'inbound',
      sender,
      senderName: fact.pushName ?? null,
      type: fact.type,
      body: fact.body,
      media: fact.media,
      location: fact.location,
      contacts: fact.contacts,
      poll: fact.poll === null ? null : yield* resolvedPoll(accountId, fact.poll),
      call: fact.call,
      event:
        fact.event === null
          ? null
          : { ...fact.event, people: yield* Effect.forEach(fact.event.people, resolve) },
      mentions: yield* Effect.forEach(fact.mentions, resolve),
      viewOnce: fact.viewOnce,
      quotedWhatsAppId: fact.quoted?.whatsAppId ?? null,
      quotedMessageId:
        fact.quoted === null || quotedSender === undefined
          ? null
          : messageIdOf(senderKey(fact.chat, quotedSender), fact.quoted.whatsAppId),
      reactions: reactions.filter(reaction => reaction.emoji !== ''),
      status: fact.status,
      statusReason: fact.statusReason ?? null,
      ...clampTime(fact.timestamp, now),
      raw: fact.raw,
      live: fact.live
    } satisfies MessageWrite
  })

  const change = Effect.fnUntraced(function* (accountId: string, fact: ChangeFact) {
    const { threadId } = yield* thread(accountId, fact.chat)
    const sender = yield* party(accountId, fact.target.sender)
    const by = yield* party(accountId, fact.by)
    // Only the writer edits a message, and revokes it, or an admin of the group does, whom the store knows; anyone may
    // react, vote and call back.
    const isForeign = by !== sender
    if (isForeign && fact.change.to === 'edited') return []
    if (isForeign && fact.change.to === 'revoked' && !isGroupJid(fact.chat.jid)) return []
    const write: ChangeWrite = {
      threadId,
      messageId: messageIdOf(senderKey(fact.chat, sender), fact.target.whatsAppId),
      change: byWhom(fact.change, by ?? 'me', isForeign)
    }
    return [write]
  })

  return { thread, message, change }
}

const byWhom = (change: ChangeFact['change'], person: string, isForeign: boolean): ChangeWrite['change'] => {
  if (change.to === 'reacted') return { ...change, sender: person }
  // What the owner deletes on the phone, WhatsApp has allowed.
  if (change.to === 'revoked' && isForeign && person !== 'me') return { ...change, by: person }
  return change.to === 'voted' ? { ...change, voter: person } : change
}
