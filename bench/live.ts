// How many live messages the server takes a second, until they are acknowledged, against a bare socket of Baileys with keys in memory; and
// how many it has stored a second, with all that follows from them.
import { parseArgs } from 'node:util'
import { wholeOption } from '../harness/options.ts'
import { processorMs } from '../harness/process-memory.ts'
import { besideBare, inTurns } from './beside-bare.ts'
import { medianOf } from './percentile.ts'
import { whenStored } from './stored.ts'
import type { Mix } from './traffic-process.ts'

export const LIVE_USAGE = `live      live messages a second, against a bare socket of Baileys with keys in memory
    --messages N        how many in a round (1000)
    --rounds N          of each kind and side, in turns (5)
    --profile FOLDER    keep a CPU profile of the server there
    --json              nothing but the result`

const MIXES: ReadonlyArray<Mix> = ['direct', 'mixed']
/** The first messages are slower: code has to be compiled, sessions have to be made. */
const WARM_UP = 200

export const live = async (args: ReadonlyArray<string>): Promise<object> => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      messages: { type: 'string', default: '1000' },
      rounds: { type: 'string', default: '5' },
      profile: { type: 'string' },
      json: { type: 'boolean', default: false }
    }
  })
  const count = wholeOption('messages', values.messages, 100_000)
  const rounds = wholeOption('rounds', values.rounds, 100)
  const say = (text: string): void => void (values.json || process.stderr.write(`${text}\n`))
  return besideBare({ profile: values.profile, say }, async ({ bare, dataDir, server, whatsapp }) => {
    const stored = whenStored(dataDir)
    const pids = { server: server.pid, bare: bare.pid }
    const results: Record<string, object> = {}
    for (const mix of MIXES) {
      say(`${rounds} rounds of ${count} ${mix} messages for each …`)
      for (const side of ['server', 'bare'] as const)
        await whatsapp.ask('receive', { side, mix, count: WARM_UP })
      await stored()
      const spent = { server: 0, bare: 0 }
      const storedPerSecond: Array<number> = []
      const perSecond = await inTurns(rounds, async side => {
        const before = processorMs(pids[side])
        const milliseconds = await whatsapp.ask('receive', { side, mix, count })
        const delivered = performance.now()
        await stored()
        if (side === 'server')
          storedPerSecond.push((count * 1000) / (milliseconds + performance.now() - delivered))
        spent[side] += processorMs(pids[side]) - before
        return (count * 1000) / milliseconds
      })
      const each = (ms: number): number => Number((ms / (rounds * count)).toFixed(2))
      results[mix] = {
        server: Math.round(perSecond.server),
        serverStored: Math.round(medianOf(storedPerSecond)),
        bare: Math.round(perSecond.bare),
        ratio: Number((perSecond.server / perSecond.bare).toFixed(2)),
        processorMsEach: { server: each(spent.server), bare: each(spent.bare) }
      }
    }
    return { bench: 'live', messages: count, rounds, unit: 'messages a second', ...results }
  })
}
