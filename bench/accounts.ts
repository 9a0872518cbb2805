// What many idle accounts cost: memory for each against a bare socket of Baileys, the start of all, and how they come back
// after an outage of WhatsApp's.
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { residentMiB } from '../harness/process-memory.ts'
import { ServerProcess, temporaryFolder } from '../harness/server-process.ts'
import type { BareQuestions } from './bare-sockets.ts'
import { Child } from './child.ts'
import { forEach, linkAll, progress, STANDARDS, untilOnline, watchDelay } from './many-accounts.ts'
import { wholeOption } from '../harness/options.ts'
import type { WhatsAppQuestions } from './whatsapp-process.ts'

export const ACCOUNTS_USAGE = `accounts  many idle accounts: memory, start, and an outage of WhatsApp's
    --count N           how many, the first 25 of which are not counted for the memory (500)
    --bare N            of how many bare sockets the memory is measured (100)
    --pace DURATION     START_PACE of the server (its standard, 100ms)
    --outage SECONDS    how long WhatsApp refuses everybody (10)
    --json              nothing but the result`

const SETTLE_MS = 5000
/** Linked before memory is measured, on both sides: what the first ones cost is code that all share. */
const FIRST = 25

const parsed = (args: ReadonlyArray<string>) => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      count: { type: 'string', default: '500' },
      bare: { type: 'string', default: '100' },
      pace: { type: 'string', default: '100ms' },
      outage: { type: 'string', default: '10' },
      json: { type: 'boolean', default: false }
    }
  })
  const pace = /^(\d{1,6})(ms|s)$/.exec(values.pace)
  if (pace === null) throw new RangeError('--pace takes a duration: 100ms or 1s')
  const count = wholeOption('count', values.count, 5000)
  if (count <= FIRST) throw new RangeError(`--count is more than ${FIRST}`)
  return {
    count,
    bareCount: wholeOption('bare', values.bare, 5000),
    outageMs: wholeOption('outage', values.outage, 600) * 1000,
    pace: values.pace,
    paceMs: Number(pace[1]) * (pace[2] === 's' ? 1000 : 1),
    json: values.json
  }
}

/** Resident memory of a process after garbage collection, MiB. */
const heldMiB = async (pid: number): Promise<number> => {
  if (residentMiB(pid) === 0) throw new Error('Memory can be measured on Linux only')
  process.kill(pid, 'SIGUSR2')
  await pause(SETTLE_MS)
  return residentMiB(pid)
}

const COLLECTABLE = ['--import', join(import.meta.dirname, 'memory.ts')]

/** The most that fall into any window of a second. */
const mostInASecond = (times: ReadonlyArray<number>): number => {
  const sorted = times.toSorted((a, b) => a - b)
  let first = 0
  return sorted.reduce((most, at, index) => {
    while ((sorted[first] ?? at) <= at - 1000) first += 1
    return Math.max(most, index - first + 1)
  }, 0)
}

const bareSockets = async (
  whatsapp: Child<WhatsAppQuestions>,
  url: string,
  count: number,
  onLinked: () => void
): Promise<number> => {
  const bare = new Child<BareQuestions>('bare-sockets.ts', { execArgv: COLLECTABLE })
  const link = async (number: number): Promise<void> => {
    await whatsapp.ask('scan', await bare.ask('link', { number, url }))
    await bare.ask('online', number)
  }
  try {
    await forEach(FIRST, link)
    const before = await heldMiB(bare.pid)
    await forEach(count, async number => {
      await link(FIRST + number)
      onLinked()
    })
    return ((await heldMiB(bare.pid)) - before) / count
  } finally {
    await bare.stop()
  }
}

export const accounts = async (args: ReadonlyArray<string>): Promise<object> => {
  const { bareCount, count, json, outageMs, pace, paceMs } = parsed(args)
  const say = (text: string): void => void (json || process.stderr.write(`${text}\n`))
  const folder = temporaryFolder()
  const whatsapp = new Child<WhatsAppQuestions>('whatsapp-process.ts')
  let server: ServerProcess | undefined
  try {
    const settings = await whatsapp.ask('settings', null)
    say(`Linking ${bareCount} bare sockets …`)
    const url = settings['WHATSAPP_URL'] ?? ''
    const bareMiB = await bareSockets(whatsapp, url, bareCount, progress(bareCount, say))

    const start = (startPace: string): Promise<ServerProcess> =>
      ServerProcess.start({
        dataDir: join(folder.path, 'data'),
        settings: {
          ...settings,
          NODE_OPTIONS: COLLECTABLE.join(' '),
          ...STANDARDS,
          START_PACE: startPace
        }
      })
    say(`Linking ${count} accounts …`)
    const scan = (qr: string) => whatsapp.ask('scan', qr)
    server = await start('0ms')
    await linkAll(server, FIRST, scan)
    await untilOnline(server, FIRST)
    await server.stop()

    // By now all that Node compiles is cached, as it is for the server with all accounts.
    server = await start('0ms')
    await untilOnline(server, FIRST)
    await pause(SETTLE_MS)
    const few = await heldMiB(server.pid)
    await linkAll(server, count - FIRST, scan, progress(count - FIRST, say))
    await untilOnline(server, count)
    await server.stop()

    say('Starting with all of them …')
    await whatsapp.ask('tries', null)
    const startedAt = Date.now()
    server = await start(pace)
    const delayAtStart = watchDelay(server)
    await untilOnline(server, count)
    const startMs = Date.now() - startedAt
    const startTries = await whatsapp.ask('tries', null)
    const loopAtStart = await delayAtStart()
    await pause(SETTLE_MS * 2)
    const full = await heldMiB(server.pid)

    say(`WhatsApp refuses everybody for ${outageMs / 1000} s …`)
    const delayInOutage = watchDelay(server)
    await whatsapp.ask('beginOutage', null)
    await pause(outageMs)
    await whatsapp.ask('endOutage', null)
    const endedAt = Date.now()
    await untilOnline(server, count)
    const backMs = Date.now() - endedAt
    const outageTries = await whatsapp.ask('tries', null)
    const loopInOutage = await delayInOutage()
    await pause(SETTLE_MS)
    const afterwards = await heldMiB(server.pid)
    const accountMiB = (full - few) / (count - FIRST)
    return {
      bench: 'accounts',
      accounts: count,
      bareSockets: bareCount,
      mibAnAccount: Number(accountMiB.toFixed(3)),
      mibABareSocket: Number(bareMiB.toFixed(3)),
      ratioToBareSocket: Number((accountMiB / bareMiB).toFixed(2)),
      serverMiB: {
        withTheFirst: Math.round(few),
        with: Math.round(full),
        afterTheOutage: Math.round(afterwards)
      },
      startPaceMs: paceMs,
      /** What the pace allows. */
      mostAttemptsASecondAllowed: paceMs === 0 ? null : Math.ceil(1000 / paceMs),
      start: {
        secondsToAllOnline: Number((startMs / 1000).toFixed(1)),
        mostAttemptsInASecond: mostInASecond(startTries),
        eventLoopDelayMs: loopAtStart
      },
      outage: {
        seconds: outageMs / 1000,
        secondsToAllOnline: Number((backMs / 1000).toFixed(1)),
        attempts: outageTries.length,
        mostAttemptsInASecond: mostInASecond(outageTries),
        eventLoopDelayMs: loopInOutage
      }
    }
  } finally {
    await server?.kill()
    await whatsapp.stop()
    folder.remove()
  }
}
