// A client that waits for the outcome of what it sends: how long, and what it is told.
import { Effect, Option, Schema } from 'effect'
import type { OutboxEntry } from '../../../domain/outbox.ts'
import { Stopping } from '../../../services/process/stopping.ts'
import type { Accepted } from '../../../services/outbox/accept.ts'
import type { Outcome } from '../../../services/outbox/awaited-outcome.ts'
import { Outbox } from '../../../services/outbox/outbox.ts'
import { badField, NotFound, NotSent, orDatabaseUnavailable } from '../../problems.ts'

const DEFAULT_MS = 30_000
const LONGEST_MS = 120_000

const timeoutOf = (text: string): number | undefined => {
  const [, number, unit = ''] = /^(\d{1,6})(ms|s|m)$/.exec(text) ?? []
  const ms = Number(number) * ({ ms: 1, s: 1000, m: 60_000 }[unit] ?? Number.NaN)
  return ms > 0 && ms <= LONGEST_MS ? ms : undefined
}

const EXPECTED_TIMEOUT = 'Expected a time with its unit from 1ms to 2m, such as 30s'

export const waitFields = {
  wait: Schema.optionalKey(
    Schema.Literals(['sent', 'delivered']).annotate({
      description:
        'Answers when WhatsApp has the message (`sent`) or the recipient has it (`delivered`); at once without it.'
    })
  ),
  timeout: Schema.optionalKey(
    Schema.String.check(
      Schema.isPattern(/^\d{1,6}(ms|s|m)$/u, { message: EXPECTED_TIMEOUT }),
      Schema.makeFilter(text => timeoutOf(text) !== undefined, {
        message: EXPECTED_TIMEOUT,
        toJsonSchema: () => [{}, true]
      })
    ).annotate({
      description: 'How long to wait, with its unit: from 1ms to 2m, 30s by default. Only with `wait`.',
      examples: ['30s']
    })
  )
}
export type WaitQuery = Schema.Struct.Type<typeof waitFields>

/** A timeout without `wait` is a mistake. */
export const checkWait = ({ timeout, wait }: WaitQuery) =>
  timeout !== undefined && wait === undefined
    ? badField('query', 'timeout', 'Only with wait=sent or wait=delivered')
    : Effect.void

const notSent = (entry: OutboxEntry) =>
  new NotSent({
    detail: `The entry is ${entry.status}: ${entry.reason ?? 'there is no reason'}`,
    entry
  })

const partOf = ({ entryId, messageId, messageStatus, reason, status }: Outcome['entry']) => ({
  entryId,
  messageId,
  messageStatus,
  reason,
  status
})

/** The outcome as the response has it. Fails when nothing was sent. */
const told = ({ entry, parts }: Outcome) =>
  entry.status === 'sent'
    ? Effect.succeed(parts.length === 0 ? entry : { ...entry, parts: parts.map(partOf) })
    : Effect.fail(notSent(entry))

/** How far it is when nobody waits any more. */
const progress = Effect.fnUntraced(function* (accountId: string, { entryId, parts }: Accepted) {
  const outbox = yield* Outbox
  const entry = yield* orDatabaseUnavailable(outbox.read(accountId, entryId))
  if (entry === undefined) return yield* noLonger(entryId)
  const { messageId, status, threadId } = entry
  const accepted = { entryId, messageId, threadId, status }
  return parts.length === 0 ? accepted : { ...accepted, parts }
})

const noLonger = (entryId: string) =>
  new NotFound({ detail: `There is no outbox entry ${entryId} any more: its account was deleted` })

/** What became of what was accepted, or how far it is when the time is over or the server stops. */
export const outcomeWithin = Effect.fnUntraced(function* (
  accountId: string,
  accepted: Accepted,
  awaited: 'sent' | 'delivered',
  timeout: string | undefined
) {
  const outbox = yield* Outbox
  const stopping = yield* Stopping
  const given = timeout === undefined ? DEFAULT_MS : (timeoutOf(timeout) ?? DEFAULT_MS)
  const outcome = yield* orDatabaseUnavailable(outbox.awaitOutcome(accountId, accepted, awaited)).pipe(
    Effect.asSome,
    Effect.raceFirst(Effect.as(Effect.race(stopping.requested, Effect.sleep(given)), Option.none()))
  )
  if (Option.isNone(outcome)) return yield* progress(accountId, accepted)
  return outcome.value === undefined ? yield* noLonger(accepted.entryId) : yield* told(outcome.value)
})
