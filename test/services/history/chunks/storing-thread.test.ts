// History is stored by a thread of its own, while the main thread stores what comes live.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Effect, Fiber, Layer, ManagedRuntime } from 'effect'
import { SqlClient } from 'effect/sql'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../../harness/server-process.ts'
import type { Fact } from '../../../../src/domain/fact.ts'
import { Identity } from '../../../../src/services/conversations/identity.ts'
import { StoringThread } from '../../../../src/services/history/chunks/storing-thread.ts'
import { topic, Wakes } from '../../../../src/services/process/wakes.ts'
import { packFacts } from '../../../../src/services/whatsapp/chunk/packed-facts.ts'
import { ACCOUNT, apply, message, T0 } from '../../conversations/facts.ts'
import { servicesOn } from '../../database.ts'

/** That of the bundle: it begins in a third of the time. */
const THREAD = new URL('../../../../build/storing-thread.js', import.meta.url)

type Services = Layer.Success<ReturnType<typeof servicesOn>> | StoringThread

/** Runs a program on a new database file, with a thread that stores beside it. */
const onFile = async <A, E>(
  program: Effect.Effect<A, E, Services>,
  thread: (folder: string) => URL = () => THREAD
): Promise<A> => {
  const folder = temporaryFolder()
  const database = join(folder.path, 'stored.db')
  const runtime = ManagedRuntime.make(
    StoringThread.layer({ database, file: thread(folder.path) }).pipe(
      Layer.provideMerge(servicesOn(database))
    )
  )
  try {
    return await runtime.runPromise(program)
  } finally {
    await runtime.dispose()
    folder.remove()
  }
}

const phoneOf = (n: number) => `49${1000 + n}@s.whatsapp.net`
const lidOf = (n: number) => `${7000 + n}@lid`

const PEOPLE = 40
const MESSAGES = 1500

/** Of many people, some under their number and some under their LID: which belong together is said in the middle. */
const history: ReadonlyArray<Fact> = Array.from({ length: MESSAGES }, (_, n): ReadonlyArray<Fact> => {
  const person = n % PEOPLE
  const jid = n % 3 === 0 ? lidOf(person) : phoneOf(person)
  const said: ReadonlyArray<Fact> =
    n % 97 === 0 ? [{ kind: 'samePerson', phoneJid: phoneOf(person), lidJid: lidOf(person), at: T0 + n }] : []
  return [
    message(`H${n}`, { chat: { jid }, sender: { jid }, timestamp: T0 + n * 1000, live: false }),
    ...said
  ]
}).flat()

const live = (n: number): ReadonlyArray<Fact> => {
  const person = n % PEOPLE
  const [jid, alt] = n % 2 === 0 ? [lidOf(person), phoneOf(person)] : [phoneOf(person), lidOf(person)]
  // Every fourth shows both addresses.
  const chat = n % 4 === 0 ? { jid, alt } : { jid }
  return [message(`L${n}`, { chat, sender: chat, timestamp: T0 + n * 1000 + 500 })]
}

const store = (facts: ReadonlyArray<Fact>) =>
  StoringThread.use(thread => thread.store(ACCOUNT, packFacts(facts), T0))

/** By whom each message is stored, as the first message of that thread: which address names a thread depends on the order. */
const together = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<{ id: string; threadId: string }>`SELECT whatsapp_id AS id, thread_id FROM messages`
  const threads = Map.groupBy(rows, ({ threadId }) => threadId)
  return [...threads.values()]
    .map(found =>
      found
        .map(({ id }) => id)
        .toSorted()
        .join(' ')
    )
    .toSorted()
})

const samePeople: ReadonlyArray<Fact> = Array.from({ length: PEOPLE }, (_, n) => ({
  kind: 'samePerson',
  phoneJid: phoneOf(n),
  lidJid: lidOf(n),
  at: T0 + MESSAGES
}))

test('messages of both threads are in the right conversations, whoever learns first which addresses belong together', async () => {
  const both = await onFile(
    Effect.gen(function* () {
      const storing = yield* Effect.forkChild(store(history), { startImmediately: true })
      for (let n = 0; n < 200; n += 1) yield* apply(...live(n))
      expect(yield* Fiber.join(storing)).toBe(MESSAGES)
      yield* apply(...samePeople)
      return yield* together
    })
  )
  const alone = await onFile(
    Effect.gen(function* () {
      yield* apply(...history)
      for (let n = 0; n < 200; n += 1) yield* apply(...live(n))
      yield* apply(...samePeople)
      return yield* together
    })
  )
  expect(both).toHaveLength(PEOPLE)
  expect(both).toEqual(alone)
})

test('what the thread has stored of people is known to the main thread', () =>
  onFile(
    Effect.gen(function* () {
      const pairs = samePeople.filter(fact => fact.kind === 'samePerson')
      yield* apply(...live(1))
      yield* store([...samePeople, ...history])
      const identity = yield* Identity
      expect(yield* identity.linkedAmong(ACCOUNT, pairs)).toEqual(pairs)
      for (let n = 0; n < PEOPLE; n += 1)
        expect(yield* identity.resolve(ACCOUNT, { jid: phoneOf(n) })).toBe(
          yield* identity.resolve(ACCOUNT, { jid: lidOf(n) })
        )
    })
  ))

test('what is interrupted ends after a slice, and others can write', () =>
  onFile(
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const storing = yield* Effect.forkChild(store(history), { startImmediately: true })
      const stored = Effect.map(sql`SELECT 1 FROM messages LIMIT 1`, rows => rows.length > 0)
      yield* Effect.repeat(stored, { until: found => found })
      yield* Fiber.interrupt(storing)
      yield* apply(...live(1))
      expect((yield* together).flatMap(ids => ids.split(' '))).toContain('L1')
      // Taken once more from its beginning, nothing is there twice.
      expect(yield* store(history)).toBe(MESSAGES)
      expect((yield* together).flatMap(ids => ids.split(' '))).toHaveLength(MESSAGES + 1)
    })
  ))

/** Takes the turn to write, and then ends. */
const CRASHING = (source: string, effect: string) => `
import { Effect } from '${effect}'
import { makeWriteTurns } from '${source}'
export default async ({ memory }) => {
  await Effect.runPromise(makeWriteTurns(memory.turns, 'beside').take)
  process.exit(1)
}`

test('what a thread leaves that crashes is stored by the main thread; everybody looks for what it may have left', () =>
  onFile(
    Effect.gen(function* () {
      const wakes = yield* Wakes
      const waiter = yield* wakes.waiter(topic('anything'), ACCOUNT)
      yield* waiter.reset
      expect(yield* store(history)).toBe(MESSAGES)
      yield* waiter.await
      yield* apply(...live(1))
      expect((yield* together).flatMap(ids => ids.split(' '))).toHaveLength(MESSAGES + 1)
    }).pipe(Effect.scoped),
    folder => {
      const source = new URL('../../../../src/services/database/sqlite/write-turns.ts', import.meta.url).href
      const file = join(folder, 'crashing.mjs')
      writeFileSync(file, CRASHING(source, import.meta.resolve('effect')))
      return pathToFileURL(file)
    }
  ))

test('a database that refuses is told with its reason', () =>
  onFile(
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* sql`DROP TABLE messages`
      const failed = yield* Effect.flip(store(history))
      expect(failed._tag).toBe('DatabaseError')
      expect(String(failed.cause)).toContain('no such table: messages')
      yield* sql`CREATE TABLE after (n INTEGER)`
    })
  ))
