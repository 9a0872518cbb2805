// What storing costs with each store: the same history in chunks through ingest, until applications can read it; then the
// same history once more. Firestore's writes and reads are those that the local server counted.
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Effect, Layer, ManagedRuntime } from 'effect'
import { databaseOn } from '../harness/firestore.ts'
import { temporaryFolder } from '../harness/server-process.ts'
import type { Fact } from '../src/domain/fact.ts'
import { NO_DETAILS } from '../src/domain/message.ts'
import { AccountStore } from '../src/services/conversations/account-store.ts'
import { Ingest } from '../src/services/intake/ingest.ts'
import { Publisher } from '../src/services/firestore/publish/publisher.ts'
import { installTracking } from '../src/services/firestore/publish/tracking.ts'
import { servicesOn } from '../test/services/database.ts'
import { ACCOUNT as RECORD } from '../test/services/outbox/account.ts'
import { Child } from './child.ts'
import type { FirestoreQuestions } from './firestore-process.ts'
import { rounded } from './percentile.ts'
import { wholeOption } from '../harness/options.ts'

export const STORE_USAGE = `store     the same history into each store, twice
    --messages N        how many (100000)
    --chats N           in how many chats (200)
    --chunk-messages N  how many in one chunk (5000)
    --json              nothing but the result`

export const ACCOUNT = RECORD.accountId
const T0 = Date.UTC(2026, 0, 1)
const ASK_EVERY_MS = 20

export const historyOf = (messages: number, chats: number): ReadonlyArray<Fact> =>
  Array.from({ length: messages }, (_, n): Fact => {
    // Chat by chat, as phones send it.
    const chat = `49151${String(Math.floor((n * chats) / messages)).padStart(8, '0')}@s.whatsapp.net`
    const mine = n % 3 === 0
    return {
      kind: 'message',
      chat: { jid: chat },
      sender: mine ? 'me' : { jid: chat },
      whatsAppId: `3EB0${n.toString(16).toUpperCase().padStart(18, '0')}`,
      timestamp: T0 + n * 1000,
      type: 'text',
      body: `Message number ${n} of a history that is as long as messages are`,
      ...NO_DETAILS,
      mentions: [],
      event: null,
      quoted: null,
      status: mine ? 'read' : 'received',
      reactions: [],
      raw: new Uint8Array(80).fill(n % 256),
      live: false
    }
  })

export const chunked = <A>(all: ReadonlyArray<A>, size: number): ReadonlyArray<ReadonlyArray<A>> =>
  Array.from({ length: Math.ceil(all.length / size) }, (_, n) => all.slice(n * size, (n + 1) * size))

export const applied = (chunks: ReadonlyArray<ReadonlyArray<Fact>>) =>
  Ingest.use(ingest =>
    Effect.forEach(
      chunks,
      facts => Effect.andThen(ingest.apply(ACCOUNT, facts, Effect.void), Effect.yieldNow),
      {
        discard: true
      }
    )
  )

export const account = AccountStore.use(accounts => accounts.create(RECORD))

const allShown = Publisher.use(publisher =>
  Effect.gen(function* () {
    while ((yield* publisher.status).waiting > 0) yield* Effect.sleep(ASK_EVERY_MS)
  })
)

export const seconds = async (work: () => Promise<unknown>): Promise<number> => {
  const started = performance.now()
  await work()
  return (performance.now() - started) / 1000
}

type Chunks = ReadonlyArray<ReadonlyArray<Fact>>

const intoSqlite = async (chunks: Chunks) => {
  const folder = temporaryFolder()
  const runtime = ManagedRuntime.make(servicesOn(join(folder.path, 'backscroll.db')))
  try {
    await runtime.runPromise(account)
    const first = await seconds(() => runtime.runPromise(applied(chunks)))
    const second = await seconds(() => runtime.runPromise(applied(chunks)))
    return { first, second }
  } finally {
    await runtime.dispose()
    folder.remove()
  }
}

const intoFirestore = async (chunks: Chunks) => {
  const folder = temporaryFolder()
  const child = new Child<FirestoreQuestions>('firestore-process.ts')
  const emulator = await child.ask('host', null)
  const runtime = ManagedRuntime.make(
    Publisher.layer({ rampUp: false }).pipe(
      Layer.provideMerge(databaseOn(emulator, 'demo-bench')),
      Layer.provideMerge(servicesOn(join(folder.path, 'backscroll.db')))
    )
  )
  try {
    await runtime.runPromise(installTracking)
    await runtime.runPromise(account)
    runtime.runFork(Publisher.use(({ loop }) => loop))
    const pass = async () => {
      const before = await child.ask('tally', null)
      const ingested = await seconds(() => runtime.runPromise(applied(chunks)))
      const rest = await seconds(() => runtime.runPromise(allShown))
      const after = await child.ask('tally', null)
      return {
        ingested,
        shown: ingested + rest,
        writes: after.writes - before.writes,
        deletes: after.deletes - before.deletes,
        reads: after.reads - before.reads,
        messages: after.messages - before.messages
      }
    }
    return { first: await pass(), second: await pass() }
  } finally {
    await runtime.dispose()
    await child.stop()
    folder.remove()
  }
}

export const store = async (args: ReadonlyArray<string>): Promise<object> => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      messages: { type: 'string', default: '100000' },
      chats: { type: 'string', default: '200' },
      'chunk-messages': { type: 'string', default: '5000' },
      json: { type: 'boolean', default: false }
    }
  })
  const say = (text: string): void => void (values.json || process.stderr.write(`${text}\n`))
  const messages = wholeOption('messages', values.messages, 10_000_000)
  const chats = wholeOption('chats', values.chats, messages)
  const chunkMessages = wholeOption('chunk-messages', values['chunk-messages'], 100_000)
  const chunks = chunked(historyOf(messages, chats), chunkMessages)

  say(`${messages} messages into SQLite, twice …`)
  const sqlite = await intoSqlite(chunks)
  say('The same into Firestore, on a local server of its own process, twice …')
  const { first, second } = await intoFirestore(chunks)
  const perSecond = { sqlite: messages / sqlite.first, firestore: messages / first.shown }
  return {
    bench: 'store',
    messages,
    chats,
    chunkMessages,
    sqlite: {
      messagesPerSecond: Math.round(perSecond.sqlite),
      secondPassPerSecond: Math.round(messages / sqlite.second)
    },
    firestore: {
      messagesPerSecond: Math.round(perSecond.firestore),
      ingestedPerSecond: Math.round(messages / first.ingested),
      writesPerMessage: rounded(first.messages / messages, 3),
      otherWrites: first.writes - first.messages,
      readsPerMessage: rounded(first.reads / messages, 3),
      deletes: first.deletes,
      secondPass: { writes: second.writes, deletes: second.deletes, reads: second.reads },
      secondPassPerSecond: Math.round(messages / second.shown)
    },
    ratioOfFirestoreToSqlite: rounded(perSecond.firestore / perSecond.sqlite, 3)
  }
}
