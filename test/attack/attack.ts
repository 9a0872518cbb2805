// Attacks the HTTP port and the connection to WhatsApp at once, while honest traffic goes on: requests that are wrong in every way, with every
// credential, and stanzas that no honest WhatsApp sends.
//   npm run attack -- --seed 1 --requests 10000 --stanzas 5000 --seconds 900
// Progress goes to stderr; the one line of stdout is the result as JSON. The exit code is 0 only if the server crashed nowhere, answered nothing
// with an undocumented 5xx, told nobody what is not theirs, and everything honest arrived. A seed gives the same requests and stanzas again.
import { parseArgs } from 'node:util'
import { wholeOption } from '../../harness/options.ts'
import { setup as bundleServer } from '../warm-up.ts'
import { AttackRun } from './attack-run.ts'
import type { AttackOptions, AttackResult } from './attack-result.ts'

/** A server that has been attacked keeps some connections open for a moment, and what it has compiled and cached. */
const MOST_MORE_FILES = 40
const MOST_MORE_MEMORY = 350

export const attack = async (options: AttackOptions): Promise<AttackResult> => {
  const started = performance.now()
  await using run = await AttackRun.start(options)
  await Promise.all([run.sendRequests(), run.sendStanzas(), run.keepTargets()])
  const verdict = await run.verdict()
  return { seed: options.seed, ...verdict, seconds: Math.round((performance.now() - started) / 1000) }
}

export const isUnharmed = (result: AttackResult): boolean =>
  result.crashes +
    result.fives +
    result.leaks +
    result.unanswered +
    result.wrong_messages +
    result.wrong_sends ===
    0 &&
  result.more_files <= MOST_MORE_FILES &&
  result.more_memory <= MOST_MORE_MEMORY

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: '1' },
      requests: { type: 'string', default: '10000' },
      stanzas: { type: 'string', default: '5000' },
      seconds: { type: 'string', default: '900' }
    }
  })
  await bundleServer()
  const result = await attack({
    seed: wholeOption('seed', values.seed, 2 ** 31),
    requests: wholeOption('requests', values.requests, 10_000_000),
    stanzas: wholeOption('stanzas', values.stanzas, 10_000_000),
    seconds: wholeOption('seconds', values.seconds, 86_400),
    log: text => console.error(text)
  })
  console.log(JSON.stringify(result))
  process.exit(isUnharmed(result) ? 0 : 1)
}
