// What webhooks cost the intake: messages a second with many endpoints and without any, in turns.
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { wholeOption } from '../harness/options.ts'
import { processorMs } from '../harness/process-memory.ts'
import { SERVER_ENTRY, ServerProcess, temporaryFolder } from '../harness/server-process.ts'
import { linkAccount } from '../harness/simulated.ts'
import type { Webhook } from '../src/domain/webhook.ts'
import { Child } from './child.ts'
import { STANDARDS } from './many-accounts.ts'
import { medianOf } from './percentile.ts'
import { profiling } from './profiling.ts'
import { whenStored } from './stored.ts'
import type { TrafficQuestions } from './traffic-process.ts'
import type { ReceiverQuestions } from './webhook-receivers.ts'

export const WEBHOOKS_USAGE = `webhooks  live messages a second with webhooks and without, in turns
    --messages N        how many in a round (500)
    --rounds N          of each kind, in turns (4)
    --endpoints N       that get every event (50)
    --batch N           events in a request; 0: one (100)
    --logged N          events a second in all: what the messages do not make of them is appended to the log, in all rounds
                        (0: nothing is appended)
    --profile FOLDER    keep a CPU profile of the server there
    --json              nothing but the result`

/** The first messages are slower: code has to be compiled, sessions have to be made. */
const WARM_UP = 200
const MOST_WAIT_MS = 200
const LOOK_AGAIN_MS = 50

interface Setting {
  readonly server: ServerProcess
  readonly whatsapp: Child<TrafficQuestions>
  readonly receivers: Child<ReceiverQuestions>
  readonly urls: ReadonlyArray<string>
  readonly batch: number
  /** The number of the newest event. */
  readonly newest: () => number
  /** Deliveries that wait, as the database says: to ask the server for them would take of its time. */
  readonly waiting: () => number
  /** Completes when everything that was received is stored. */
  readonly stored: () => Promise<void>
  /** Begins and ends what is appended beside the messages. */
  readonly turnAppending: () => void
}

interface Round {
  /** Until they are stored. */
  readonly messagesPerSecond: number
  /** That were written to the log. */
  readonly loggedPerSecond: number
  readonly processorMs: number
}

const measure = async (
  { newest, server, stored, turnAppending, whatsapp }: Setting,
  count: number
): Promise<Round> => {
  const before = processorMs(server.pid)
  const [first, began] = [newest(), performance.now()]
  turnAppending()
  const acknowledgedMs = await whatsapp.ask('receive', { side: 'server', mix: 'direct', count })
  const acknowledged = performance.now()
  await stored()
  const milliseconds = acknowledgedMs + performance.now() - acknowledged
  turnAppending()
  return {
    messagesPerSecond: (count * 1000) / milliseconds,
    loggedPerSecond: ((newest() - first) * 1000) / (performance.now() - began),
    processorMs: processorMs(server.pid) - before
  }
}

const register = async ({ batch, server, urls }: Setting): Promise<ReadonlyArray<string>> => {
  const made: Array<string> = []
  for (const url of urls) {
    const body = { url, ...(batch === 0 ? {} : { batch: { maxEvents: batch, maxWaitMs: MOST_WAIT_MS } }) }
    const { webhook } = await server.api.webhooks<{ webhook: Webhook }>(201, 'POST', '', body)
    made.push(webhook.webhookId)
  }
  return made
}

interface RoundWith extends Round {
  readonly events: number
  readonly requests: number
  /** While messages came in, and in all. */
  readonly deliveredMeanwhile: number
  readonly deliveredPerSecond: number
  /** Deliveries that waited when the last message was stored. */
  readonly waiting: number
  readonly behindMs: number
  /** Of the server, for a request that was made after the last message. */
  readonly processorMsOfRequest: number
}

/** With webhooks, until everything is delivered. */
const measureWith = async (setting: Setting, count: number): Promise<RoundWith> => {
  const { receivers, server, waiting } = setting
  const ids = await register(setting)
  await receivers.ask('taken', null)
  const began = performance.now()
  const round = await measure(setting, count)
  const intakeMs = performance.now() - began
  const meanwhile = await receivers.ask('taken', null)
  const [left, processor] = [waiting(), processorMs(server.pid)]
  while (waiting() > 0) await setTimeout(LOOK_AGAIN_MS)
  const allMs = performance.now() - began
  const afterwards = await receivers.ask('taken', null)
  const processorAfterwards = processorMs(server.pid) - processor
  for (const id of ids) await server.api.webhooks(204, 'DELETE', `/${id}`)
  const events = meanwhile.events + afterwards.events
  return {
    ...round,
    events,
    requests: meanwhile.requests + afterwards.requests,
    deliveredMeanwhile: (meanwhile.events * 1000) / intakeMs,
    deliveredPerSecond: (events * 1000) / allMs,
    waiting: left,
    behindMs: allMs - intakeMs,
    processorMsOfRequest: processorAfterwards / Math.max(1, afterwards.requests)
  }
}

const inTurns = async (setting: Setting, rounds: number, count: number, say: (text: string) => void) => {
  const without: Array<Round> = []
  const withWebhooks: Array<RoundWith> = []
  for (let round = 0; round < rounds; round += 1) {
    without.push(await measure(setting, count))
    withWebhooks.push(await measureWith(setting, count))
    say(
      `${Math.round(without[round]?.messagesPerSecond ?? 0)} without, ${Math.round(withWebhooks[round]?.messagesPerSecond ?? 0)} with`
    )
  }
  const median = (values: ReadonlyArray<number>) => Math.round(medianOf(values))
  const intake = {
    without: median(without.map(one => one.messagesPerSecond)),
    with: median(withWebhooks.map(one => one.messagesPerSecond))
  }
  const events = median(withWebhooks.map(one => one.events / setting.urls.length))
  return {
    intake,
    ratio: Number((intake.with / intake.without).toFixed(2)),
    eventsPerMessage: Number((events / count).toFixed(1)),
    loggedPerSecond: {
      without: median(without.map(one => one.loggedPerSecond)),
      with: median(withWebhooks.map(one => one.loggedPerSecond))
    },
    waiting: median(withWebhooks.map(one => one.waiting)),
    deliveredMeanwhile: median(withWebhooks.map(one => one.deliveredMeanwhile)),
    deliveredPerSecond: median(withWebhooks.map(one => one.deliveredPerSecond)),
    requests: median(withWebhooks.map(one => one.requests)),
    behindMs: median(withWebhooks.map(one => one.behindMs)),
    processorMsOfRequest: Number(medianOf(withWebhooks.map(one => one.processorMsOfRequest)).toFixed(2)),
    processorMs: {
      without: median(without.map(one => one.processorMs)),
      with: median(withWebhooks.map(one => one.processorMs))
    }
  }
}

export const webhooks = async (args: ReadonlyArray<string>): Promise<object> => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      messages: { type: 'string', default: '500' },
      rounds: { type: 'string', default: '4' },
      endpoints: { type: 'string', default: '50' },
      batch: { type: 'string', default: '100' },
      logged: { type: 'string', default: '0' },
      profile: { type: 'string' },
      json: { type: 'boolean', default: false }
    }
  })
  const messages = wholeOption('messages', values.messages, 100_000)
  const rounds = wholeOption('rounds', values.rounds, 100)
  const endpoints = wholeOption('endpoints', values.endpoints, 200)
  const batch = values.batch === '0' ? 0 : wholeOption('batch', values.batch, 500)
  const logged = values.logged === '0' ? 0 : wholeOption('logged', values.logged, 100_000)
  const say = (text: string): void => void (values.json || process.stderr.write(`${text}\n`))
  const folder = temporaryFolder()
  const whatsapp = new Child<TrafficQuestions>('traffic-process.ts')
  const receivers = new Child<ReceiverQuestions>('webhook-receivers.ts')
  let server: ServerProcess | undefined
  try {
    say('Linking …')
    const settings = await whatsapp.ask('settings', null)
    server = await ServerProcess.start({
      dataDir: folder.path,
      settings: {
        ...settings,
        ...STANDARDS,
        WEBHOOK_URL_PRIVATE: 'true',
        ...profiling(values.profile),
        ...(logged === 0
          ? {}
          : {
              [SERVER_ENTRY]: join(import.meta.dirname, 'appending-server.ts'),
              LOGGED_PER_SECOND: String(logged)
            })
      }
    })
    const accountId = await linkAccount(server.api, 'Bench', qr =>
      whatsapp.ask('scan', { side: 'server', qr })
    )
    await server.api.untilAccount(accountId, 'to be online', ({ state }) => state === 'open')
    await whatsapp.ask('settled', 'server')
    const urls = await receivers.ask('open', endpoints)
    const { pid } = server
    const log = new DatabaseSync(join(folder.path, 'backscroll.db'), { readOnly: true })
    const numberOf = (statement: string): number => Number(log.prepare(statement).get()?.['n'] ?? 0)
    const setting: Setting = {
      server,
      whatsapp,
      receivers,
      urls,
      batch,
      newest: () => numberOf('SELECT MAX(event_id) AS n FROM events'),
      waiting: () => numberOf('SELECT SUM((SELECT MAX(event_id) FROM events) - place) AS n FROM webhooks'),
      stored: whenStored(folder.path),
      turnAppending: () => void (logged > 0 && process.kill(pid, 'SIGUSR2'))
    }
    const unhurried = { ...setting, turnAppending: () => undefined }
    await measure(unhurried, WARM_UP)
    await measureWith(unhurried, WARM_UP)
    const result = await inTurns(setting, rounds, messages, say)
    log.close()
    await server.stop()
    return {
      bench: 'webhooks',
      endpoints,
      batch,
      logged,
      messages,
      rounds,
      unit: 'messages a second',
      ...result
    }
  } finally {
    await server?.kill()
    await receivers.stop()
    await whatsapp.stop()
    folder.remove()
  }
}
