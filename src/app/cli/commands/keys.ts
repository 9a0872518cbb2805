// `keys`: the keys of programs. A new one is shown once, or written to a file that only its owner can read.
import { fsyncSync, writeSync } from 'node:fs'
import { Effect, Option } from 'effect'
import { Argument, Command, Flag } from 'effect/cli'
import type { ResultOf } from '../../../client/index.ts'
import { type CommandFailed, failed, misused } from '../failure.ts'
import { newFile, wordsOfFileError } from '../files.ts'
import { listing } from '../screen/listing.ts'
import { type Canvas, onScreen, Screen, screenFlags } from '../screen/screen.ts'
import { plain, timeOr } from '../screen/style.ts'
import { facts } from '../screen/table.ts'
import { serverFlags } from '../server/address.ts'
import { onServer, Server } from '../server/server.ts'

type Key = ResultOf<'keys.get'>
type Issued = ResultOf<'keys.create'>

const flags = { ...serverFlags, ...screenFlags }

const keyId = Argument.String('key-id').pipe(Argument.withDescription('Id of the key, as keys lists it'))

const allOr = (values: 'all' | ReadonlyArray<string>): string =>
  values === 'all' ? 'all' : values.map(plain).join(', ')

const list = Effect.gen(function* () {
  const server = yield* Server
  const { keys } = yield* server.ask((client, options) => client.call('keys.list', {}, options))
  yield* listing<Key>(keys, {
    headings: ['key', 'role', 'last used', 'expires', 'accounts', 'name'],
    row: key => [
      key.keyId,
      key.role,
      timeOr(key.lastUsedAt),
      timeOr(key.expiresAt),
      allOr(key.accounts),
      plain(key.name)
    ],
    none: 'There are no keys beside API_KEY. Create one: backscroll keys create NAME --role agent --all-accounts'
  })
})

const saveFlag = Flag.String('save').pipe(
  Flag.withDescription('Write the key to this new file, for --key-file, instead of printing it'),
  Flag.withMetavar('file'),
  Flag.optional
)

const overlapFlag = Flag.Int('overlap').pipe(
  Flag.withDescription('Seconds for which the former secret stays valid'),
  Flag.optional
)

const described = (issued: Key, { style }: Canvas): string =>
  facts(
    [
      ['key', issued.keyId],
      ['name', plain(issued.name)],
      ['role', issued.role],
      ['accounts', allOr(issued.accounts)],
      ['expires', timeOr(issued.expiresAt)]
    ],
    style
  )

const showKey = Effect.fnUntraced(function* (issued: Issued) {
  const screen = yield* Screen
  const { key, ...rest } = issued
  yield* screen.result(issued, canvas => `${described(rest, canvas)}\n${canvas.style.bold(key)}\n`)
  yield* screen.say('Keep it: it is shown this once.')
})

/** Issues a key into a new file, which is made first: a key that cannot be kept is not issued. Answers what is known of it otherwise. */
const issueInto = Effect.fnUntraced(function* <R>(
  issue: Effect.Effect<Issued, CommandFailed, R>,
  path: string
) {
  const file = yield* newFile(path)
  const { key, ...rest } = yield* issue
  yield* Effect.try({
    try: () => {
      writeSync(file, `${key}\n`)
      fsyncSync(file)
    },
    catch: cause =>
      failed(
        `The key was issued as ${rest.keyId}, but cannot be saved: ${wordsOfFileError(cause)}. Delete it (keys delete ${rest.keyId}), and try again`
      )
  })
  return rest
}, Effect.scoped)

/** The file stays, even if nothing can be shown any more: it has the only copy of the key. */
const saveKey = Effect.fnUntraced(function* <R>(
  issue: Effect.Effect<Issued, CommandFailed, R>,
  path: string
) {
  const rest = yield* issueInto(issue, path)
  const { result } = yield* Screen
  yield* result({ ...rest, file: path }, canvas => `${described(rest, canvas)}\nThe key is in ${path}.\n`)
})

const handOut = <R>(issue: Effect.Effect<Issued, CommandFailed, R>, save: Option.Option<string>) =>
  Option.match(save, {
    onNone: () => Effect.flatMap(issue, showKey),
    onSome: path => saveKey(issue, path)
  })

const create = Command.make(
  'create',
  {
    name: Argument.String('name').pipe(Argument.withDescription('Who uses it')),
    role: Flag.Literals('role', ['viewer', 'agent', 'operator', 'admin']).pipe(
      Flag.withDescription('What it may do (docs/security.md)')
    ),
    account: Flag.String('account').pipe(
      Flag.withDescription('Id or name of an account that it is for; can be repeated'),
      Flag.atLeast(0)
    ),
    allAccounts: Flag.Boolean('all-accounts').pipe(
      Flag.withDescription('For all accounts, also those to come'),
      Flag.withDefault(false),
      Flag.withoutNegation
    ),
    expires: Flag.Date('expires').pipe(Flag.withDescription('When it expires: ISO 8601'), Flag.optional),
    save: saveFlag,
    ...flags
  },
  Effect.fnUntraced(function* ({ account, allAccounts, expires, name, role, save }) {
    if (allAccounts === account.length > 0)
      return yield* misused('Name the accounts that the key is for (--account), or say --all-accounts')
    const server = yield* Server
    const accounts = yield* Effect.forEach(account, named => server.account(Option.some(named)))
    const body = {
      name,
      role,
      accounts: allAccounts ? ('all' as const) : accounts.map(({ accountId }) => accountId),
      ...(Option.isSome(expires) ? { expiresAt: expires.value.getTime() } : {})
    }
    yield* handOut(
      server.ask((client, options) => client.call('keys.create', { body }, options)),
      save
    )
  })
).pipe(
  onServer,
  onScreen,
  Command.withDescription('Create a key'),
  Command.withExamples([
    { command: 'backscroll keys create "Help desk" --role agent --account Shop' },
    { command: 'backscroll keys create "This machine" --role admin --all-accounts --save data/cli.key' }
  ])
)

const rotate = Command.make(
  'rotate',
  { keyId, overlap: overlapFlag, save: saveFlag, ...flags },
  Effect.fnUntraced(function* ({ keyId: id, overlap, save }) {
    const server = yield* Server
    const body = Option.isSome(overlap) ? { overlapSeconds: overlap.value } : {}
    yield* handOut(
      server.ask((client, options) => client.call('keys.rotate', { keyId: id, body }, options)),
      save
    )
  })
).pipe(onServer, onScreen, Command.withDescription('Exchange the secret of a key'))

const remove = Command.make(
  'delete',
  { keyId, ...flags },
  Effect.fnUntraced(function* ({ keyId: id }) {
    const [{ result }, server] = [yield* Screen, yield* Server]
    yield* server.ask((client, options) => client.call('keys.remove', { keyId: id }, options))
    yield* result({ keyId: id, deleted: true }, () => `${plain(id)} is revoked.\n`)
  })
).pipe(onServer, onScreen, Command.withDescription('Revoke a key'))

export const keys = Command.make('keys', flags, () => list).pipe(
  onServer,
  onScreen,
  Command.withDescription('List the keys of programs'),
  Command.withSubcommands([create, rotate, remove])
)
