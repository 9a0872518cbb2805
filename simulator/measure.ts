// Measures what the simulator's state costs: phones × messages, one phone with a very long history, and a flood of live
// messages for a linked device that is away (what is encrypted and queued, without what a client costs).
//   node simulator/measure.ts [--phones 200] [--messages 5000] [--chats 60] [--long 1000000] [--flood 50000]
// Prints one JSON line last.
import { performance } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { Curve, proto } from '@whiskeysockets/baileys'
import { buildChunk } from './state/history/chunk.ts'
import { planChunks } from './state/history/plan.ts'
import type { Phone } from './phone.ts'
import { SignalDevice } from './signal/signal-device.ts'
import { Simulator } from './simulator.ts'

const { values } = parseArgs({
  options: {
    phones: { type: 'string', default: '200' },
    messages: { type: 'string', default: '5000' },
    chats: { type: 'string', default: '60' },
    long: { type: 'string', default: '1000000' },
    flood: { type: 'string', default: '50000' }
  }
})
const phones = Number(values.phones)
const messages = Number(values.messages)
const chats = Number(values.chats)
const long = Number(values.long)
const floodCount = Number(values.flood)

const megabytes = (): number => Math.round(process.memoryUsage.rss() / 1_048_576)
const seconds = (since: number): number => Math.round(performance.now() - since) / 1000

const chunksOf = (
  simulator: Simulator,
  phone: Phone
): { chunks: number; messages: number; bytes: number } => {
  const plan = simulator.network.syncPlanOf(phone.account)
  let bytes = 0
  let count = 0
  let chunks = 0
  for (const chunk of planChunks(phone.mailbox, plan, true)) {
    const built = buildChunk(phone.mailbox, chunk)
    count += built.conversations?.reduce((sum, { messages: inChat }) => sum + (inChat?.length ?? 0), 0) ?? 0
    bytes += proto.HistorySync.encode(built).finish().length
    chunks++
  }
  return { chunks, messages: count, bytes }
}

const started = performance.now()
const simulator = await Simulator.make()
const all = Array.from({ length: phones }, () => simulator.createPhone({ history: { chats, messages } }))
const readyS = seconds(started)
const readyMb = megabytes()

const truthStarted = performance.now()
let held = 0
for (const phone of all) for (const message of phone.heldMessages()) held += message.id.length > 0 ? 1 : 0
const truthS = seconds(truthStarted)

const chunkStarted = performance.now()
let pushed = 0
for (const phone of all) pushed += chunksOf(simulator, phone).messages
const chunksS = seconds(chunkStarted)
const allMb = megabytes()

const longStarted = performance.now()
const longPhone = simulator.createPhone({ history: { chats: 500, messages: long } })
const longChunks = chunksOf(simulator, longPhone)
const longS = seconds(longStarted)

/** A linked device that nobody is behind: its keys are real, it never connects. */
const linkAbsentDevice = (phone: Phone): void => {
  const { identity, registrationId, signedPreKey } = new SignalDevice(Curve.generateKeyPair()).bundle()
  const keys = { noiseKey: Buffer.alloc(32), identity, registrationId, signedPreKey }
  simulator.network.addCompanion(phone.account, phone.account.takeDeviceNumber(), keys, {})
}

const flooded = simulator.createPhone({ history: { chats: 8, messages: 80, groupsShare: 0 } })
linkAbsentDevice(flooded)
const beforeFloodMb = megabytes()
const flood = await flooded.flood({ count: floodCount })
const floodMb = megabytes() - beforeFloodMb

const result = {
  phones,
  messagesEach: messages,
  readySeconds: readyS,
  readyRssMb: readyMb,
  heldMessages: held,
  truthSeconds: truthS,
  pushedMessages: pushed,
  chunkSeconds: chunksS,
  allRssMb: allMb,
  long: {
    messages: longChunks.messages,
    chunks: longChunks.chunks,
    mb: Math.round(longChunks.bytes / 1_048_576),
    seconds: longS
  },
  flood: {
    messages: flood.count,
    seconds: flood.milliseconds / 1000,
    perSecond: Math.round((flood.count * 1000) / flood.milliseconds),
    rssMb: floodMb
  },
  endRssMb: megabytes()
}
await simulator.stop()
process.stdout.write(`${JSON.stringify(result)}\n`)
