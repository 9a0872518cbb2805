// `doctor`: whether the server could run here, and what to do where it could not.
import { Effect, Option } from 'effect'
import { Command } from 'effect/cli'
import type { Finding } from '../doctor/finding.ts'
import { failed } from '../failure.ts'
import { lazily } from '../lazily.ts'
import { withProgress } from '../screen/progress.ts'
import { type Canvas, onScreen, Screen, screenFlags } from '../screen/screen.ts'
import { localUrl } from '../server/address.ts'
import { dataDirFlag } from '../settings.ts'

const CHECK_WIDTH = 16
const MARKS = { ok: '✓', warning: '!', failed: '✗', skipped: '-' } as const

const drawn = ({ advice, check, found, status }: Finding, { style }: Canvas): string => {
  const draw = { ok: style.good, warning: style.warning, failed: style.bad, skipped: style.faint }[status]
  const line = `${draw(MARKS[status])} ${check.padEnd(CHECK_WIDTH)}  ${found}\n`
  return advice === null ? line : `${line}${' '.repeat(CHECK_WIDTH + 4)}${style.bold(advice)}\n`
}

export const doctor = Command.make(
  'doctor',
  { dataDir: dataDirFlag, ...screenFlags },
  Effect.fnUntraced(function* ({ dataDir }) {
    if (Option.isSome(dataDir)) process.env['DATA_DIR'] = dataDir.value
    const { examine } = yield* lazily(() => import('../doctor/examine.ts'))
    const screen = yield* Screen
    const findings = yield* withProgress(
      examine(({ HOST, PORT }) => localUrl({ HOST, PORT: String(PORT) })),
      'Checking'
    )
    for (const finding of findings) yield* screen.result(finding, canvas => drawn(finding, canvas))
    const failures = findings.filter(({ status }) => status === 'failed')
    if (failures.length > 0)
      return yield* failed(
        `The server cannot run like this: ${failures.map(({ check }) => check).join(', ')}`
      )
  })
).pipe(
  onScreen,
  Command.withShortDescription('Check everything that the server needs, and say what to do'),
  Command.withDescription(
    'Checks Node, settings, permissions, data folder, disk, database, vault key, port, WhatsApp with its version and clock, and Firestore, with the settings of the server, whether it runs or not. Ends with 1 when something would stop the server.'
  )
)
