// What it costs that deleted messages leave the files of the database: storing, deleting one by one, removing an account; with it
// and without.
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Effect, ManagedRuntime } from 'effect'
import { SqlClient } from 'effect/sql'
import { wholeOption } from '../harness/options.ts'
import { temporaryFolder } from '../harness/server-process.ts'
import { AccountStore } from '../src/services/conversations/account-store.ts'
import { eraseDeleted } from '../src/services/conversations/erasure.ts'
import { MessageStore } from '../src/services/conversations/message-store.ts'
import { servicesOn } from '../test/services/database.ts'
import { account, ACCOUNT, applied, chunked, historyOf, seconds } from './store.ts'

export const ERASING_USAGE = `erasing   what deletion costs that leaves nothing in the files
    --messages N        how many (100000)
    --deleted N         how many are deleted one by one (1000)
    --json              nothing but the result`

const CHATS = 100
const CHUNK = 5000

/** As the database would be without it: pages keep what was deleted until they are used again. */
const leaveDeleted = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`PRAGMA secure_delete = OFF`
  yield* sql`INSERT INTO message_search (message_search, rank) VALUES ('secure-delete', 0)`
})

const someKeys = (count: number) =>
  Effect.flatMap(
    SqlClient.SqlClient,
    sql => sql<{ threadId: string; messageId: string }>`SELECT thread_id, message_id FROM messages
      ORDER BY message_row * 7919 % 100003 LIMIT ${count}`
  )

const deleteOneByOne = Effect.fnUntraced(function* (count: number) {
  const messages = yield* MessageStore
  const keys = yield* someKeys(count)
  for (const { messageId, threadId } of keys)
    yield* messages.change(ACCOUNT, [{ threadId, messageId, change: { to: 'revoked', at: 1 } }])
})

const measured = async (messages: number, deleted: number, erases: boolean) => {
  const folder = temporaryFolder()
  const runtime = ManagedRuntime.make(servicesOn(join(folder.path, 'backscroll.db')))
  try {
    await runtime.runPromise(Effect.andThen(account, erases ? eraseDeleted : leaveDeleted))
    const chunks = chunked(historyOf(messages, CHATS), CHUNK)
    const storing = await seconds(() => runtime.runPromise(applied(chunks)))
    const deleting = await seconds(() => runtime.runPromise(deleteOneByOne(deleted)))
    const removing = await seconds(() =>
      runtime.runPromise(AccountStore.use(accounts => accounts.remove(ACCOUNT)))
    )
    const erasing = erases ? await seconds(() => runtime.runPromise(eraseDeleted)) : 0
    return {
      storing,
      msPerDeletion: (deleting * 1000) / deleted,
      removingAccount: removing,
      erasingAfterwards: erasing
    }
  } finally {
    await runtime.dispose()
    folder.remove()
  }
}

export const erasing = async (args: ReadonlyArray<string>): Promise<object> => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      messages: { type: 'string', default: '100000' },
      deleted: { type: 'string', default: '1000' },
      json: { type: 'boolean', default: false }
    }
  })
  const messages = wholeOption('messages', values.messages, 10_000_000)
  const deleted = wholeOption('deleted', values.deleted, messages)
  return {
    messages,
    deleted,
    without: await measured(messages, deleted, false),
    with: await measured(messages, deleted, true)
  }
}
