// `export` and `import`: messages as JSON Lines, and linked sessions from and to other servers.
import { Effect, Option } from 'effect'
import { Argument, Command, Flag } from 'effect/cli'
import type { InputOf } from '../../../client/index.ts'
import { download, isLastLine } from '../download.ts'
import { CommandFailed, EXIT, misused } from '../failure.ts'
import { lazily } from '../lazily.ts'
import { withProgress } from '../screen/progress.ts'
import { onScreen, Screen, screenFlags } from '../screen/screen.ts'
import { plain, sizeText } from '../screen/style.ts'
import { serverFlags, type ServerInput } from '../server/address.ts'
import { Server } from '../server/server.ts'
import { dataDirFlag, settingsFor } from '../settings.ts'

const optionalText = (name: string, description: string) =>
  Flag.String(name).pipe(Flag.withDescription(description), Flag.optional)

interface Asked {
  readonly account: Option.Option<string>
  readonly thread: Option.Option<string>
  readonly since: Option.Option<string>
  readonly until: Option.Option<string>
}

const requested = Effect.fnUntraced(function* ({ account, since, thread, until }: Asked) {
  const server = yield* Server
  const times: Pick<InputOf<'reading.exportThread'>, 'since' | 'until'> = {
    ...(Option.isSome(since) ? { since: since.value } : {}),
    ...(Option.isSome(until) ? { until: until.value } : {})
  }
  if (Option.isSome(thread)) {
    const threadId = thread.value
    return yield* server.ask(client => client.call('reading.exportThread', { threadId, ...times }))
  }
  const { accountId } = yield* server.account(account)
  return yield* server.ask(client => client.call('reading.exportAccount', { accountId, ...times }))
})

const exportMessages = Effect.fnUntraced(function* (asked: Asked, path: Option.Option<string>) {
  const bytes = yield* download(requested(asked), path, isLastLine)
  const { say } = yield* Screen
  if (Option.isSome(path)) yield* say(`${sizeText(bytes)} in ${path.value}`)
})

const exportSession = Effect.fnUntraced(function* (
  account: Option.Option<string>,
  path: Option.Option<string>,
  dataDir: Option.Option<string>
) {
  if (Option.isNone(account) || Option.isNone(path))
    return yield* misused('Name the account by its id (--account) and the file to make, such as session.zip')
  const config = yield* settingsFor(dataDir)
  const sessions = yield* lazily(() => import('../offline/sessions.ts'))
  const given = yield* sessions.exportSession(config, account.value, path.value)
  const { result } = yield* Screen
  yield* result(
    given,
    () =>
      `The session of ${given.accountId} is in ${given.file}. It is a secret, and cannot connect here any more.\n`
  )
})

const exported = Command.make(
  'export',
  {
    file: Argument.String('file').pipe(
      Argument.withDescription('A file that does not exist yet; standard output otherwise'),
      Argument.optional
    ),
    account: optionalText('account', 'Id or name of the account; needed if there are several'),
    thread: optionalText('thread', 'Only the thread with this id'),
    since: optionalText('since', 'Sent at this time or later: ISO 8601, or milliseconds since 1970'),
    until: optionalText('until', 'Sent before this time'),
    session: Flag.Boolean('session').pipe(
      Flag.withDescription(
        'The linked session instead of messages, as a zip, out of the data folder; the server must not run'
      ),
      Flag.withDefault(false),
      Flag.withoutNegation
    ),
    dataDir: dataDirFlag,
    ...serverFlags,
    ...screenFlags
  },
  Effect.fnUntraced(function* (input) {
    yield* input.session
      ? exportSession(input.account, input.file, input.dataDir)
      : Effect.provide(exportMessages(input, input.file), Server.layer(input))
  })
).pipe(
  onScreen,
  Command.withShortDescription('Write messages as JSON Lines, or give a linked session away'),
  Command.withDescription(
    'Writes the messages of a thread or an account as JSON Lines, thread after thread, oldest first. The last line is {"kind":"end",…}. With --session: gives the linked session away; the account cannot connect here afterwards.'
  ),
  Command.withExamples([
    { command: 'backscroll export --account Shop shop.jsonl' },
    { command: 'backscroll export --since 2026-11-01 | jq -r .body' },
    { command: 'backscroll export --session --account acc-… session.zip' }
  ])
)
export { exported as export }

const countsOf = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ')

interface Taken {
  readonly accountId: string
  readonly taken: Readonly<Record<string, number>>
  readonly leftOut: Readonly<Record<string, number>>
}

const showTaken = (found: Taken, then: string) =>
  Effect.flatMap(Screen, ({ result }) =>
    result(found, () => {
      const leftOut = countsOf(found.leftOut)
      return `Taken over as ${found.accountId}: ${countsOf(found.taken)}.${leftOut === '' ? '' : ` Left out: ${leftOut}.`} ${then}\n`
    })
  )

interface ImportInput extends ServerInput {
  readonly path: string
  readonly name: string
  readonly session: Option.Option<string>
  readonly again: boolean
  readonly dataDir: Option.Option<string>
}

const importOffline = Effect.fnUntraced(function* ({ again, dataDir, name, path, session }: ImportInput) {
  const config = yield* settingsFor(dataDir)
  const sessions = yield* lazily(() => import('../offline/sessions.ts'))
  const options = { name, again, session: Option.getOrUndefined(session) }
  const taken = yield* withProgress(sessions.importSession(config, path, options), 'Taking the session over')
  yield* showTaken(taken, 'It connects when the server starts.')
})

const importThroughServer = Effect.fnUntraced(function* ({ again, name, path, session }: ImportInput) {
  const { readSession } = yield* lazily(() => import('../offline/sessions.ts'))
  const bytes = yield* readSession(path)
  const server = yield* Server
  const body = new Blob([new Uint8Array(bytes)])
  const named = Option.isSome(session) ? { session: session.value } : {}
  const { account, leftOut, taken } = yield* withProgress(
    server.ask((client, options) => client.call('accounts.import', { name, again, ...named, body }, options)),
    'Taking the session over'
  )
  yield* showTaken({ accountId: account.accountId, taken, leftOut }, `It is ${plain(account.state)}.`)
})

const MOST_NAME = 100

export const importing = Command.make(
  'import',
  {
    path: Argument.Path('file', { mustExist: true }).pipe(
      Argument.withDescription('A folder, a zip or a JSON document of another Baileys server')
    ),
    name: Flag.String('name').pipe(Flag.withDescription('Name of the new account')),
    session: optionalText('session', 'Which session, where there are several'),
    again: Flag.Boolean('again').pipe(
      Flag.withDescription('Also a session that was given away here before'),
      Flag.withDefault(false),
      Flag.withoutNegation
    ),
    server: Flag.Boolean('server').pipe(
      Flag.withDescription(
        'Through the running server, instead of into the data folder of one that does not run'
      ),
      Flag.withDefault(false),
      Flag.withoutNegation
    ),
    dataDir: dataDirFlag,
    ...serverFlags,
    ...screenFlags
  },
  Effect.fnUntraced(function* (input) {
    const name = input.name.trim()
    if (name === '' || name.length > MOST_NAME)
      return yield* new CommandFailed({
        message: `--name has 1 to ${MOST_NAME} characters`,
        exitCode: EXIT.misused
      })
    yield* input.server
      ? Effect.provide(importThroughServer({ ...input, name }), Server.layer(input))
      : importOffline({ ...input, name })
  })
).pipe(
  onScreen,
  Command.withShortDescription('Take over a linked session of another server'),
  Command.withDescription(
    'Takes over a linked session of another Baileys server, without a QR code (docs/moving-in.md). Stop that server for good first.'
  ),
  Command.withExamples([
    { command: 'backscroll import --name Shop ./auth_info_baileys' },
    { command: 'backscroll import --server --name Shop session.zip' }
  ])
)
