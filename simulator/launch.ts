// The simulator as a process of its own. Prints one JSON line when it is ready; ends on SIGINT and SIGTERM.
import { parseArgs } from 'node:util'
import { openControlPort } from './control/port.ts'
import { Simulator } from './simulator.ts'

const USAGE = `npm run simulator -- [--port 8080] [--control-port 8081] [--host 127.0.0.1] [--seed 1] [--phones 1] [--chats 20]
  [--messages 1000] [--inline-below-bytes 262144] [--passkeys] [--group NAME]        (simulator/README.md)
`

const OPTIONS = {
  port: { type: 'string', default: '8080' },
  'control-port': { type: 'string', default: '8081' },
  host: { type: 'string', default: '127.0.0.1' },
  seed: { type: 'string', default: '1' },
  phones: { type: 'string', default: '1' },
  chats: { type: 'string', default: '20' },
  messages: { type: 'string', default: '1000' },
  'inline-below-bytes': { type: 'string', default: '262144' },
  passkeys: { type: 'boolean', default: false },
  group: { type: 'string', default: 'Baileys Group Test' }
} as const

const parsed = () => {
  try {
    return parseArgs({ options: OPTIONS }).values
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`)
    return process.exit(2)
  }
}

if (process.argv.includes('--help')) {
  process.stdout.write(USAGE)
  process.exit(0)
}
const values = parsed()

const number = (name: Exclude<keyof typeof values, 'passkeys'>): number => {
  const value = Number(values[name])
  if (!Number.isInteger(value) || value < 0) throw new Error(`--${name} must be a whole number`)
  return value
}

const simulator = await Simulator.make({
  port: number('port'),
  host: values.host,
  seed: number('seed'),
  history: { chats: number('chats'), messages: number('messages') },
  inlineBelowBytes: number('inline-below-bytes'),
  strangersGroup: values.group,
  passkeys: values.passkeys
})
for (let i = 0; i < number('phones'); i++) simulator.createPhone({ history: simulator.defaultHistory })

const control = await openControlPort(simulator, number('control-port'))

const stop = (): void => {
  void simulator
    .stop()
    .then(() => control.close())
    .then(() => process.exit(0))
}
process.on('SIGINT', stop)
process.on('SIGTERM', stop)

console.log(JSON.stringify(control.describe()))
