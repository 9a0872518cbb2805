// A flood of live messages, part of it while the server is away: it must not grow with what waits, must lose and double
// nothing, and keep each conversation in order.
//   npm run chaos:flood -- --messages 50000
// Prints one JSON line last; exit code 0 only when everything is there once and in order.
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { wholeOption } from '../../harness/options.ts'
import { residentMiB } from '../../harness/process-memory.ts'
import { linkAccount, simulatorSettings } from '../../harness/simulated.ts'
import { ServerProcess, type StartServer, temporaryFolder } from '../../harness/server-process.ts'
import { Simulator } from '../../simulator/simulator.ts'

export interface FloodResult {
  readonly messages: number
  readonly stored: number
  readonly lost: number
  readonly duplicated: number
  readonly out_of_order: number
  /** Resident memory of the server at its highest, over that before the flood. */
  readonly memory_growth: number
  readonly peak_mib: number
  readonly messages_per_second: number
}

const LOOK_EVERY_MS = 250

export const flood = async (options: {
  readonly messages: number
  readonly start?: StartServer
  readonly log: (text: string) => void
}): Promise<FloodResult> => {
  const { start = given => ServerProcess.start(given) } = options
  const simulator = await Simulator.make({ seed: 5 })
  const folder = temporaryFolder()
  const settings = simulatorSettings(simulator)
  let server = await start({ dataDir: folder.path, settings })
  await using left = new AsyncDisposableStack()
  left.defer(async () => {
    await server.dispose()
    await simulator.stop()
    folder.remove()
  })
  const phone = simulator.createPhone({ history: { chats: 5, messages: 50, groupsShare: 0 } })
  const accountId = await linkAccount(server.api, 'Flood', qr => phone.scanQr(qr))
  await server.api.untilAccount(
    accountId,
    'history',
    ({ counts, state }) => state === 'open' && counts.messages >= 50
  )

  const started = performance.now()
  const half = Math.ceil(options.messages / 2)
  const live = await phone.flood({ count: half, text: 'live' })
  await server.dispose()
  const away = await phone.flood({ count: options.messages - half, text: 'away' })
  options.log(
    `${live.count} live, ${away.count} while the server was away; ${phone.offlineQueue().length} wait at WhatsApp`
  )
  server = await start({ dataDir: folder.path, settings })
  const before = residentMiB(server.pid)
  let peak = before
  const expected = phone.truth().messages.length
  let stored = 0
  let unchanged = 0
  // Until everything is stored; a minute without anything new is the end.
  while (stored < expected && unchanged < 60_000 / LOOK_EVERY_MS) {
    const { counts } = await server.api.account(accountId)
    unchanged = counts.messages === stored ? unchanged + 1 : 0
    stored = counts.messages
    peak = Math.max(peak, residentMiB(server.pid))
    await pause(LOOK_EVERY_MS)
  }
  const seconds = (performance.now() - started) / 1000
  await simulator.until(() => phone.offlineQueue().length === 0, { timeoutMs: 60_000 })

  const seen = new Map<string, number>()
  let outOfOrder = 0
  for (const thread of await server.api.threads(accountId)) {
    const last: Record<string, number> = {}
    for (const message of (await server.api.messages(thread.threadId, 500)).toReversed()) {
      seen.set(message.whatsAppId, (seen.get(message.whatsAppId) ?? 0) + 1)
      const [, wave = '', number = ''] = /^(live|away) (\d+)$/.exec(message.body ?? '') ?? []
      if (wave === '') continue
      if (Number(number) < (last[wave] ?? -1)) outOfOrder += 1
      last[wave] = Number(number)
    }
  }
  return {
    messages: options.messages,
    stored,
    lost: phone.truth().messages.filter(({ id }) => !seen.has(id)).length,
    duplicated: [...seen.values()].filter(count => count > 1).length,
    out_of_order: outOfOrder,
    memory_growth: Math.round((peak / before) * 100) / 100,
    peak_mib: Math.round(peak),
    messages_per_second: Math.round(options.messages / seconds)
  }
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { messages: { type: 'string', default: '50000' } } })
  const result = await flood({
    messages: wholeOption('messages', values.messages, 1_000_000),
    log: text => console.log(text)
  })
  console.log(JSON.stringify(result))
  process.exit(result.lost + result.duplicated + result.out_of_order === 0 ? 0 : 1)
}
