// `retention`: what is kept for how long, and what shorter times would remove.
import { Effect, Option } from 'effect'
import { Command, Flag } from 'effect/cli'
import type { InputOf, ResultOf } from '../../../client/index.ts'
import { withProgress } from '../screen/progress.ts'
import { listing } from '../screen/listing.ts'
import { onScreen, screenFlags } from '../screen/screen.ts'
import { timeOr } from '../screen/style.ts'
import { serverFlags } from '../server/address.ts'
import { onServer, Server } from '../server/server.ts'

type Rule = ResultOf<'retention.get'>['rules'][number]
type Counted = ResultOf<'retention.dryRun'>['rules'][number]

const flags = { ...serverFlags, ...screenFlags }

const HOUR_MS = 60 * 60 * 1000
const HOURS_A_DAY = 24

/** As in the settings: `12h`, `365d`. */
const keptFor = (ms: number | null): string => {
  if (ms === null) return 'for good'
  const hours = ms / HOUR_MS
  return hours % HOURS_A_DAY === 0 ? `${hours / HOURS_A_DAY}d` : `${Math.round(hours * 10) / 10}h`
}

const lastRun = ({ isRunning, lastRun: run }: Rule): string => {
  if (isRunning) return 'now'
  if (run === null) return 'never'
  return run.endedAt === null ? `${timeOr(run.startedAt)}, not to its end` : timeOr(run.endedAt)
}

const list = Effect.gen(function* () {
  const server = yield* Server
  const { rules } = yield* server.ask((client, options) => client.call('retention.get', {}, options))
  yield* listing<Rule>(rules, {
    headings: ['what', 'kept', 'removed so far', 'last applied', 'setting'],
    row: rule => [
      rule.rule,
      keptFor(rule.keep),
      String(rule.removedInAll),
      rule.keep === null ? '-' : lastRun(rule),
      rule.setting
    ],
    none: 'There are no rules.'
  })
})

const keepFlag = (rule: string) =>
  Flag.String(rule).pipe(
    Flag.withDescription(`Keep ${rule} for so long, such as 12h or 365d, instead of what is set`),
    Flag.withMetavar('time'),
    Flag.optional
  )

const times = {
  messages: keepFlag('messages'),
  media: keepFlag('media'),
  events: keepFlag('events'),
  incidents: keepFlag('incidents'),
  audit: keepFlag('audit')
}

const dryRun = Command.make(
  'dry-run',
  { ...times, ...flags },
  Effect.fnUntraced(function* (input) {
    const server = yield* Server
    const given = Object.keys(times).flatMap(rule => {
      const time = input[rule as keyof typeof times]
      return Option.isSome(time) ? [[rule, time.value]] : []
    })
    const body: NonNullable<InputOf<'retention.dryRun'>['body']> = Object.fromEntries(given)
    const { rules } = yield* withProgress(
      server.ask((client, options) => client.call('retention.dryRun', { body }, options)),
      'Counting; nothing is removed'
    )
    yield* listing<Counted>(rules, {
      headings: ['what', 'kept', 'would go', 'oldest', 'by account'],
      row: ({ accounts, keep, oldest, rule, wouldRemove }) => [
        rule,
        keptFor(keep),
        String(wouldRemove),
        timeOr(oldest),
        accounts.map(({ accountId, wouldRemove: some }) => `${accountId}: ${some}`).join(', ') || '-'
      ],
      none: 'There are no rules.'
    })
  })
).pipe(
  onServer,
  onScreen,
  Command.withDescription(
    'Count what would be removed now, by the settings or by other times; removes nothing'
  ),
  Command.withExamples([{ command: 'backscroll retention dry-run --messages 365d --media 90d' }])
)

export const retention = Command.make('retention', flags, () => list).pipe(
  onServer,
  onScreen,
  Command.withShortDescription('What is kept for how long, and what shorter times would remove'),
  Command.withDescription(
    'Shows what is kept for how long (MESSAGES_KEEP, MEDIA_KEEP, EVENTS_KEEP, INCIDENTS_KEEP, AUDIT_KEEP) and what was removed.'
  ),
  Command.withSubcommands([dryRun]),
  Command.withExamples([
    { command: 'backscroll retention' },
    { command: 'backscroll retention dry-run --messages 365d' }
  ])
)
