// An export holds every message that was there when it began exactly once, whatever happens meanwhile.
import { Effect, Stream } from 'effect'
import { SqlClient } from 'effect/sql'
import { expect, test } from 'vitest'
import type { Fact } from '../../../src/domain/fact.ts'
import { newAccount } from '../../../src/domain/account.ts'
import { messageIdOf, threadIdOf } from '../../../src/domain/ids.ts'
import { AccountStore } from '../../../src/services/conversations/account-store.ts'
import { ExportStore } from '../../../src/services/conversations/export-store.ts'
import { type ExportLine, exportOf } from '../../../src/services/conversations/export.ts'
import { MessageStore } from '../../../src/services/conversations/message-store.ts'
import { ThreadStore } from '../../../src/services/conversations/thread-store.ts'
import { onDatabase } from '../database.ts'
import { ACCOUNT, ANN, ANN_LID, apply, GROUP, message, T0 } from './facts.ts'

const ONE: Fact = { kind: 'samePerson', phoneJid: ANN, lidJid: ANN_LID, at: 0 }
const lid = { chat: { jid: ANN_LID }, sender: { jid: ANN_LID } }

const account = AccountStore.use(accounts =>
  accounts.create(newAccount({ accountId: ACCOUNT, name: 'Shop', createdAt: 1 }))
)

/** All lines; `between` runs after each batch, while the export is not at its end yet. */
const exported = Effect.fnUntraced(function* <E = never, R = never>(
  between: (batch: number) => Effect.Effect<unknown, E, R> = () => Effect.void
) {
  const accounts = yield* AccountStore
  const exports = yield* ExportStore
  const threads = yield* ThreadStore
  const lines: Array<ExportLine> = []
  let batches = 0
  const all = exportOf({ accounts, exports, threads, turn: Effect.yieldNow }, yield* threads.ids(ACCOUNT), {})
  yield* Stream.runForEach(all, batch => {
    lines.push(...batch)
    return between(batches++)
  })
  return lines
})

const idsOf = (lines: ReadonlyArray<ExportLine>) =>
  lines.flatMap(line => (line.kind === 'message' ? [line.message.whatsAppId] : []))

const many = (prefix: string, extra: Parameters<typeof message>[1] = {}) =>
  Array.from({ length: 450 }, (_, index) =>
    message(`${prefix}${index}`, { timestamp: T0 + Math.floor(index / 50) * 1000, live: false, ...extra })
  )

const ids = (...prefixes: ReadonlyArray<string>) =>
  prefixes.flatMap(prefix => Array.from({ length: 450 }, (_, index) => `${prefix}${index}`))

test('oldest first, thread by thread, without what comes meanwhile', async () => {
  const lines = await onDatabase(
    Effect.gen(function* () {
      yield* account
      yield* apply(...many('A'), ...many('G', { chat: { jid: GROUP } }))
      return yield* exported(batch =>
        apply(message(`NEW${batch}`), message(`OLD${batch}`, { timestamp: T0 - 5000 }))
      )
    })
  )
  expect(idsOf(lines).toSorted()).toEqual(ids('A', 'G').toSorted())
  const times = lines.flatMap(line =>
    line.kind === 'message' && line.message.threadId === threadIdOf(ACCOUNT, ANN)
      ? [line.message.tsClient]
      : []
  )
  expect(times).toEqual(times.toSorted((a, b) => a - b))
  expect(lines.at(-1)).toEqual({ kind: 'end', threads: 2, messages: 900 })
})

test.each([0, 1, 2, 3, 4, 5])(
  'threads that are merged after batch %i lose and repeat nothing',
  async when => {
    const lines = await onDatabase(
      Effect.gen(function* () {
        yield* account
        yield* apply(...many('A'), ...many('L', lid))
        return yield* exported(batch => (batch === when ? apply(ONE) : Effect.void))
      })
    )
    expect(idsOf(lines).toSorted()).toEqual(ids('A', 'L').toSorted())
    expect(lines.at(-1)).toMatchObject({ kind: 'end', messages: 900 })
  }
)

test('what is sent while it is exported, and so gets another time, comes once', async () => {
  const lines = await onDatabase(
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* account
      yield* apply(...many('A'))
      const thread = threadIdOf(ACCOUNT, ANN)
      for (const [id, timestamp] of [
        ['EARLY', T0 + 1000],
        ['LATE', T0 + 900_000]
      ] as const) {
        yield* apply(message(id, { sender: 'me', status: 'queued', timestamp }))
        yield* sql`INSERT INTO outbox (account_id, thread_id, message_id, whatsapp_id, to_jid, content, status, next_attempt_at,
            created_at, updated_at)
          VALUES (${ACCOUNT}, ${thread}, ${messageIdOf('me', id)}, ${id}, ${ANN}, '{}', 'queued', 1, 1, 1)`
      }
      return yield* exported(batch =>
        batch !== 1
          ? Effect.void
          : Effect.andThen(
              sql`UPDATE outbox SET status = 'sent'`,
              MessageStore.use(messages =>
                messages.change(
                  ACCOUNT,
                  // The one after what was exported already, the other before it.
                  [
                    { id: 'EARLY', at: T0 + 800_000 },
                    { id: 'LATE', at: T0 + 1000 }
                  ].map(({ at, id }) => ({
                    threadId: thread,
                    messageId: messageIdOf('me', id),
                    change: { to: 'timed' as const, at }
                  }))
                )
              )
            )
      )
    })
  )
  expect(idsOf(lines).toSorted()).toEqual([...ids('A'), 'EARLY', 'LATE'].toSorted())
})

test('an account that is removed meanwhile leaves an export that does not say it is whole', async () => {
  await onDatabase(
    Effect.gen(function* () {
      const accounts = yield* AccountStore
      yield* account
      yield* apply(...many('A'))
      const error = yield* Effect.flip(
        exported(batch => (batch === 1 ? accounts.remove(ACCOUNT) : Effect.void))
      )
      expect(error).toMatchObject({ _tag: 'DatabaseError' })
    })
  )
})
