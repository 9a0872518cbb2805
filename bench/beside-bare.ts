// A server and a bare socket of Baileys with keys in memory, both linked to phones of the same kind: what a server costs is told as a ratio
// to what Baileys costs by itself, measured in turns.
import { linkAccount } from '../harness/simulated.ts'
import { ServerProcess, temporaryFolder } from '../harness/server-process.ts'
import type { BareQuestions } from './bare-sockets.ts'
import { Child } from './child.ts'
import { STANDARDS } from './many-accounts.ts'
import { medianOf } from './percentile.ts'
import { profiling } from './profiling.ts'
import type { TrafficQuestions } from './traffic-process.ts'

export interface BesideBare {
  readonly whatsapp: Child<TrafficQuestions>
  readonly bare: Child<BareQuestions>
  readonly server: ServerProcess
  /** Of the server's account. */
  readonly accountId: string
  readonly dataDir: string
}

/** Of the one bare socket. */
export const BARE = 0

/** Links both, runs the work, and stops everything; `profile` is a folder for a CPU profile of the server. */
export const besideBare = async <A>(
  {
    profile,
    say,
    settings: more = {}
  }: {
    readonly profile: string | undefined
    readonly say: (text: string) => void
    readonly settings?: Readonly<Record<string, string>>
  },
  work: (both: BesideBare) => Promise<A>
): Promise<A> => {
  const folder = temporaryFolder()
  const whatsapp = new Child<TrafficQuestions>('traffic-process.ts')
  const bare = new Child<BareQuestions>('bare-sockets.ts')
  let server: ServerProcess | undefined
  try {
    say('Linking …')
    const settings = await whatsapp.ask('settings', null)
    server = await ServerProcess.start({
      dataDir: folder.path,
      settings: {
        ...settings,
        ...STANDARDS,
        ...more,
        ...profiling(profile)
      }
    })
    const { api } = server
    const accountId = await linkAccount(api, 'Bench', qr => whatsapp.ask('scan', { side: 'server', qr }))
    await api.untilAccount(accountId, 'to be online', ({ state }) => state === 'open')
    const url = settings['WHATSAPP_URL'] ?? ''
    const qr = await bare.ask('link', { number: BARE, url, isInMemory: true })
    await whatsapp.ask('scan', { side: 'bare', qr })
    await bare.ask('online', BARE)
    await whatsapp.ask('settled', 'server')
    await whatsapp.ask('settled', 'bare')
    const result = await work({ whatsapp, bare, server, accountId, dataDir: folder.path })
    await server.stop()
    return result
  } finally {
    await server?.kill()
    await bare.stop()
    await whatsapp.stop()
    folder.remove()
  }
}

/** Both sides in turns, so that a machine that becomes slower does so for both; medians. */
export const inTurns = async (
  rounds: number,
  measure: (side: 'server' | 'bare') => Promise<number>
): Promise<{ readonly server: number; readonly bare: number }> => {
  const measured = { server: new Array<number>(), bare: new Array<number>() }
  for (let round = 0; round < rounds; round += 1)
    for (const side of ['server', 'bare'] as const) measured[side].push(await measure(side))
  return { server: medianOf(measured.server), bare: medianOf(measured.bare) }
}
