// Everything that an account has of one person, as lines, page by page, so that a slow reader holds neither memory nor the database.
import { Effect, Option, Stream } from 'effect'
import { SqlClient } from 'effect/sql'
import type { Message, Receipt } from '../../domain/message.ts'
import type { Thread } from '../../domain/thread.ts'
import { AccountStore } from '../conversations/account-store.ts'
import { exportOf } from '../conversations/export.ts'
import { ExportStore } from '../conversations/export-store.ts'
import { type FoundRow, type KnownPerson, PersonalMessages } from '../conversations/personal-messages.ts'
import { ThreadStore } from '../conversations/thread-store.ts'
import { asDatabaseError } from '../database/error.ts'
import { listOf } from '../database/dialect.ts'
import { LiveTraffic } from '../journal/traffic.ts'
import { foundElsewhere, foundReceipts, type FoundReceipt, type Scanned } from './scan.ts'

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

interface Exporting extends Scanned {
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
const linesElsewhere = Effect.fnUntraced(function* (exporting: Exporting, rows: ReadonlyArray<FoundRow>) {
  const exports = yield* ExportStore
  const found = rows.length === 0 ? [] : yield* exports.inRows(rows.map(({ row }) => row))
  const isPerson = (jid: string): boolean => exporting.person.addresses.includes(jid)
  return found.map(({ message, receipts }): PersonLine => {
    const isTheirs = message.sender !== null && isPerson(message.sender)
    if (isTheirs) exporting.messages += 1
    else exporting.references += 1
    return isTheirs
      ? { kind: 'message', message: { ...message, receipts } }
      : { kind: 'reference', reference: referenceIn(message, isPerson) }
  })
})

/** Of messages in other threads than theirs: those have their receipts with them. */
const receiptLines = (exporting: Exporting, found: ReadonlyArray<FoundReceipt>): Lines => {
  exporting.receipts += found.length
  return found.map((one): PersonLine => ({ kind: 'receipt', ...one }))
}

const scannedFor = Effect.fnUntraced(function* (accountId: string, address: string) {
  const messages = yield* PersonalMessages
  const scanned: Scanned = {
    accountId,
    person: yield* messages.personOf(accountId, address),
    upTo: yield* messages.newestRow
  }
  return scanned
})

/** Whether there is anything in the batches; ends with the first that has something. */
const hasAny = <A, E, R>(batches: Stream.Stream<ReadonlyArray<A>, E, R>) =>
  Effect.map(Stream.runHead(Stream.filter(batches, batch => batch.length > 0)), Option.isSome)

/** Whether an account has anything of a person. That it has nothing is known once everything was looked through. */
export const hasPerson = Effect.fnUntraced(function* (accountId: string, address: string) {
  const messages = yield* PersonalMessages
  const scanned = yield* scannedFor(accountId, address)
  if (yield* messages.isKnown(accountId, scanned.person)) return true
  return (yield* hasAny(foundElsewhere(scanned))) || (yield* hasAny(foundReceipts(scanned)))
})

/** The lines about a person, in batches; the last one is the end. */
export const personLines = Effect.fnUntraced(function* (accountId: string, address: string) {
  const sources = {
    accounts: yield* AccountStore,
    exports: yield* ExportStore,
    threads: yield* ThreadStore,
    turn: (yield* LiveTraffic).quiet('part')
  }
  const provided = Stream.provideContext(
    yield* Effect.context<ExportStore | LiveTraffic | PersonalMessages | SqlClient.SqlClient>()
  )
  const scanned = yield* scannedFor(accountId, address)
  const { person } = scanned
  const exporting: Exporting = { ...scanned, messages: 0, references: 0, receipts: 0 }
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
  const elsewhere = foundElsewhere(scanned).pipe(
    Stream.mapEffect(rows => linesElsewhere(exporting, rows)),
    provided
  )
  const receipts = foundReceipts(scanned).pipe(
    Stream.map(found => receiptLines(exporting, found)),
    provided
  )
  return Stream.make<ReadonlyArray<Lines>>([header]).pipe(
    Stream.concat(own),
    Stream.concat(elsewhere),
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
