// How much of one person waits for messages that may never come: the newest is kept, and an incident counts what was removed.
import { Effect } from 'effect'
import type { SqlClient } from 'effect/sql'
import type { DatabaseError } from '../database/error.ts'
import type { IncidentReports } from '../incidents/incidents.ts'
import type { MessageStore } from './message-store.ts'
import type { SealedAddOnStore } from './sealed-add-on-store.ts'

interface Dependencies {
  readonly incidents: IncidentReports['Service']
  readonly sql: SqlClient.SqlClient
  readonly stores: {
    readonly messages: MessageStore['Service']
    readonly sealed: SealedAddOnStore['Service']
  }
}

const incidentOf = (accountId: string, times: number) =>
  ({
    accountId,
    times,
    kind: 'waiting.overLimit',
    severity: 'warning',
    subject: accountId,
    happened:
      'One person sent more receipts, edits, reactions or votes for messages that are not here than a person does',
    did: 'Kept the newest 5,000 of that person, for the case that the messages come, and removed the older ones; the count says how many',
    advice: 'Nothing: nobody else is affected, and nothing of a stored message was removed'
  }) as const

/** Within the caller's transaction. */
export const makeWaitingBounds =
  ({ incidents, sql, stores }: Dependencies) =>
  (accountId: string, people: ReadonlySet<string>): Effect.Effect<void, DatabaseError> => {
    if (people.size === 0) return Effect.void
    const named = [...people]
    return Effect.gen(function* () {
      const changes = yield* stores.messages.removeOldestWaiting(accountId, named)
      const removed = changes + (yield* stores.sealed.removeOldest(accountId, named))
      if (removed > 0) yield* sql.afterCommit(incidents.report(incidentOf(accountId, removed)))
    })
  }
