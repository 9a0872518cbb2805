// One account restarted many times while another stays online: a restart must leave nothing behind.
//   npm run chaos:restarts -- --count 1000
// Prints one JSON line last; exit code 0 only when the other account was never touched and memory has not grown.
import { parseArgs } from 'node:util'
import { wholeOption } from '../../harness/options.ts'
import { residentMiB } from '../../harness/process-memory.ts'
import { linkAccount, simulatorSettings } from '../../harness/simulated.ts'
import { ServerProcess, type StartServer, temporaryFolder } from '../../harness/server-process.ts'
import { Simulator } from '../../simulator/simulator.ts'

export interface RestartsResult {
  readonly restarts: number
  /** Resident memory after a fifth of the restarts, and at the end: the lowest of a tenth of them each. */
  readonly mib_early: number
  readonly mib_late: number
  /** The one by the other. */
  readonly memory_growth: number
  /** Logins of the account beside it, beyond the first two (linking takes two). */
  readonly other_logins: number
  /** Connections that the simulator still has open at the end; one an account. */
  readonly connections: number
}

/** What is within the noise of an allocator. */
const MOST_GROWTH = 1.15

const lowest = (values: ReadonlyArray<number>, from: number, to: number): number =>
  Math.round(Math.min(...values.slice(Math.floor(values.length * from), Math.ceil(values.length * to))))

export const restarts = async (options: {
  readonly count: number
  readonly start?: StartServer
  readonly log: (text: string) => void
}): Promise<RestartsResult> => {
  const { start = given => ServerProcess.start(given) } = options
  const simulator = await Simulator.make({ seed: 9 })
  const folder = temporaryFolder()
  const server = await start({
    dataDir: folder.path,
    settings: {
      ...simulatorSettings(simulator),
      START_PACE: '0ms'
    }
  })
  await using left = new AsyncDisposableStack()
  left.defer(async () => {
    await server.dispose()
    await simulator.stop()
    folder.remove()
  })
  const { api } = server
  const link = async () => {
    const phone = simulator.createPhone({ history: { chats: 1, messages: 5, groupsShare: 0 } })
    const accountId = await linkAccount(api, 'Restarted', qr => phone.scanQr(qr))
    await api.untilAccount(accountId, 'open', ({ state }) => state === 'open')
    return { phone, accountId }
  }
  const restarted = await link()
  const other = await link()

  const resident: Array<number> = []
  for (let n = 1; n <= options.count; n += 1) {
    await api.command(restarted.accountId, 'restart')
    await api.untilAccount(restarted.accountId, 'open', ({ state }) => state === 'open')
    resident.push(residentMiB(server.pid))
    if (n % 100 === 0) options.log(`${n} restarts, ${Math.round(resident.at(-1) ?? 0)} MiB`)
  }
  const early = lowest(resident, 0.1, 0.2)
  const late = lowest(resident, 0.9, 1)
  return {
    restarts: options.count,
    mib_early: early,
    mib_late: late,
    memory_growth: Math.round((late / early) * 100) / 100,
    other_logins: (other.phone.devices[0]?.logins ?? 0) - 1,
    connections: [restarted, other].filter(({ phone }) => phone.devices[0]?.connection !== undefined).length
  }
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { count: { type: 'string', default: '1000' } } })
  const result = await restarts({
    count: wholeOption('count', values.count, 1_000_000),
    log: text => console.log(text)
  })
  console.log(JSON.stringify(result))
  process.exit(
    result.memory_growth <= MOST_GROWTH && result.other_logins === 0 && result.connections === 2 ? 0 : 1
  )
}
