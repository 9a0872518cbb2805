// What the two threads of a history cost, without a server around them and without WhatsApp: the same chunks are read, and stored, one after
// the other. Processor time says more than a clock on a machine that does other things, too.
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { proto } from '@whiskeysockets/baileys'
import { Effect, Layer, ManagedRuntime } from 'effect'
import { wholeOption } from '../harness/options.ts'
import { temporaryFolder } from '../harness/server-process.ts'
import { openPrepared } from '../simulator/protocol/history/prepared.ts'
import { Simulator } from '../simulator/simulator.ts'
import { StoringThread } from '../src/services/history/chunks/storing-thread.ts'
import { ChunkReader } from '../src/services/whatsapp/chunk/reader.ts'
import { packedPartsOf, packFacts } from '../src/services/whatsapp/chunk/packed-facts.ts'
import { AccountProxies } from '../src/services/whatsapp/proxy/account-proxies.ts'
import { Proxies } from '../src/services/vault/proxies.ts'
import { servicesOn } from '../test/services/database.ts'
import { rounded } from './percentile.ts'
import { account, ACCOUNT } from './store.ts'

export const STEPS_USAGE = `steps     reading and storing one account's history, without a server: processor time of each
    --messages N        how many (200000)
    --chats N           in how many chats, every fifth a group (200)
    --chunk-messages N  how many in one chunk (5000)
    --json              nothing but the result`

const SELF = { jid: '4915550000000@s.whatsapp.net' }

/** So much of the history comes before what is measured: then everything is compiled. */
const WARM_UP = 0.25

const STORING = new URL('../src/app/threads/storing-thread.ts', import.meta.url)

/** The announcements of all chunks, each with the chunk in it. */
const announcements = async (
  folder: string,
  plan: { readonly messages: number; readonly chats: number; readonly chunkMessages: number }
): Promise<ReadonlyArray<Uint8Array>> => {
  const simulator = await Simulator.make({ seed: 1 })
  const phone = simulator.createPhone({
    history: { ...plan, bootstrapPerChat: 0, recentShare: 0, inlineBelowBytes: 0 }
  })
  const chunks = phone.prepareHistory(folder)
  await simulator.stop()
  return chunks.map(chunk =>
    proto.Message.HistorySyncNotification.encode({
      initialHistBootstrapInlinePayload: openPrepared(chunk)
    }).finish()
  )
}

/** Runs the work; tells what it gives, and the processor time of all threads meanwhile, microseconds. */
const costOf = <A, E, R>(work: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const before = process.cpuUsage()
    const result = yield* work
    const { system, user } = process.cpuUsage(before)
    return { result, microseconds: system + user }
  })

const chunkCost = Effect.fnUntraced(function* (announcement: Uint8Array) {
  const reader = yield* ChunkReader
  const thread = yield* StoringThread
  const read = yield* costOf(reader.read({ accountId: ACCOUNT, self: SELF }, announcement, 0))
  const { conversations, people } = read.result
  const parts = [...packFacts(people), ...conversations.flatMap(({ facts }) => packedPartsOf(facts))]
  const stored = yield* costOf(thread.store(ACCOUNT, parts, 0))
  return {
    messages: stored.result,
    bytes: parts.reduce((sum, part) => sum + part.bytes.length, 0),
    reading: read.microseconds,
    storing: stored.microseconds
  }
})

const measured = (chunks: ReadonlyArray<Uint8Array>) =>
  Effect.gen(function* () {
    yield* account
    const costs = yield* Effect.forEach(chunks, chunkCost)
    return costs.slice(Math.ceil(costs.length * WARM_UP))
  })

export const steps = async (args: ReadonlyArray<string>): Promise<object> => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      messages: { type: 'string', default: '200000' },
      chats: { type: 'string', default: '200' },
      'chunk-messages': { type: 'string', default: '5000' },
      json: { type: 'boolean', default: false }
    }
  })
  const folder = temporaryFolder()
  const database = join(folder.path, 'backscroll.db')
  const runtime = ManagedRuntime.make(
    Layer.merge(
      ChunkReader.layer({ mediaBase: new URL('http://127.0.0.1'), keepStatuses: false }),
      StoringThread.layer({ database, file: STORING })
    ).pipe(
      Layer.provide(AccountProxies.layer({ defaultAddress: undefined })),
      Layer.provide(Proxies.layer),
      Layer.provideMerge(servicesOn(database))
    )
  )
  try {
    const chunks = await announcements(folder.path, {
      messages: wholeOption('messages', values.messages, 10_000_000),
      chats: wholeOption('chats', values.chats, 10_000),
      chunkMessages: wholeOption('chunk-messages', values['chunk-messages'], 100_000)
    })
    const costs = await runtime.runPromise(measured(chunks))
    const sum = (of: 'messages' | 'bytes' | 'reading' | 'storing') =>
      costs.reduce((total, cost) => total + cost[of], 0)
    const messages = sum('messages')
    return {
      bench: 'steps',
      messages,
      is: 'microseconds of processor time a message, of all threads together, once everything is compiled',
      reading: rounded(sum('reading') / messages, 1),
      storing: rounded(sum('storing') / messages, 1),
      bytesBetween: Math.round(sum('bytes') / messages)
    }
  } finally {
    await runtime.dispose()
    folder.remove()
  }
}
