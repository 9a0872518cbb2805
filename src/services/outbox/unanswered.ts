// Entries wait while WhatsApp does not answer what has to be asked before they are sent: every question more is held against the account.
import { Clock, Context, Effect } from 'effect'
import { SqlClient } from 'effect/sql'
import { Incidents } from '../incidents/incidents.ts'
import type { AccountMemory } from '../process/account-memory.ts'
import type { OutboxRow } from './entry-row.ts'
import { wait } from './outcome.ts'

/** Each wait in a row is twice as long, within these bounds. */
const SHORTEST_WAIT_MS = 60_000
const LONGEST_WAIT_MS = 15 * 60_000
/** A wait as long as this is reported: the fourth in a row. */
const REPORTED_WAIT_MS = 8 * 60_000

/** Of which accounts it may be reported that entries wait; of all after a start. */
export class UnansweredReports extends Context.Service<
  UnansweredReports,
  { readonly of: (accountId: string) => { mayBeOpen: boolean } }
>()('backscroll/services/outbox/UnansweredReports') {}

export const makeUnansweredReports = (memory: AccountMemory['Service']): UnansweredReports['Service'] => {
  const accounts = memory.perAccount('outbox.unanswered', () => ({ mayBeOpen: true }))
  return { of: accountId => accounts.get(accountId) }
}

/** How long the entry has just waited for that; 0 when it has not. */
const waitedFor = ({ lastError, nextAttemptAt, updatedAt }: OutboxRow, reason: string): number =>
  lastError === reason ? nextAttemptAt - updatedAt : 0

const unansweredOf = (accountId: string) =>
  ({ accountId, kind: 'outbox.unanswered', subject: accountId }) as const

/** WhatsApp refused to answer: the entry waits, without having used up an attempt. */
export const unanswered = Effect.fnUntraced(function* (row: OutboxRow, reason: string) {
  const { accountId } = row
  const now = yield* Clock.currentTimeMillis
  const waitMs = Math.min(LONGEST_WAIT_MS, Math.max(SHORTEST_WAIT_MS, 2 * waitedFor(row, reason)))
  yield* wait(row, now + waitMs, reason)
  if (waitMs < REPORTED_WAIT_MS) return
  const incidents = yield* Incidents
  const reported = yield* UnansweredReports
  reported.of(accountId).mayBeOpen = true
  yield* incidents.report({
    ...unansweredOf(accountId),
    severity: 'warning',
    happened: `Messages wait: ${reason}`,
    did: 'Asks again, less often each time, without using up attempts; what needs no question is sent',
    advice: 'Send less to people who are new to the account. Without an end, look at the account on its phone'
  })
})

/** A message was sent: what was reported is over, unless another one still waits for something. */
export const noteAnswered = Effect.fnUntraced(function* (accountId: string) {
  const reported = (yield* UnansweredReports).of(accountId)
  if (!reported.mayBeOpen) return
  const sql = yield* SqlClient.SqlClient
  const incidents = yield* Incidents
  const now = yield* Clock.currentTimeMillis
  const waiting = yield* sql`SELECT 1 FROM outbox WHERE account_id = ${accountId} AND status = 'queued'
    AND last_error IS NOT NULL AND next_attempt_at > ${now} LIMIT 1`
  if (waiting.length > 0) return
  reported.mayBeOpen = false
  yield* incidents.resolve(unansweredOf(accountId))
})
