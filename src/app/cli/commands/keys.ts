// `keys`: the keys of programs. A new one is shown once, or written to a file that only its owner can read.
import { writeFileSync } from 'node:fs'
import { Effect, Option } from 'effect'
import { Argument, Command, Flag } from 'effect/cli'
import type { ResultOf } from '../../../client/index.ts'
import { misused, wordsOf } from '../failure.ts'
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
  Flag.withDescription('Seconds for which the former one is still good'),
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

/** Shows a new key, or keeps it in a file. */
const handOut = Effect.fnUntraced(function* (issued: Issued, save: Option.Option<string>) {
  const screen = yield* Screen
  const { key, ...rest } = issued
  if (Option.isNone(save)) {
    yield* screen.result(issued, canvas => `${described(rest, canvas)}\n${canvas.style.bold(key)}\n`)
    return yield* screen.say('Keep it: it is shown this once.')
  }
  const file = save.value
  yield* Effect.try({
    try: () => writeFileSync(file, `${key}\n`, { mode: 0o600, flag: 'wx', flush: true }),
    catch: cause =>
      misused(
        `The key was issued as ${issued.keyId}, but cannot be saved: ${wordsOf(cause)}. Delete it, and try again`
      )
  })
  yield* screen.result({ ...rest, file }, canvas => `${described(rest, canvas)}\nThe key is in ${file}.\n`)
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
    expires: Flag.Date('expires').pipe(
      Flag.withDescription('Until when it is good: ISO 8601'),
      Flag.optional
    ),
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
      yield* server.ask((client, options) => client.call('keys.create', { body }, options)),
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
      yield* server.ask((client, options) => client.call('keys.rotate', { keyId: id, body }, options)),
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
    yield* result({ keyId: id, deleted: true }, () => `${plain(id)} is good for nothing any more.\n`)
  })
).pipe(onServer, onScreen, Command.withDescription('Revoke a key'))

export const keys = Command.make('keys', flags, () => list).pipe(
  onServer,
  onScreen,
  Command.withDescription('List the keys of programs'),
  Command.withSubcommands([create, rotate, remove])
)
