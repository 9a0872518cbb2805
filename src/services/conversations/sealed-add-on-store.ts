// Encrypted add-ons that wait for the message that has their secret.
import { Context, Effect, Layer } from 'effect'
import type { SqlClient } from 'effect/sql'
import type { SqlBulk } from '../database/bulk.ts'
import { asDatabaseError, type DatabaseError } from '../database/error.ts'
import type { EventLog } from '../events/event-log.ts'
import { writeContext } from './sql/context.ts'
import { removeOldestOfPeople } from './sql/rows-of-people.ts'
import {
  countSealed,
  deleteSealed,
  type DueAddOn,
  dueSealed,
  formsOfPeople,
  hasDueSealed,
  putSealed,
  removeSealed,
  SEALED_OF_PEOPLE,
  waitOn
} from './sql/sealed-add-ons.ts'
import type { SealedWrite } from './writes.ts'

type Rows = ReadonlyArray<number>

export class SealedAddOnStore extends Context.Service<
  SealedAddOnStore,
  {
    /** Stores add-ons, to be tried at once; one that is stored already stays as it is. */
    readonly put: (
      accountId: string,
      writes: ReadonlyArray<SealedWrite>
    ) => Effect.Effect<void, DatabaseError>
    /** The oldest for which something has changed since they were last tried. */
    readonly due: (accountId: string, limit: number) => Effect.Effect<ReadonlyArray<DueAddOn>, DatabaseError>
    /** Whether there are any of those. */
    readonly hasDue: (accountId: string) => Effect.Effect<boolean, DatabaseError>
    /** The addresses, with all other addresses of the same people. */
    readonly formsOf: (
      accountId: string,
      jids: ReadonlyArray<string>
    ) => Effect.Effect<ReadonlyArray<string>, DatabaseError>
    /** Removes add-ons that were opened, or never can be. */
    readonly remove: (rows: Rows) => Effect.Effect<void, DatabaseError>
    /** These wait for their message; `isCounted`: they were counted among those that cannot be opened. */
    readonly tried: (rows: Rows, isCounted: boolean) => Effect.Effect<void, DatabaseError>
    /** Removes the oldest of these people beyond what is kept of each; answers how many. */
    readonly removeOldest: (
      accountId: string,
      people: ReadonlyArray<string>
    ) => Effect.Effect<number, DatabaseError>
    /** Removes those that have waited since before a time (milliseconds since 1970). */
    readonly prune: (before: number) => Effect.Effect<void, DatabaseError>
  }
>()('backscroll/services/conversations/SealedAddOnStore') {
  static readonly layer: Layer.Layer<SealedAddOnStore, never, SqlClient.SqlClient | SqlBulk | EventLog> =
    Layer.effect(
      SealedAddOnStore,
      Effect.map(writeContext, ({ now, sql }) => {
        const stored = asDatabaseError('storing an encrypted add-on')
        return SealedAddOnStore.of({
          put: (accountId, writes) => putSealed(sql, accountId, writes, now()).pipe(stored),
          due: (accountId, limit) =>
            dueSealed(sql, accountId, limit).pipe(asDatabaseError('reading encrypted add-ons')),
          hasDue: accountId =>
            hasDueSealed(sql, accountId).pipe(asDatabaseError('reading encrypted add-ons')),
          formsOf: (accountId, jids) =>
            formsOfPeople(sql, accountId, jids).pipe(asDatabaseError('reading addresses')),
          remove: rows => removeSealed(sql, rows).pipe(Effect.asVoid, stored),
          tried: (rows, isCounted) =>
            (isCounted ? countSealed(sql, rows) : waitOn(sql, rows)).pipe(Effect.asVoid, stored),
          removeOldest: (accountId, people) =>
            removeOldestOfPeople(sql, SEALED_OF_PEOPLE, accountId, people).pipe(
              asDatabaseError('removing the oldest encrypted add-ons')
            ),
          prune: before =>
            deleteSealed(sql, before).pipe(Effect.asVoid, asDatabaseError('pruning encrypted add-ons'))
        })
      })
    )
}
