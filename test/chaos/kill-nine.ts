// Kills the server again and again, at random moments and at named points around its commits, or tells it to stop, under traffic in every
// direction, with hostile contacts in it and connections that drop while accounts link and log in; then compares everything it stored, everything recipients got and everything a webhook delivered with the truth.
//   npm run chaos -- --rounds 20 --seed 1
//   npm run chaos -- --store firestore
// Prints one JSON line last; exit code 0 only when nothing was lost or doubled. A seed decides the traffic, the moments
// and the points, so a failing seed fails again.
import { parseArgs } from 'node:util'
import { storeOption, wholeOption } from '../../harness/options.ts'
import { setup as bundleServer } from '../warm-up.ts'
import { type ChaosOptions, ChaosRun } from './chaos-run.ts'
import { type FirestoreResult, isFirestoreClean } from './firestore-side.ts'
import { isWebhookClean, type WebhookResult } from './webhook-side.ts'
import { type ChaosAccount, proveSessions, type Verdict, verdictOf } from './verdict.ts'

export interface ChaosResult {
  readonly rounds: number
  readonly kills: number
  /** Of the kills, those after which the disk had only what was flushed, and how many bytes of the log that took away. */
  readonly power_cuts: number
  readonly cut_bytes: number
  /** Ends by SIGTERM, and those with another exit code than 0. */
  readonly stops: number
  readonly failed_stops: number
  /** Connections that were dropped while an account linked or logged in, by the step. */
  readonly drops: Readonly<Record<string, number>>
  /** Malformed stanzas of hostile contacts, and accounts that crashed. */
  readonly hostile: number
  readonly crashes: number
  /** Messages on the phones, history and live. */
  readonly messages: number
  readonly lost: number
  readonly duplicated: number
  readonly sends: number
  readonly sends_lost: number
  readonly sends_duplicated: number
  /** Shown as failed, though recipients have them. */
  readonly sends_misreported: number
  /** Stored with another text, writer, time or reactions than on the phone. */
  readonly different: number
  /** Stored as messages, and not held by the phone. */
  readonly unexpected: number
  /** Receipts that recipients sent, and those of them that the store does not show. */
  readonly receipts: number
  readonly receipts_lost: number
  /** Messages still queued at WhatsApp because they were never receipted. */
  readonly waiting: number
  /** Of the kills, those at a named point, by point. */
  readonly points: Readonly<Record<string, number>>
  readonly accounts: number
  readonly seconds: number
  /** What an application got by a webhook. */
  readonly webhook: WebhookResult
  /** The same of what applications read and write in Firestore, with `--store firestore`. */
  readonly firestore?: FirestoreResult
}

/** A further account joins every so many rounds, so that history is being stored during many kills. */
const JOIN_EVERY = 12

const ZERO: Verdict = {
  messages: 0,
  lost: 0,
  duplicated: 0,
  different: 0,
  unexpected: 0,
  sends: 0,
  sendsLost: 0,
  sendsDuplicated: 0,
  sendsMisreported: 0,
  receipts: 0,
  receiptsLost: 0,
  waiting: 0,
  crashes: 0
}

const sumOf = (one: Verdict, other: Verdict): Verdict => ({
  messages: one.messages + other.messages,
  lost: one.lost + other.lost,
  duplicated: one.duplicated + other.duplicated,
  different: one.different + other.different,
  unexpected: one.unexpected + other.unexpected,
  sends: one.sends + other.sends,
  sendsLost: one.sendsLost + other.sendsLost,
  sendsDuplicated: one.sendsDuplicated + other.sendsDuplicated,
  sendsMisreported: one.sendsMisreported + other.sendsMisreported,
  receipts: one.receipts + other.receipts,
  receiptsLost: one.receiptsLost + other.receiptsLost,
  waiting: one.waiting + other.waiting,
  crashes: one.crashes + other.crashes
})

const messagesOn = (accounts: ReadonlyArray<ChaosAccount>): number =>
  accounts.reduce((sum, { phone }) => sum + phone.truth().messages.length, 0)

export const killNine = async (options: ChaosOptions): Promise<ChaosResult> => {
  const started = performance.now()
  await using run = await ChaosRun.start(options)
  for (let round = 1; round <= options.rounds; round += 1) {
    if ((round - 1) % JOIN_EVERY === 0) await run.addAccount()
    const how = await run.round()
    options.log(`round ${round}: ${how}; ${messagesOn(run.accounts)} messages on the phones`)
  }
  await run.stopTraffic()
  let total = ZERO
  for (const account of run.accounts) {
    await proveSessions(run.server, account)
    total = sumOf(total, await verdictOf(run.server, account, run.simulator, options.log))
  }
  const firestore = await run.firestore?.verdict(run.server, run.accounts, options.log)
  const webhook = await run.webhook.verdict(run.server, run.dataDir, options.log)
  return {
    rounds: options.rounds,
    kills: run.kills,
    power_cuts: run.powerCuts,
    cut_bytes: run.cutBytes,
    stops: run.stops,
    failed_stops: run.failedStops,
    drops: run.drops,
    hostile: run.accounts.reduce((sum, { traffic }) => sum + traffic.hostile, 0),
    crashes: total.crashes,
    messages: total.messages,
    lost: total.lost,
    duplicated: total.duplicated,
    sends: total.sends,
    sends_lost: total.sendsLost,
    sends_duplicated: total.sendsDuplicated,
    sends_misreported: total.sendsMisreported,
    different: total.different,
    unexpected: total.unexpected,
    receipts: total.receipts,
    receipts_lost: total.receiptsLost,
    waiting: total.waiting,
    points: run.points,
    accounts: run.accounts.length,
    webhook,
    seconds: Math.round((performance.now() - started) / 100) / 10,
    ...(firestore === undefined ? {} : { firestore })
  }
}

export const isClean = (result: ChaosResult): boolean =>
  result.lost +
    result.duplicated +
    result.different +
    result.unexpected +
    result.sends_lost +
    result.sends_duplicated +
    result.sends_misreported +
    result.receipts_lost +
    result.waiting +
    result.failed_stops +
    result.crashes ===
    0 &&
  isWebhookClean(result.webhook) &&
  isFirestoreClean(result.firestore)

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '20' },
      seed: { type: 'string', default: '1' },
      messages: { type: 'string', default: '600' },
      store: { type: 'string', default: 'sqlite' }
    }
  })
  // It is started more than once a round.
  await bundleServer()
  const result = await killNine({
    rounds: wholeOption('rounds', values.rounds, 100_000),
    seed: wholeOption('seed', values.seed, 2 ** 31),
    messages: wholeOption('messages', values.messages, 1_000_000),
    store: storeOption(values.store),
    log: text => console.log(text)
  })
  console.log(JSON.stringify(result))
  process.exit(isClean(result) ? 0 : 1)
}
