// What it costs that the connections of many accounts end in the same moment: how long the event loop and the API stand still while
// all of them come back.
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { wholeOption } from '../harness/options.ts'
import { ServerProcess, temporaryFolder } from '../harness/server-process.ts'
import { Child } from './child.ts'
import { DELAY, linkAll, metrics, STANDARDS, untilOnline } from './many-accounts.ts'
import { percentile } from './percentile.ts'
import { profiling } from './profiling.ts'
import type { WhatsAppQuestions } from './whatsapp-process.ts'

export const RECONNECTS_USAGE = `reconnects  all connections end together: how long the event loop and the API stand still
    --count N           how many accounts (500)
    --rounds N          how often (3)
    --pace DURATION     START_PACE of the server (its standard, 100ms)
    --profile FOLDER    writes a CPU profile of the server there
    --json              nothing but the result`

const SETTLE_MS = 5000
const ASK_EVERY_MS = 20

const parsed = (args: ReadonlyArray<string>) => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      count: { type: 'string', default: '500' },
      rounds: { type: 'string', default: '3' },
      pace: { type: 'string', default: '100ms' },
      profile: { type: 'string' },
      json: { type: 'boolean', default: false }
    }
  })
  return {
    ...values,
    count: wholeOption('count', values.count, 2000),
    rounds: wholeOption('rounds', values.rounds, 100)
  }
}

const tenths = (ms: number | null): number => Number((ms ?? 0).toFixed(1))

/** Asks for a page of threads again and again until the returned function is called, which answers how long each answer took. */
const watchApi = (server: ServerProcess, accountId: string) => {
  const times: Array<number> = []
  let isWatching = true
  const watching = (async () => {
    while (isWatching) {
      const askedAt = performance.now()
      await server.api.threadPage(accountId)
      times.push(performance.now() - askedAt)
      await pause(ASK_EVERY_MS)
    }
  })()
  return async () => {
    isWatching = false
    await watching
    return times
  }
}

/** The event loop's delays between two looks at them, milliseconds: the worst p99 and the longest. */
const watchLoop = () => {
  const delays = { p99Worst: 0, max: 0 }
  const note = (metric: (name: string) => number): void => {
    delays.p99Worst = Math.max(delays.p99Worst, Math.round(metric(DELAY('0.99')) * 1000))
    delays.max = Math.max(delays.max, Math.round(metric(DELAY('1')) * 1000))
  }
  return { delays, note }
}

/** Ends all connections, and measures until all accounts are back. */
const measureRound = async (
  server: ServerProcess,
  whatsapp: Child<WhatsAppQuestions>,
  { accountId, count }: { readonly accountId: string; readonly count: number }
) => {
  // Until now it measured what was before.
  await metrics(server)
  const { delays, note } = watchLoop()
  await whatsapp.ask('tries', null)
  const stopAsking = watchApi(server, accountId)
  const startedAt = Date.now()
  await whatsapp.ask('disconnectAll', null)
  await whatsapp.ask('untilTries', count)
  await untilOnline(server, count, note)
  const seconds = (Date.now() - startedAt) / 1000
  const times = (await stopAsking()).toSorted((a, b) => a - b)
  return {
    secondsToAllOnline: Number(seconds.toFixed(1)),
    api: {
      requests: times.length,
      p50: tenths(percentile(times, 0.5)),
      p99: tenths(percentile(times, 0.99)),
      max: tenths(percentile(times, 1))
    },
    eventLoopDelay: delays
  }
}

export const reconnects = async (args: ReadonlyArray<string>): Promise<object> => {
  const { count, json, pace, profile, rounds } = parsed(args)
  const say = (text: string): void => void (json || process.stderr.write(`${text}\n`))
  const folder = temporaryFolder()
  const whatsapp = new Child<WhatsAppQuestions>('whatsapp-process.ts')
  let server: ServerProcess | undefined
  try {
    const settings = await whatsapp.ask('settings', null)
    const start = (more: Readonly<Record<string, string>>): Promise<ServerProcess> =>
      ServerProcess.start({
        dataDir: join(folder.path, 'data'),
        settings: { ...settings, ...STANDARDS, ...more }
      })
    say(`Linking ${count} accounts …`)
    const linking = (server = await start({ START_PACE: '0ms' }))
    const accountIds = await linkAll(linking, count, qr => whatsapp.ask('scan', qr))
    await untilOnline(server, count)
    await server.stop()

    server = await start({
      START_PACE: pace,
      ...profiling(profile)
    })
    await untilOnline(server, count)
    await pause(SETTLE_MS)
    const measured = []
    for (let round = 0; round < rounds; round += 1) {
      say(`All connections end (${round + 1} of ${rounds}) …`)
      measured.push(await measureRound(server, whatsapp, { accountId: accountIds[0] ?? '', count }))
      await pause(SETTLE_MS)
    }
    await server.stop()
    return { bench: 'reconnects', accounts: count, startPace: pace, unit: 'ms', rounds: measured }
  } finally {
    await server?.kill()
    await whatsapp.stop()
    folder.remove()
  }
}
