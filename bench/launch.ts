// What the server costs, measured. Progress goes to standard error; the last line of standard output is the result as JSON.
import { accounts, ACCOUNTS_USAGE } from './accounts.ts'
import { consoleBench, CONSOLE_USAGE } from './console.ts'
import { erasing, ERASING_USAGE } from './erasing.ts'
import { floods, FLOODS_USAGE } from './floods.ts'
import { history, HISTORY_USAGE } from './history.ts'
import { live, LIVE_USAGE } from './live.ts'
import { processorShares } from './profiling.ts'
import { reads, READS_USAGE } from './reads.ts'
import { reconnects, RECONNECTS_USAGE } from './reconnects.ts'
import { retention, RETENTION_USAGE } from './retention.ts'
import { send, SEND_USAGE } from './send.ts'
import { steps, STEPS_USAGE } from './steps.ts'
import { store, STORE_USAGE } from './store.ts'
import { webhooks, WEBHOOKS_USAGE } from './webhooks.ts'

const BENCHES: Readonly<Record<string, (args: ReadonlyArray<string>) => Promise<object>>> = {
  accounts,
  console: consoleBench,
  erasing,
  floods,
  history,
  live,
  reads,
  reconnects,
  retention,
  send,
  steps,
  store,
  webhooks
}

const USAGE = `npm run bench -- <what> [options]

  ${HISTORY_USAGE}

  ${LIVE_USAGE}

  ${SEND_USAGE}

  ${READS_USAGE}

  ${ACCOUNTS_USAGE}

  ${RECONNECTS_USAGE}

  ${STEPS_USAGE}

  ${STORE_USAGE}

  ${WEBHOOKS_USAGE}

  ${ERASING_USAGE}

  ${RETENTION_USAGE}

  ${FLOODS_USAGE}

  ${CONSOLE_USAGE}
`

const [name = '', ...args] = process.argv.slice(2)
const bench = Object.hasOwn(BENCHES, name) ? BENCHES[name] : undefined
if (bench === undefined) {
  const isQuestion = name === '' || name === '--help' || name === '-h'
  process.stderr.write(isQuestion ? USAGE : `There is no bench named ${name}.\n\n${USAGE}`)
  process.exitCode = isQuestion ? 0 : 2
} else {
  try {
    const measured = await bench(args)
    const profile = args.includes('--profile') ? args[args.indexOf('--profile') + 1] : undefined
    const result =
      profile === undefined ? measured : { ...measured, processorShares: processorShares(profile) }
    if (!args.includes('--json')) process.stderr.write(`${JSON.stringify(result, null, 2)}\n`)
    process.stdout.write(`${JSON.stringify(result)}\n`)
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 1
  }
}
