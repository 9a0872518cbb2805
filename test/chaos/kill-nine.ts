// Kills the server again and again, at random moments and at named points around its commits, under traffic in every
// direction; then holds everything it stored and everything recipients got against the truth.
//   npm run chaos -- --rounds 20 --seed 1
//   npm run chaos -- --store firestore
// Prints one JSON line last; exit code 0 only when nothing was lost or doubled. A seed decides the traffic, the moments
// and the points, so a failing seed fails again.
import { parseArgs } from 'node:util'
import { compare } from '../../harness/compare.ts'
import { ServerProcess, temporaryFolder } from '../../harness/server-process.ts'
import type { Phone } from '../../simulator/phone.ts'
import { Simulator } from '../../simulator/simulator.ts'
import { CRASH_POINTS, FIRESTORE_POINTS } from './crash-points.ts'
import { crashingAt } from './crash-settings.ts'
import { type FirestoreResult, FirestoreSide, isFirestoreClean } from './firestore-side.ts'
import { pause, pick, type Random, randomOf, Traffic } from './traffic.ts'

export interface ChaosResult {
  readonly rounds: number
  readonly kills: number
  /** Messages on the phones, history and live. */
  readonly messages: number
  readonly lost: number
  readonly duplicated: number
  readonly sends: number
  readonly sends_lost: number
  readonly sends_duplicated: number
  /** Stored with other words, writer, time or reactions than on the phone. */
  readonly different: number
  /** Ticks that recipients sent and the store does not show. */
  readonly receipts: number
  readonly receipts_lost: number
  /** Messages that WhatsApp still keeps because they were never receipted. */
  readonly waiting: number
  /** Of the kills, those at a named point, by point. */
  readonly points: Readonly<Record<string, number>>
  readonly accounts: number
  readonly seconds: number
  /** The same of what applications read and write in Firestore, with `--store firestore`. */
  readonly firestore?: FirestoreResult
}

export interface ChaosOptions {
  readonly rounds: number
  readonly seed: number
  /** Messages of history a phone starts with. */
  readonly messages: number
  readonly store?: 'sqlite' | 'firestore'
  readonly log: (text: string) => void
}

/** A further account joins every so many rounds, so that history is being stored during many kills. */
const JOIN_EVERY = 20
const NEVER_REACHED_MS = 4000

interface Account {
  readonly accountId: string
  readonly phone: Phone
  readonly traffic: Traffic
}

/** When a round ends: at a point, the n-th time, or after a while. */
const planOf = (
  random: Random,
  points: ReadonlyArray<string>
): { readonly point: string; readonly after: number } | { readonly ms: number } =>
  random() < 0.35
    ? { ms: 100 + random() * 1800 }
    : { point: pick(random, points), after: 1 + Math.floor(random() * random() * 25) }

export const killNine = async (options: ChaosOptions): Promise<ChaosResult> => {
  const started = performance.now()
  const random = randomOf(options.seed)
  const folder = temporaryFolder()
  const simulator = await Simulator.make({ seed: options.seed })
  const firestore = options.store === 'firestore' ? await FirestoreSide.start() : undefined
  const passable = [...CRASH_POINTS, ...(firestore === undefined ? [] : FIRESTORE_POINTS)]
  const launch = (settings: Readonly<Record<string, string>> = {}) =>
    ServerProcess.start({
      dataDir: folder.path,
      settings: {
        WHATSAPP_URL: simulator.whatsappUrl,
        WHATSAPP_TRUST_ROOT: simulator.trustRoot,
        SEND_TIMEOUT: '2s',
        ...firestore?.settings,
        ...settings
      }
    })
  let server = await launch()
  await using left = new AsyncDisposableStack()
  left.defer(async () => {
    await server.kill()
    await simulator.stop()
    await firestore?.[Symbol.asyncDispose]()
    folder.remove()
  })

  const accounts: Array<Account> = []
  const addAccount = async (): Promise<void> => {
    const phone = simulator.createPhone({
      history: {
        chats: 12,
        messages: options.messages,
        chunkMessages: 150,
        inlineBelowBytes: 0,
        groupsShare: 0.25
      }
    })
    const { accountId } = await server.api.createAccount(`Chaos ${accounts.length + 1}`)
    await server.api.pair(accountId)
    await phone.scanQr((await server.api.offer(accountId)).qr ?? '')
    await server.api.untilAccount(accountId, 'to be linked', account => account.jid !== null)
    const seed = options.seed * 1000 + accounts.length * 2
    firestore?.add(phone, accountId, seed)
    accounts.push({ accountId, phone, traffic: new Traffic(phone, accountId, () => server.api, seed) })
  }

  let kills = 0
  const points: Record<string, number> = {}
  for (let round = 1; round <= options.rounds; round += 1) {
    if (accounts.length < 8 && (round - 1) % JOIN_EVERY === 0) await addAccount()
    const plan = planOf(random, passable)
    if ('ms' in plan) {
      await pause(plan.ms)
      await server.kill()
    } else {
      // The point is set when a server starts, so the one before ends too, at whatever it is doing.
      await server.kill()
      kills += 1
      server = await launch(crashingAt(plan.point, plan.after)).catch(() => server)
      await Promise.race([server.ended, pause(NEVER_REACHED_MS)])
      if (server.hasEnded) points[plan.point] = (points[plan.point] ?? 0) + 1
      await server.kill()
    }
    kills += 1
    if (random() < 0.3) await pause(random() * 800)
    if (firestore !== undefined) await firestore.maybeAway(random)
    server = await launch()
    options.log(
      `round ${round}: killed ${'ms' in plan ? 'at a random moment' : `at ${plan.point}`}; ${accounts.reduce((sum, { phone }) => sum + phone.truth().messages.length, 0)} messages on the phones`
    )
  }
  await Promise.all(accounts.map(({ traffic }) => traffic.stop()))
  await firestore?.stopWriting()
  await firestore?.settled(server, options.log)

  const totals = {
    messages: 0,
    lost: 0,
    duplicated: 0,
    different: 0,
    sends: 0,
    sendsLost: 0,
    sendsDoubled: 0
  }
  const ticks = { all: 0, lost: 0 }
  let waiting = 0
  for (const account of accounts) {
    await proveSessions(server, account)
    const found = await verdict(server, account, simulator, options.log)
    totals.messages += found.messages
    totals.lost += found.lost
    totals.duplicated += found.duplicated
    totals.different += found.different
    totals.sends += account.traffic.accepted.length
    totals.sendsLost += found.sendsLost
    totals.sendsDoubled += found.sendsDoubled
    ticks.all += found.receipts
    ticks.lost += found.receiptsLost
    waiting += found.waiting
  }
  const shown = await firestore?.verdict(server, accounts, options.log)
  return {
    rounds: options.rounds,
    kills,
    messages: totals.messages,
    lost: totals.lost,
    duplicated: totals.duplicated,
    sends: totals.sends,
    sends_lost: totals.sendsLost,
    sends_duplicated: totals.sendsDoubled,
    different: totals.different,
    receipts: ticks.all,
    receipts_lost: ticks.lost,
    waiting,
    points,
    accounts: accounts.length,
    seconds: Math.round((performance.now() - started) / 100) / 10,
    ...(shown === undefined ? {} : { firestore: shown })
  }
}

/** After all kills everybody can still talk with everybody: a message each way with every contact and in every group. */
const proveSessions = async (
  server: ServerProcess,
  { accountId, phone, traffic }: Account
): Promise<void> => {
  for (const contact of phone.contacts) {
    await phone.receive({ from: contact, text: 'still there?' })
    const sent = await server.api.send(accountId, contact.phoneNumber, `yes, ${contact.phoneNumber}`)
    traffic.accepted.push({ ...sent, text: `yes, ${contact.phoneNumber}` })
  }
  for (const group of phone.groups) {
    const member = phone.contacts.find(contact => group.members.has(contact))
    if (member !== undefined) await phone.receive({ from: member, group, text: 'all still there?' })
  }
}

const verdict = async (
  server: ServerProcess,
  { accountId, phone, traffic }: Account,
  simulator: Simulator,
  log: (text: string) => void
) => {
  const settled = async <A>(what: string, ask: () => Promise<A | undefined>): Promise<void> => {
    await server.api.until(what, ask, 1000).catch(async (cause: unknown) => {
      log(`${String(cause)}; ${JSON.stringify(await server.api.account(accountId))}`)
      log(server.output().split('\n').slice(-15).join('\n'))
    })
  }
  await settled('everything to be stored', async () => {
    const { counts, state, sync } = await server.api.account(accountId)
    return state === 'open' && sync.chunksPending === 0 && counts.messages >= phone.truth().messages.length
      ? true
      : undefined
  })
  const { accepted } = traffic
  await simulator
    .until(
      () => {
        const got = new Set(phone.truth().received.map(({ id }) => id))
        return accepted.every(({ entryId }) => got.has(entryId)) && phone.offlineQueue().length === 0
      },
      { timeoutMs: 60_000, what: 'everything sent and receipted' }
    )
    .catch((cause: unknown) => log(String(cause)))
  // A message that could not be decrypted has been asked for again and may still be on its way.
  let result = await compare(server.api, accountId, phone.truth().messages)
  await settled('nothing to be missing', async () => {
    result = await compare(server.api, accountId, phone.truth().messages)
    return result.missing.length + result.different.length === 0 ? true : undefined
  })
  const truth = phone.truth()
  const times = accepted.map(({ entryId }) => timesReceived(truth.received, entryId))
  let receipts = await lostReceipts(server, accountId, phone)
  await settled('no receipt to be missing', async () => {
    receipts = await lostReceipts(server, accountId, phone)
    return receipts.lost.length === 0 ? true : undefined
  })
  for (const message of result.missing.slice(0, 5)) log(`lost: ${JSON.stringify(message)}`)
  for (const id of result.duplicates.slice(0, 5)) log(`duplicated: ${id}`)
  for (const difference of result.different.slice(0, 5)) log(`different: ${difference}`)
  for (const receipt of receipts.lost.slice(0, 5)) log(`receipt lost: ${receipt}`)
  return {
    messages: result.messages,
    lost: result.missing.length,
    duplicated: result.duplicates.length,
    different: result.different.length,
    sendsLost: times.filter(count => count === 0).length,
    sendsDoubled: times.filter(count => count > 1).length,
    receipts: receipts.all,
    receiptsLost: receipts.lost.length,
    waiting: truth.offlineQueue.length
  }
}

/** How often the recipient who got a message most often got it; 0 when one never did. */
const timesReceived = (received: ReturnType<Phone['truth']>['received'], id: string): number => {
  const copies = received.filter(entry => entry.id === id)
  const byRecipient = new Map<string, number>()
  for (const copy of copies)
    byRecipient.set(copy.recipient, (byRecipient.get(copy.recipient) ?? 0) + copy.times)
  return Math.max(0, ...byRecipient.values())
}

/** Ticks of people for messages of ours: each must be in the store, with its time. */
const lostReceipts = async (server: ServerProcess, accountId: string, phone: Phone) => {
  const told = new Map<string, Set<string>>()
  for (const { from, id, type } of phone.truth().receipts) {
    if (from === phone.jid || from === phone.lid || !['delivery', 'inactive', 'read'].includes(type)) continue
    const mark = `${type === 'read' ? 'read' : 'delivered'} ${from}`
    told.set(id, (told.get(id) ?? new Set()).add(mark))
  }
  const lost: Array<string> = []
  let all = 0
  const addresses = new Map(
    phone.contacts.flatMap(({ jid, lid }) => [
      [jid, [jid, lid]],
      [lid, [jid, lid]]
    ])
  )
  for (const thread of await server.api.threads(accountId)) {
    for (const message of await server.api.messages(thread.threadId, 500)) {
      const marks = message.direction === 'outbound' ? told.get(message.whatsAppId) : undefined
      if (marks === undefined) continue
      const { receipts } = await server.api.message(thread.threadId, message.messageId)
      for (const mark of marks) {
        all += 1
        const [status, from = ''] = mark.split(' ')
        const names = addresses.get(from) ?? [from]
        const held = receipts.find(receipt => names.includes(receipt.recipient))
        if ((status === 'read' ? held?.readAt : held?.deliveredAt) == null)
          lost.push(
            `${message.whatsAppId} ${mark}; stored: ${JSON.stringify({ status: message.status, body: message.body, receipts })}`
          )
      }
    }
  }
  return { all, lost }
}

export const isClean = (result: ChaosResult): boolean =>
  result.lost +
    result.duplicated +
    result.different +
    result.sends_lost +
    result.sends_duplicated +
    result.receipts_lost +
    result.waiting ===
    0 && isFirestoreClean(result.firestore)

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '20' },
      seed: { type: 'string', default: '1' },
      messages: { type: 'string', default: '600' },
      store: { type: 'string', default: 'sqlite' }
    }
  })
  if (values.store !== 'sqlite' && values.store !== 'firestore') {
    console.error('--store takes sqlite or firestore')
    process.exit(2)
  }
  const result = await killNine({
    rounds: Number(values.rounds),
    seed: Number(values.seed),
    messages: Number(values.messages),
    store: values.store,
    log: text => console.log(text)
  })
  console.log(JSON.stringify(result))
  process.exit(isClean(result) ? 0 : 1)
}
