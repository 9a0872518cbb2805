// Everything that an account has of one person, as lines, page by page, so that a slow reader holds neither memory nor the database.
import { Effect, Option, Stream } from 'effect'
import { SqlClient } from 'effect/sql'
import type { Message, Receipt } from '../../domain/message.ts'
import type { Thread } from '../../domain/thread.ts'
import { AccountStore } from '../conversations/account-store.ts'
import { exportOf } from '../conversations/export.ts'
import { ExportStore } from '../conversations/export-store.ts'
import { PersonalMessages, type KnownPerson } from '../conversations/personal-messages.ts'
import { ThreadStore } from '../conversations/thread-store.ts'
import { asDatabaseError, type DatabaseError } from '../database/error.ts'
import { listOf } from '../database/dialect.ts'

export type PersonLine =
  | {
      readonly kind: 'person'
      readonly accountId: string
      readonly addresses: ReadonlyArray<string>
      readonly names: ReadonlyArray<{ readonly name: string | null; readonly pushName: string | null }>
    }
  | { readonly kind: 'thread'; readonly thread: Thread }
  | { readonly kind: 'message'; readonly message: Message & { readonly receipts: ReadonlyArray<Receipt> } }
  /** What messages of others say of the person. */
  | { readonly kind: 'reference'; readonly reference: Reference }
  /** When a message of the account reached the person in a group. */
  | {
      readonly kind: 'receipt'
      readonly threadId: string
      readonly messageId: string
      readonly receipt: Receipt
    }
  | {
      readonly kind: 'end'
      readonly messages: number
      readonly references: number
      readonly receipts: number
    }

interface Reference {
  readonly threadId: string
  readonly messageId: string
  readonly at: number
  readonly reactions: Message['reactions']
  readonly votes: ReadonlyArray<string>
  readonly answers: Message['eventResponses']
  readonly isMentioned: boolean
  readonly event: string | null
}

type Lines = ReadonlyArray<PersonLine>

/** Rows looked at in one step. */
const ROWS_AT_ONCE = 2000
const RECEIPTS_AT_ONCE = 500

interface Exporting {
  readonly accountId: string
  readonly person: KnownPerson
  readonly upTo: number
  messages: number
  references: number
  receipts: number
}

const referenceIn = (message: Message, isPerson: (jid: string) => boolean): Reference => ({
  threadId: message.threadId,
  messageId: message.messageId,
  at: message.tsClient,
  reactions: message.reactions.filter(({ sender }) => isPerson(sender)),
  votes: (message.poll?.options ?? []).filter(({ voters }) => voters.some(isPerson)).map(({ name }) => name),
  answers: message.eventResponses.filter(({ sender }) => isPerson(sender)),
  isMentioned: message.mentions.some(isPerson),
  event: message.event?.people.some(isPerson) === true ? message.event.kind : null
})

const namesOf = Effect.fnUntraced(function* (accountId: string, { addresses }: KnownPerson) {
  const sql = yield* SqlClient.SqlClient
  return yield* sql<{ name: string | null; pushName: string | null }>`SELECT name, push_name FROM contacts
    WHERE account_id = ${accountId} AND contact_jid IN ${listOf(sql, addresses)}`
})

/** Messages in groups, channels and statuses that the person wrote, and those that name them. */
const elsewhere = Effect.fnUntraced(function* (exporting: Exporting, after: number) {
  const messages = yield* PersonalMessages
  const exports = yield* ExportStore
  const { accountId, person, upTo } = exporting
  const next = Math.min(after + ROWS_AT_ONCE, upTo)
  const scan = { accountId, addresses: person.addresses, after, upTo: next, until: Number.MAX_SAFE_INTEGER }
  const rows = (yield* messages.rows(scan)).filter(({ threadId }) => !person.threadIds.includes(threadId))
  const found = rows.length === 0 ? [] : yield* exports.inRows(rows.map(({ row }) => row))
  const isPerson = (jid: string): boolean => person.addresses.includes(jid)
  const lines = found.map(({ message, receipts }): PersonLine => {
    const isTheirs = message.sender !== null && isPerson(message.sender)
    if (isTheirs) exporting.messages += 1
    else exporting.references += 1
    return isTheirs
      ? { kind: 'message', message: { ...message, receipts } }
      : { kind: 'reference', reference: referenceIn(message, isPerson) }
  })
  return [[lines], next >= upTo ? Option.none<number>() : Option.some(next)] as const
})

interface ReceiptPlace {
  readonly threadId: string
  readonly messageId: string
}

/** Of messages in other threads than theirs: those have their receipts with them. */
const receiptsAfter = Effect.fnUntraced(function* (exporting: Exporting, after: ReceiptPlace) {
  const sql = yield* SqlClient.SqlClient
  const { accountId, person } = exporting
  const rows = yield* sql<
    Receipt & ReceiptPlace
  >`SELECT thread_id, message_id, recipient, delivered_at, read_at, played_at
    FROM receipts WHERE account_id = ${accountId} AND recipient IN ${listOf(sql, person.addresses)}
      AND thread_id NOT IN ${listOf(sql, person.threadIds)}
      AND (thread_id, message_id) > (${after.threadId}, ${after.messageId})
    ORDER BY thread_id, message_id LIMIT ${RECEIPTS_AT_ONCE}`
  exporting.receipts += rows.length
  const lines = rows.map(({ messageId, threadId, ...receipt }): PersonLine => ({
    kind: 'receipt',
    threadId,
    messageId,
    receipt
  }))
  const last = rows.at(-1)
  const next =
    last === undefined || rows.length < RECEIPTS_AT_ONCE ? Option.none<ReceiptPlace>() : Option.some(last)
  return [[lines], next] as const
})

/** The lines about a person, in batches; the last one is the end. */
export const personLines = Effect.fnUntraced(function* (accountId: string, address: string) {
  const messages = yield* PersonalMessages
  const sources = {
    accounts: yield* AccountStore,
    exports: yield* ExportStore,
    threads: yield* ThreadStore
  }
  const context = yield* Effect.context<ExportStore | PersonalMessages | SqlClient.SqlClient>()
  const person = yield* messages.personOf(accountId, address)
  const exporting: Exporting = {
    accountId,
    person,
    upTo: yield* messages.newestRow,
    messages: 0,
    references: 0,
    receipts: 0
  }
  const header: PersonLine = {
    kind: 'person',
    accountId,
    addresses: person.addresses,
    names: yield* namesOf(accountId, person).pipe(asDatabaseError('names of a person'))
  }
  const own = exportOf(sources, person.threadIds, {}).pipe(
    Stream.map(batch =>
      batch.flatMap((line): Lines => {
        if (line.kind === 'end') return []
        if (line.kind === 'message') exporting.messages += 1
        return [line]
      })
    )
  )
  const scanned = Stream.paginate<number, Lines, DatabaseError>(0, after =>
    elsewhere(exporting, after).pipe(Effect.provideContext(context))
  )
  const receipts = Stream.paginate<ReceiptPlace, Lines, DatabaseError>(
    { threadId: '', messageId: '' },
    after =>
      receiptsAfter(exporting, after).pipe(
        Effect.provideContext(context),
        asDatabaseError('receipts of a person')
      )
  )
  return Stream.make<ReadonlyArray<Lines>>([header]).pipe(
    Stream.concat(own),
    Stream.concat(scanned),
    Stream.concat(receipts),
    Stream.concat(
      Stream.sync((): Lines => [
        {
          kind: 'end',
          messages: exporting.messages,
          references: exporting.references,
          receipts: exporting.receipts
        }
      ])
    ),
    Stream.filter(batch => batch.length > 0)
  )
})
