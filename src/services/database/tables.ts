// Who owns which table. Each wing declares its own tables and what happens to their rows when an account is removed, when
// two threads become one, and when a message gets another id; whoever does these things walks over the declarations.
import { Context, Effect, Layer, type Schema } from 'effect'
import { SqlClient, type SqlError } from 'effect/sql'
import { asDatabaseError, type DatabaseError } from './error.ts'

export interface AccountRemoval {
  readonly accountId: string
}

/** Two threads turned out to be one: `from` becomes a part of `to`. Both are thread ids. */
export interface ThreadMerge {
  readonly accountId: string
  readonly from: string
  readonly to: string
}

/** A message of a thread gets another message id. */
export interface MessageRekey {
  readonly accountId: string
  readonly threadId: string
  readonly from: string
  readonly to: string
}

/** What a table does that no general rule covers. Runs within the caller's transaction. */
export type TableChange<Ids> = (
  sql: SqlClient.SqlClient,
  ids: Ids
) => Effect.Effect<void, SqlError.SqlError | Schema.SchemaError>

/**
 * For rows that get another key:
 * - `move`: they get it; no row can have it already.
 * - `keepExisting`: a row that has the key already stays, and the moved one is dropped.
 * - `replaceExisting`: the moved row replaces the one that has the key already.
 * - `unaffected`: nothing happens; the declaration says why.
 */
export type MoveRule<Ids> = 'move' | 'keepExisting' | 'replaceExisting' | 'unaffected' | TableChange<Ids>

export interface OwnedTable {
  readonly name: string
  /** The column that names an account, and what happens to the account's rows when it is removed. */
  readonly account?: {
    readonly column: string
    /** `clearReferences`: the rows stay, but name no thread and no message any more. */
    readonly onRemoval: 'deleteRows' | 'clearReferences' | TableChange<AccountRemoval>
  }
  /** The column that names a thread, and what happens to a thread's rows when it becomes a part of another. */
  readonly thread?: {
    readonly column: string
    readonly onMerge: MoveRule<ThreadMerge>
  }
  /** The column that names a message, and what happens to its rows when it gets another id. */
  readonly message?: {
    readonly column: string
    readonly onRekey: MoveRule<MessageRekey>
    /** Other columns that name messages; `onRekey` has to be a function that changes them too. */
    readonly references?: ReadonlyArray<string>
  }
  /** Rows that wait for something to be done, as monitoring shows them. */
  readonly queue?: {
    /** The gauge's name, without the product's prefix. */
    readonly gauge: string
    readonly description: string
    /** The SQL condition by which a row waits. */
    readonly waiting: string
    /** A gauge that shows for how many seconds the oldest waiting row has waited, by the column of its time (milliseconds since 1970). */
    readonly age?: { readonly gauge: string; readonly description: string; readonly since: string }
  }
}

/** Rows of an account that go when it goes. */
export const OF_ACCOUNT = {
  column: 'account_id',
  onRemoval: 'deleteRows'
} as const satisfies OwnedTable['account']

/** Walks over the declared tables, in the order of the declarations, within the caller's transaction. */
export class Tables extends Context.Service<
  Tables,
  {
    readonly all: ReadonlyArray<OwnedTable>
    readonly removeAccount: (accountId: string) => Effect.Effect<void, DatabaseError>
    readonly mergeThreads: (ids: ThreadMerge) => Effect.Effect<void, DatabaseError>
    readonly rekeyMessage: (ids: MessageRekey) => Effect.Effect<void, DatabaseError>
  }
>()('backscroll/services/database/Tables') {
  static layer(all: ReadonlyArray<OwnedTable>): Layer.Layer<Tables, never, SqlClient.SqlClient> {
    return Layer.effect(
      Tables,
      Effect.map(SqlClient.SqlClient, sql => {
        const removals = all.map(removalOf)
        const merges = all.map(mergeOf)
        const rekeys = all.map(rekeyOf)
        return Tables.of({
          all,
          removeAccount: accountId =>
            runAll(sql, removals, { accountId }).pipe(asDatabaseError('removing an account')),
          mergeThreads: ids => runAll(sql, merges, ids).pipe(asDatabaseError('merging two threads')),
          rekeyMessage: ids => runAll(sql, rekeys, ids).pipe(asDatabaseError('changing the id of a message'))
        })
      })
    )
  }
}

const nothing = () => Effect.void

const runAll = <Ids>(sql: SqlClient.SqlClient, changes: ReadonlyArray<TableChange<Ids>>, ids: Ids) =>
  Effect.forEach(changes, change => change(sql, ids), { discard: true })

const removalOf = ({ account, message, name, thread }: OwnedTable): TableChange<AccountRemoval> => {
  if (account === undefined) return nothing
  if (typeof account.onRemoval === 'function') return account.onRemoval
  const where = `WHERE ${account.column} = ?`
  const references = [thread?.column, message?.column].filter(column => column !== undefined)
  const statement =
    account.onRemoval === 'deleteRows'
      ? `DELETE FROM ${name} ${where}`
      : `UPDATE ${name} SET ${references.map(column => `${column} = NULL`).join(', ')} ${where}`
  return (sql, { accountId }) => Effect.asVoid(sql.unsafe(statement, [accountId]))
}

const mergeOf = ({ account, name, thread }: OwnedTable): TableChange<ThreadMerge> => {
  if (thread === undefined || thread.onMerge === 'unaffected') return nothing
  if (typeof thread.onMerge === 'function') return thread.onMerge
  const move = moving(thread.onMerge, name, thread.column, [account?.column, thread.column])
  return (sql, { accountId, from, to }) =>
    move(sql, to, [...(account === undefined ? [] : [accountId]), from])
}

const rekeyOf = ({ account, message, name, thread }: OwnedTable): TableChange<MessageRekey> => {
  if (message === undefined || message.onRekey === 'unaffected') return nothing
  if (typeof message.onRekey === 'function') return message.onRekey
  const move = moving(message.onRekey, name, message.column, [
    account?.column,
    thread?.column,
    message.column
  ])
  return (sql, { accountId, from, threadId, to }) =>
    move(sql, to, [
      ...(account === undefined ? [] : [accountId]),
      ...(thread === undefined ? [] : [threadId]),
      from
    ])
}

const CONFLICT = { move: '', keepExisting: 'OR IGNORE', replaceExisting: 'OR REPLACE' }

/** Gives the rows that `key` finds another value in one column, by the rule. */
const moving = (
  rule: keyof typeof CONFLICT,
  table: string,
  column: string,
  key: ReadonlyArray<string | undefined>
) => {
  const where = key
    .filter(one => one !== undefined)
    .map(one => `${one} = ?`)
    .join(' AND ')
  const update = `UPDATE ${CONFLICT[rule]} ${table} SET ${column} = ? WHERE ${where}`
  const dropRest = `DELETE FROM ${table} WHERE ${where}`
  return (sql: SqlClient.SqlClient, to: string, found: ReadonlyArray<string>) => {
    const moved = sql.unsafe(update, [to, ...found])
    return Effect.asVoid(rule === 'keepExisting' ? Effect.andThen(moved, sql.unsafe(dropRest, found)) : moved)
  }
}
