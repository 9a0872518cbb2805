// Many accounts through an outage of WhatsApp: connections end and logins fail in every way that passes by itself, and people go on
// writing meanwhile.
//   npm run chaos:outage -- --accounts 50 --seconds 20 --seed 1
// Prints one JSON line last; exit code 0 only when every account is online with the link it had, and nothing was lost.
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { wholeOption } from '../../harness/options.ts'
import { linkAccount, simulatorSettings } from '../../harness/simulated.ts'
import {
  type RunningServer,
  ServerProcess,
  type StartServer,
  temporaryFolder
} from '../../harness/server-process.ts'
import type { Phone } from '../../simulator/phone.ts'
import { Simulator } from '../../simulator/simulator.ts'

export interface OutageResult {
  readonly accounts: number
  /** Accounts that are online in the end, and those of them whose phone still has the one device it had before. */
  readonly online: number
  readonly same_link: number
  /** Messages that people wrote during the outage and that are not stored in the end, or are stored twice. */
  readonly lost: number
  readonly duplicated: number
  /** Incidents of the kind `account.…`: an outage is nothing that a person could do something about. */
  readonly incidents: number
  /** Ends of connections during the outage, and the most connections that were opened within one second. */
  readonly ends: number
  readonly most_opened_in_a_second: number
  /** From the end of the outage until all accounts were online. */
  readonly seconds_to_online: number
}

interface LinkedPhone {
  readonly phone: Phone
  readonly accountId: string
  readonly device: number
}

const LINKED_AT_ONCE = 4
const WRITES_EVERY_MS = 250

const linkAll = async (
  server: RunningServer,
  simulator: Simulator,
  accounts: number
): Promise<ReadonlyArray<LinkedPhone>> => {
  const linked: Array<LinkedPhone> = []
  const linkSome = async () => {
    while (simulator.phones.length < accounts) {
      const phone = simulator.createPhone({ history: { chats: 1, messages: 3, groupsShare: 0 } })
      const accountId = await linkAccount(server.api, phone.phoneNumber, qr => phone.scanQr(qr))
      await server.api.untilAccount(accountId, 'open', ({ state }) => state === 'open')
      linked.push({ phone, accountId, device: phone.devices[0]?.number ?? 0 })
    }
  }
  await Promise.all(Array.from({ length: LINKED_AT_ONCE }, linkSome))
  return linked
}

/** Counts what the simulator sees of connections. */
const watchConnections = (simulator: Simulator) => {
  const opened: Array<number> = []
  let ends = 0
  const off = simulator.events.on(({ name }) => {
    if (name === 'connection') opened.push(Date.now())
    if (name === 'closed') ends += 1
  })
  return {
    stop: off,
    ends: () => ends,
    mostInASecond: () =>
      opened.reduce(
        (most, at) => Math.max(most, opened.filter(other => other >= at && other < at + 1000).length),
        0
      )
  }
}

/** People write to accounts in turn until the time is over; answers the texts by account. */
const writeDuring = async (
  linked: ReadonlyArray<LinkedPhone>,
  ms: number
): Promise<ReadonlyMap<LinkedPhone, ReadonlyArray<string>>> => {
  const texts = new Map<LinkedPhone, Array<string>>(linked.map(one => [one, []]))
  const until = Date.now() + ms
  for (let n = 0; Date.now() < until; n += 1) {
    const one = linked[n % linked.length]
    const from = one?.phone.contacts[0]
    if (one === undefined || from === undefined) continue
    const text = `written in the outage ${n}`
    await one.phone.receive({ from, text })
    texts.get(one)?.push(text)
    await pause(WRITES_EVERY_MS)
  }
  return texts
}

/** How often each text is stored in the account's threads. */
const storedTimes = async (
  { api }: RunningServer,
  { accountId, phone }: LinkedPhone
): Promise<(text: string) => number> => {
  await api.untilAccount(
    accountId,
    'what was written meanwhile',
    ({ counts }) => counts.messages >= phone.truth().messages.length
  )
  const bodies: Array<string | null> = []
  for (const { threadId } of await api.threads(accountId))
    bodies.push(...(await api.messages(threadId)).map(({ body }) => body))
  return text => bodies.filter(body => body === text).length
}

export const outage = async (options: {
  readonly accounts: number
  readonly seconds: number
  readonly seed: number
  readonly settings?: Readonly<Record<string, string>>
  readonly start?: StartServer
  readonly log: (text: string) => void
}): Promise<OutageResult> => {
  const { accounts, log, seconds, seed, start = given => ServerProcess.start(given) } = options
  await using left = new AsyncDisposableStack()
  const simulator = await Simulator.make({ seed })
  left.defer(() => simulator.stop())
  const folder = temporaryFolder()
  left.defer(() => folder.remove())
  const server = await start({
    dataDir: folder.path,
    settings: { ...simulatorSettings(simulator), ...options.settings }
  })
  left.defer(() => server.dispose())
  const linked = await linkAll(server, simulator, accounts)
  log(`${linked.length} accounts are online`)

  const connections = watchConnections(simulator)
  simulator.fault({ kind: 'outage' }, { forMs: seconds * 1000 })
  const texts = await writeDuring(linked, seconds * 1000)
  const over = Date.now()
  log(`The outage is over: ${connections.ends()} connections have ended`)
  for (const { accountId } of linked)
    await server.api.untilAccount(accountId, 'online', ({ state }) => state === 'open')
  const online = Date.now()

  const result = { lost: 0, duplicated: 0, online: 0, same_link: 0, incidents: 0 }
  for (const one of linked) {
    const times = await storedTimes(server, one)
    for (const text of texts.get(one) ?? []) {
      if (times(text) === 0) result.lost += 1
      if (times(text) > 1) result.duplicated += 1
    }
    const account = await server.api.account(one.accountId)
    if (account.tags.includes('online')) result.online += 1
    const devices = one.phone.devices.map(({ number }) => number)
    if (devices.length === 1 && devices[0] === one.device) result.same_link += 1
    const incidents = await server.api.incidents(one.accountId)
    result.incidents += incidents.filter(({ kind }) => kind.startsWith('account.')).length
  }
  connections.stop()
  return {
    accounts,
    ...result,
    ends: connections.ends(),
    most_opened_in_a_second: connections.mostInASecond(),
    seconds_to_online: Math.round((online - over) / 100) / 10
  }
}

/** What a result of so many accounts has to be. */
export const unharmed = (accounts: number): Partial<OutageResult> => ({
  accounts,
  online: accounts,
  same_link: accounts,
  lost: 0,
  duplicated: 0,
  incidents: 0
})

/** With the usual pause of 100 ms between two connections there can be ten in a second, and one more at its edge. */
const MOST_OPENED = 11

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      accounts: { type: 'string', default: '50' },
      seconds: { type: 'string', default: '20' },
      seed: { type: 'string', default: '1' }
    }
  })
  const accounts = wholeOption('accounts', values.accounts, 1000)
  const result = await outage({
    accounts,
    seconds: wholeOption('seconds', values.seconds, 3600),
    seed: wholeOption('seed', values.seed, 1_000_000),
    log: text => console.log(text)
  })
  console.log(JSON.stringify(result))
  const isUnharmed = Object.entries(unharmed(accounts)).every(
    ([name, wanted]) => Reflect.get(result, name) === wanted
  )
  process.exit(isUnharmed && result.most_opened_in_a_second <= MOST_OPENED ? 0 : 1)
}
