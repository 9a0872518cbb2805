// What became of what was accepted, for a client that waits for it. Whoever waits is woken; nobody asks the database meanwhile.
import { Effect, Stream } from 'effect'
import { type MessageStatus, statusRank } from '../../domain/message.ts'
import { hasEnded, type OutboxEntry } from '../../domain/outbox.ts'
import { MessageStore } from '../conversations/message-store.ts'
import { asDatabaseError } from '../database/error.ts'
import { EventTail } from '../events/tail.ts'
import { Wakes } from '../process/wakes.ts'
import type { Accepted } from './accept.ts'
import { findRow } from './entries.ts'
import { entryOf, type OutboxRow } from './entry-row.ts'
import { kindOf } from './kinds/index.ts'
import { ENDED } from './topics.ts'

/** How far a message has to get: WhatsApp has it, or a device of the recipient. */
export type AwaitedStatus = 'sent' | 'delivered'

/** An entry that has ended, and the status of its message; `null` if it is none of its own, such as a reaction. */
export interface EndedEntry extends OutboxEntry {
  readonly messageStatus: MessageStatus | null
}

export interface Outcome {
  readonly entry: EndedEntry
  /** The messages that follow it: the pictures and films of an album. */
  readonly parts: ReadonlyArray<EndedEntry>
}

const hasArrived = (status: MessageStatus | null): boolean =>
  status !== null && statusRank(status) >= statusRank('delivered')

/** The entry as it is when it has ended; `undefined` if it was removed, with its account. */
const untilEnded = Effect.fnUntraced(function* (accountId: string, entryId: string) {
  const wakes = yield* Wakes
  const waiter = yield* wakes.waiter(ENDED, entryId)
  while (true) {
    yield* waiter.reset
    const row = yield* findRow(accountId, entryId)
    if (row === undefined || hasEnded(row.status)) return row
    yield* waiter.await
  }
}, Effect.scoped)

const messageStatusOf = Effect.fnUntraced(function* ({ content, messageId, threadId }: OutboxRow) {
  if (kindOf(content).document.is !== 'new') return null
  const messages = yield* MessageStore
  const message = yield* messages.read(threadId, messageId)
  return message?.status ?? null
})

/** The status of the message once the recipient has it. */
const untilArrived = Effect.fnUntraced(function* (row: OutboxRow) {
  const tail = yield* EventTail
  // Read before the first look: what comes between the two is among the events that follow.
  const after = yield* tail.newest
  const status = yield* messageStatusOf(row)
  if (hasArrived(status)) return status
  const { accountId, messageId } = row
  const arrived = yield* tail.follow({ after, accountId }).pipe(
    Stream.filter(({ events }) => events.some(event => event.messageId === messageId)),
    Stream.mapEffect(() => messageStatusOf(row)),
    Stream.filter(hasArrived),
    Stream.runHead
  )
  return arrived._tag === 'Some' ? arrived.value : null
})

const untilKnown = Effect.fnUntraced(function* (accountId: string, entryId: string, awaited: AwaitedStatus) {
  const row = yield* untilEnded(accountId, entryId)
  if (row === undefined) return undefined
  const isOnItsWay = row.status === 'sent' && kindOf(row.content).document.is === 'new'
  const messageStatus = yield* awaited === 'delivered' && isOnItsWay
    ? untilArrived(row)
    : messageStatusOf(row)
  const ended: EndedEntry = { ...entryOf(row), messageStatus }
  return ended
})

/**
 * Completes when what was accepted has ended and, if asked for, its messages were delivered; what changes another message is not
 * delivered by itself. `undefined` if it was removed meanwhile.
 */
export const awaitOutcome = Effect.fn('Outbox.awaitOutcome')(function* (
  accountId: string,
  { entryId, parts }: Pick<Accepted, 'entryId' | 'parts'>,
  awaited: AwaitedStatus
) {
  const entry = yield* untilKnown(accountId, entryId, awaited)
  const ended = yield* Effect.forEach(parts, part => untilKnown(accountId, part.entryId, awaited))
  const outcome: Outcome | undefined = entry && {
    entry,
    parts: ended.filter(part => part !== undefined)
  }
  return outcome
}, asDatabaseError('waiting for the outcome of a message'))
