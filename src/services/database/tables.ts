// Who owns which table. Each wing declares its own tables and what happens to their rows when an account, a message or what is
// known of a person is removed, when two threads become one, and when a message gets another id. `Tables` applies the declarations.
import { Context, Effect, Layer, type Schema } from 'effect'
import { SqlClient, type SqlError } from 'effect/sql'
import { type ConflictRule, listOf, moveRows } from './dialect.ts'
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

/** Messages of a thread are removed. */
export interface MessageRemoval {
  readonly accountId: string
  readonly threadId: string
  readonly messageIds: ReadonlyArray<string>
}

/** Everything of a person is removed: of their own threads, and what other rows say of them. */
export interface PersonRemoval {
  readonly accountId: string
  /** The threads with this person. */
  readonly threadIds: ReadonlyArray<string>
  /** Every address of the person. */
  readonly addresses: ReadonlyArray<string>
  /** Whether it stays known which addresses are the person's: as long as there are messages of theirs. */
  readonly keepsIdentity?: boolean
}

/** What a table does that no general rule covers. Runs within the caller's transaction. */
export type TableChange<Ids> = (
  sql: SqlClient.SqlClient,
  ids: Ids
) => Effect.Effect<void, DatabaseError | SqlError.SqlError | Schema.SchemaError>

/** How rows get another key: by a rule, by a function, or `unaffected`, for which the declaration says why. */
export type MoveRule<Ids> = ConflictRule | 'unaffected' | TableChange<Ids>

/** What becomes of rows whose message is removed. `clearReferences`: they name no message any more. `keepRows`: the declaration says why. */
export type RemovalRule = 'deleteRows' | 'clearReferences' | 'keepRows' | TableChange<MessageRemoval>

export interface OwnedTable {
  readonly name: string
  /** The column that names an account, and what happens to the account's rows when it is removed. */
  readonly account?: {
    readonly column: string
    /** `clearReferences`: the rows stay, but name no thread and no message any more. `keepRows`: they stay as they are. */
    readonly onRemoval: 'deleteRows' | 'clearReferences' | 'keepRows' | TableChange<AccountRemoval>
  }
  /** The column that names a thread, and what happens to a thread's rows when it becomes a part of another. */
  readonly thread?: {
    readonly column: string
    readonly onMerge: MoveRule<ThreadMerge>
    /** Other columns that name threads; `onMerge` has to be a function that changes them too. */
    readonly references?: ReadonlyArray<string>
    /** Rows that stay when everything of the thread's person is removed; the declaration says why. Others are deleted. */
    readonly outlivesPerson?: true
  }
  /** The columns that hold a person's address. Their rows are deleted when everything of that person is removed. */
  readonly people?: ReadonlyArray<string>
  /** Its rows say which addresses are one person. */
  readonly isIdentity?: true
  /** What is taken from rows that stay, when everything of a person is removed. */
  readonly onPersonRemoval?: TableChange<PersonRemoval>
  /** The column that names a message, and what happens to its rows when it gets another id. */
  readonly message?: {
    readonly column: string
    readonly onRekey: MoveRule<MessageRekey>
    readonly onRemoval: RemovalRule
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
  /** The column that says when a row was written (milliseconds since 1970), and the one whose numbers grow from row to row. */
  readonly written?: { readonly column: string; readonly order: string }
  /** A gauge that shows the sum of a column. */
  readonly total?: { readonly gauge: string; readonly description: string; readonly column: string }
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
    /** What belongs to messages that are removed, and their rows last. */
    readonly removeMessages: (ids: MessageRemoval) => Effect.Effect<void, DatabaseError>
    /** Answers how many rows of which tables were deleted. */
    readonly removePerson: (ids: PersonRemoval) => Effect.Effect<ReadonlyMap<string, number>, DatabaseError>
  }
>()('backscroll/services/database/Tables') {
  static layer(all: ReadonlyArray<OwnedTable>): Layer.Layer<Tables, never, SqlClient.SqlClient> {
    return Layer.effect(
      Tables,
      Effect.map(SqlClient.SqlClient, sql => {
        const removals = all.map(removalOf)
        const merges = all.map(mergeOf)
        const rekeys = all.map(rekeyOf)
        // Rows are found by those of messages.
        const messageRemovals = all.map(messageRemovalOf).toReversed()
        return Tables.of({
          all,
          removeAccount: accountId =>
            runAll(sql, removals, { accountId }).pipe(asDatabaseError('removing an account')),
          mergeThreads: ids => runAll(sql, merges, ids).pipe(asDatabaseError('merging two threads')),
          rekeyMessage: ids => runAll(sql, rekeys, ids).pipe(asDatabaseError('changing the id of a message')),
          removeMessages: ids => runAll(sql, messageRemovals, ids).pipe(asDatabaseError('removing messages')),
          removePerson: ids => removePerson(sql, all, ids).pipe(asDatabaseError('removing a person'))
        })
      })
    )
  }
}

const nothing = () => Effect.void

const runAll = <Ids>(sql: SqlClient.SqlClient, changes: ReadonlyArray<TableChange<Ids>>, ids: Ids) =>
  Effect.forEach(changes, change => change(sql, ids), { discard: true })

const present = (...columns: ReadonlyArray<string | undefined>): ReadonlyArray<string> =>
  columns.filter(column => column !== undefined)

const removalOf = ({ account, message, name, thread }: OwnedTable): TableChange<AccountRemoval> => {
  if (account === undefined || account.onRemoval === 'keepRows') return nothing
  if (typeof account.onRemoval === 'function') return account.onRemoval
  const where = `WHERE ${account.column} = ?`
  const references = present(thread?.column, message?.column)
  const statement =
    account.onRemoval === 'deleteRows'
      ? `DELETE FROM ${name} ${where}`
      : `UPDATE ${name} SET ${references.map(column => `${column} = NULL`).join(', ')} ${where}`
  return (sql, { accountId }) => Effect.asVoid(sql.unsafe(statement, [accountId]))
}

const mergeOf = ({ account, name, thread }: OwnedTable): TableChange<ThreadMerge> => {
  if (thread === undefined || thread.onMerge === 'unaffected') return nothing
  if (typeof thread.onMerge === 'function') return thread.onMerge
  const [rule, { column }] = [thread.onMerge, thread]
  const place = { table: name, column, key: present(account?.column, column) }
  return (sql, { accountId, from, to }) =>
    moveRows(sql, rule, place, to, [...(account === undefined ? [] : [accountId]), from])
}

const rekeyOf = ({ account, message, name, thread }: OwnedTable): TableChange<MessageRekey> => {
  if (message === undefined || message.onRekey === 'unaffected') return nothing
  if (typeof message.onRekey === 'function') return message.onRekey
  const [rule, { column }] = [message.onRekey, message]
  const place = { table: name, column, key: present(account?.column, thread?.column, column) }
  return (sql, { accountId, from, threadId, to }) =>
    moveRows(sql, rule, place, to, [
      ...(account === undefined ? [] : [accountId]),
      ...(thread === undefined ? [] : [threadId]),
      from
    ])
}

const messageRemovalOf = ({ message, name, thread }: OwnedTable): TableChange<MessageRemoval> => {
  if (message === undefined || message.onRemoval === 'keepRows') return nothing
  if (typeof message.onRemoval === 'function') return message.onRemoval
  const rule =
    message.onRemoval === 'deleteRows' ? `DELETE FROM ${name}` : `UPDATE ${name} SET ${message.column} = NULL`
  return (sql, { messageIds, threadId }) =>
    Effect.asVoid(
      sql`${sql.literal(rule)} WHERE ${sql(thread?.column ?? 'thread_id')} = ${threadId}
        AND ${sql(message.column)} IN ${listOf(sql, messageIds)}`
    )
}

const removePerson = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  all: ReadonlyArray<OwnedTable>,
  person: PersonRemoval
) {
  const { accountId, addresses, keepsIdentity = false, threadIds } = person
  const removed = new Map<string, number>()
  for (const { account, isIdentity, name, onPersonRemoval, people = [], thread } of all) {
    if (isIdentity === true && keepsIdentity) continue
    if (onPersonRemoval !== undefined) yield* onPersonRemoval(sql, person)
    const conditions = [
      ...(thread === undefined || thread.outlivesPerson
        ? []
        : [sql`${sql(thread.column)} IN ${listOf(sql, threadIds)}`]),
      ...people.map(
        column =>
          sql`${sql(account?.column ?? 'account_id')} = ${accountId} AND ${sql(column)} IN ${listOf(sql, addresses)}`
      )
    ]
    if (conditions.length === 0) continue
    const rows = yield* sql`DELETE FROM ${sql(name)} WHERE ${sql.or(conditions)} RETURNING 1 AS one`
    if (rows.length > 0) removed.set(name, rows.length)
  }
  return removed
})
