// What reaches Firestore: each document once per real change, never two requests too large, nothing forgotten.
import { join } from 'node:path'
import { status } from '@grpc/grpc-js'
import { Effect } from 'effect'
import { SqlClient } from 'effect/sql'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import type { Fact } from '../../../../src/domain/fact.ts'
import { threadIdOf } from '../../../../src/domain/ids.ts'
import { AccountStore } from '../../../../src/services/conversations/account-store.ts'
import { ContactStore } from '../../../../src/services/conversations/contact-store.ts'
import { MessageStore } from '../../../../src/services/conversations/message-store.ts'
import { ThreadStore } from '../../../../src/services/conversations/thread-store.ts'
import { composeDocuments } from '../../../../src/services/firestore/publish/compose.ts'
import { Publisher } from '../../../../src/services/firestore/publish/publisher.ts'
import { enqueueEverything } from '../../../../src/services/firestore/publish/tracking.ts'
import { Incidents } from '../../../../src/services/incidents/incidents.ts'
import { temporaryFolder } from '../../../../harness/server-process.ts'
import { LocalFirestore } from '../../../firestore/server.ts'
import { ACCOUNT as RECORD } from '../../outbox/account.ts'
import { ACCOUNT, ANN, ANN_LID, apply, change, GROUP, message, T0 } from '../../conversations/facts.ts'
import { FirestoreWorld, newProject } from '../../conversations/world.ts'
import { thorough } from '../../../thorough.ts'

let server: LocalFirestore
beforeAll(async () => {
  server = await LocalFirestore.start()
})
afterAll(() => server.stop())

const makeWorld = async (): Promise<FirestoreWorld> => {
  const world = await FirestoreWorld.make(server.host)
  onTestFinished(() => world[Symbol.asyncDispose]())
  await world.run(AccountStore.use(accounts => accounts.create(RECORD)))
  return world
}

const THREAD = threadIdOf(ACCOUNT, ANN)

/** How many documents the work wrote, deleted and read. */
const cost = async (work: () => Promise<void>) => {
  const { deletes, reads, writes } = server.documents.tally
  await work()
  const { tally } = server.documents
  return { writes: tally.writes - writes, deletes: tally.deletes - deletes, reads: tally.reads - reads }
}

const MESSAGES = 100

test('the same history a second time writes nothing and reads nothing', async () => {
  const world = await makeWorld()
  const history = Array.from({ length: MESSAGES }, (_, n) =>
    message(`H${n}`, { timestamp: T0 + n * 1000, live: false, raw: new Uint8Array([n % 256]) })
  )
  const first = await cost(async () => {
    await world.run(apply(...history))
    await world.publish()
  })
  const second = await cost(async () => {
    await world.run(apply(...history))
    await world.publish()
  })
  // The messages, their thread, the account.
  expect(first).toEqual({ writes: MESSAGES + 2, deletes: 0, reads: 0 })
  expect(second).toEqual({ writes: 0, deletes: 0, reads: 0 })
})

test('a change that changes nothing an application sees writes nothing', async () => {
  const world = await makeWorld()
  await world.run(apply(message('A1')))
  await world.publish()
  const nothing = await cost(async () => {
    await world.run(AccountStore.use(accounts => accounts.update(ACCOUNT, { onlineAt: T0 })))
    await world.run(apply(message('A1')))
    await world.publish()
  })
  expect(nothing.writes).toBe(0)
})

test('everything noted again is compared, not written', async () => {
  const world = await makeWorld()
  await world.run(apply(message('A1'), message('A2')))
  await world.publish()
  const again = await cost(async () => {
    await world.run(enqueueEverything)
    await world.publish()
  })
  expect(again).toEqual({ writes: 0, deletes: 0, reads: 0 })
})

test('a message over 1 MiB keeps a truncated body with a mark, in whole characters', async () => {
  const world = await makeWorld()
  const body = '👍🏽'.repeat(200_000)
  await world.run(apply(message('A1', { body, raw: new Uint8Array(900_000) })))
  await world.publish()
  const found = (await world.database.doc(`threads/${THREAD}/messages/A1_them`).get()).data()

  expect(found).toMatchObject({ raw: null, truncated: ['raw', 'body'] })
  expect(body.startsWith(found?.['body'])).toBe(true)
  expect(found?.['body'].length).toBeGreaterThan(200_000)
  expect(found?.['body'].isWellFormed()).toBe(true)
  expect(await world.run(MessageStore.use(messages => messages.read(THREAD, 'A1_them')))).toMatchObject({
    body
  })
})

test('large messages are never together more than a request takes', async () => {
  const world = await makeWorld()
  const large = Array.from({ length: 18 }, (_, n) =>
    message(`L${n}`, { body: 'x'.repeat(n % 2 === 0 ? 900_000 : 440_000) })
  )
  await world.run(apply(...large))
  await world.publish()
  const { messages } = await world.view()
  expect(await messages(THREAD)).toHaveLength(18)
})

test('a new database is not written to faster than Google asks at first', async () => {
  await using world = await FirestoreWorld.make(server.host, undefined, newProject(), { rampUp: true })
  await world.run(AccountStore.use(accounts => accounts.create(RECORD)))
  await world.run(apply(...Array.from({ length: 1200 }, (_, n) => message(`R${n}`, { live: false }))))
  server.documents.tally.times.clear()
  await world.publish()
  const times = [...server.documents.tally.times.values()].flat().toSorted((a, b) => a - b)
  expect(times.length).toBeGreaterThan(1200)
  // Five hundred at once, and five hundred a second: a machine can be slower than that, but not faster.
  expect(times.at(-1)! - times[0]!).toBeGreaterThan(1000)
})

test('text with halves of characters is written as what can be read of it', async () => {
  const world = await makeWorld()
  await world.run(apply(message('A1', { body: 'broken \ud83d text' })))
  const { messages } = await world.view()
  expect(await messages(THREAD)).toMatchObject([{ body: 'broken \ufffd text' }])
})

test('a document of a name that Firestore reserves or splits cannot come up', async () => {
  const world = await makeWorld()
  await world.run(apply(message('__x__'), message('a/b'), message('..'), message('.')))
  const { messages } = await world.view()
  expect(await messages(THREAD)).toHaveLength(4)
})

/** What the publisher knows of a document, after a crash between a write and its record. */
const forgetOutcomes = (world: FirestoreWorld) =>
  world.run(
    SqlClient.SqlClient.use(
      sql => sql`UPDATE firestore_documents SET digest = NULL, maybe_there = 1, due = 0, noted_at = 0`
    )
  )

test('a document whose write was not recorded is deleted all the same', async () => {
  const world = await makeWorld()
  await world.run(apply(message('A1')))
  await world.publish()
  await forgetOutcomes(world)
  await world.run(AccountStore.use(accounts => accounts.remove(ACCOUNT)))
  await world.publish()
  expect((await world.database.collectionGroup('messages').get()).size).toBe(0)
  expect((await world.database.collection('threads').get()).size).toBe(0)
})

test('before a document is written, what Firestore has of it counts as unknown', async () => {
  const world = await makeWorld()
  await world.run(apply(message('A1')))
  await world.publish()
  server.failDocuments(status.ABORTED, name => name.includes('/threads/') && !name.includes('/messages/'), 1)
  const archived = (isArchived: boolean) =>
    world.run(
      ThreadStore.use(threads =>
        threads.putSettings(ACCOUNT, [
          { threadId: THREAD, setting: 'archived', value: Number(isArchived), at: 1 }
        ])
      )
    )
  await archived(true)
  await world.run(
    Effect.andThen(
      SqlClient.SqlClient.use(sql => sql`UPDATE firestore_documents SET due = 0 WHERE due IS NOT NULL`),
      Publisher.use(({ runOnce }) => runOnce)
    )
  )
  // Whether it was written nobody knows; that it is what it was before does not help.
  await archived(false)
  const again = await cost(() => world.publish())
  expect(again.writes).toBeGreaterThanOrEqual(1)
  expect((await world.database.doc(`threads/${THREAD}`).get()).get('archived')).toBe(false)
})

test('one document that fails for a time in a full round keeps nobody waiting', async () => {
  const world = await makeWorld()
  await world.run(apply(...Array.from({ length: 520 }, (_, n) => message(`F${n}`, { live: false }))))
  server.failDocuments(status.ABORTED, name => name.endsWith('F17_them'), 2)
  const { messages } = await world.view()
  expect(await messages(THREAD)).toHaveLength(520)
})

test('a row that cannot be read is told, and the others go on', async () => {
  const world = await makeWorld()
  await world.run(apply(message('A1'), message('A2')))
  await world.run(
    SqlClient.SqlClient.use(sql => sql`UPDATE messages SET status = 'odd' WHERE message_id = 'A1_them'`)
  )
  await world.publish()
  expect((await world.database.doc(`threads/${THREAD}/messages/A2_them`).get()).exists).toBe(true)
  const told = await world.run(Incidents.use(({ list }) => list({ limit: 10 })))
  expect(told).toMatchObject([{ kind: 'firestore.refused', threadId: THREAD, messageId: 'A1_them' }])
  expect(await world.run(Publisher.use(({ status: now }) => now))).toMatchObject({ waiting: 0, refused: 1 })
})

test('without a project everything waits, and is written once there is one', async () => {
  const folder = temporaryFolder()
  const file = join(folder.path, 'backscroll.db')
  const before = await FirestoreWorld.make(server.host, file, '')
  await before.run(AccountStore.use(accounts => accounts.create(RECORD)))
  await before.run(apply(message('A1')))
  await before.run(Publisher.use(({ runOnce }) => runOnce))
  expect(await before.run(Publisher.use(({ status: now }) => now))).toMatchObject({
    refused: 0,
    trouble: { reason: expect.any(String) }
  })
  await before[Symbol.asyncDispose]()

  await using after = await FirestoreWorld.make(server.host, file)
  const { messages } = await after.view()
  expect(await messages(THREAD)).toHaveLength(1)
  folder.remove()
})

/** Anything that may happen to an account, in an order that fast-check chooses. */
const happening = fc.oneof(
  fc
    .record({ n: fc.nat(5), at: fc.nat(9), in: fc.constantFrom(ANN, ANN_LID, GROUP), live: fc.boolean() })
    .map(({ at, in: jid, live, n }): Fact =>
      message(`M${n}`, {
        chat: { jid },
        sender: { jid: jid === GROUP ? ANN : jid },
        timestamp: T0 + at * 1000,
        live
      })
    ),
  fc
    .record({ n: fc.nat(5), at: fc.nat(9) })
    .map(({ at, n }): Fact => change(`M${n}`, { to: 'edited', body: `edited ${at}`, at: T0 + at })),
  fc.nat(5).map((n): Fact => change(`M${n}`, { to: 'revoked', at: T0 })),
  fc
    .record({ n: fc.nat(5), emoji: fc.constantFrom('👍', '') })
    .map(({ emoji, n }): Fact => change(`M${n}`, { to: 'reacted', emoji, at: T0 })),
  fc.constant<Fact>({ kind: 'samePerson', phoneJid: ANN, lidJid: ANN_LID, at: 0 })
)

test('whatever happens, Firestore shows exactly what is stored', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(happening, fc.boolean(), fc.constantFrom('none', 'read', 'contact')), {
        maxLength: 25
      }),
      async happenings => {
        await using world = await FirestoreWorld.make(server.host)
        await world.run(AccountStore.use(accounts => accounts.create(RECORD)))
        for (const [fact, isPublished, also] of happenings) {
          await world.run(apply(fact))
          if (also === 'read')
            await world.run(ThreadStore.use(threads => threads.markRead(ACCOUNT, THREAD, 'everything')))
          if (also === 'contact') {
            await world.run(
              ContactStore.use(contacts => contacts.put(ACCOUNT, [{ contactJid: ANN, name: 'Ann' }]))
            )
          }
          if (isPublished) await world.publish()
        }
        await world.publish()

        const shown = new Map<string, unknown>()
        for (const name of ['accounts', 'threads', 'contacts', 'incidents']) {
          const found = await world.database.collection(name).get()
          for (const document of found.docs) shown.set(document.ref.path, document.data())
        }
        const messages = await world.database.collectionGroup('messages').get()
        for (const document of messages.docs) shown.set(document.ref.path, document.data())
        const stored = await world.run(
          Effect.gen(function* () {
            const sql = yield* SqlClient.SqlClient
            yield* enqueueEverything
            const rows = yield* sql<{ path: string }>`SELECT path FROM firestore_documents`
            return (yield* composeDocuments(
              sql,
              rows.map(({ path }) => path)
            )).documents
          })
        )
        expect(Object.fromEntries(shown)).toEqual(Object.fromEntries(stored))
      }
    ),
    { numRuns: thorough(3, 200) }
  )
})
