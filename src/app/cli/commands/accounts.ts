// `accounts`: what there is, how it is, and what an operator can do with it.
import { Effect, Option } from 'effect'
import { Argument, Command, Flag } from 'effect/cli'
import type { Backscroll, CallOptions } from '../../../client/index.ts'
import { misused } from '../failure.ts'
import { listing } from '../screen/listing.ts'
import { onScreen, Screen, screenFlags } from '../screen/screen.ts'
import { plain, type Style, timeOr } from '../screen/style.ts'
import { facts } from '../screen/table.ts'
import { serverFlags } from '../server/address.ts'
import { type Account, onServer, Server } from '../server/server.ts'

const flags = { ...serverFlags, ...screenFlags }

const named = Argument.String('account').pipe(
  Argument.withDescription('Id or name of the account; needed if there are several'),
  Argument.optional
)

const ONLINE = new Set(['open', 'backfilling'])
const ENDED = new Set(['loggedOut', 'replaced', 'banned', 'locked', 'failed'])

const drawState = (state: string, { bad, good, warning }: Style): ((text: string) => string) => {
  if (ONLINE.has(state)) return good
  return ENDED.has(state) ? bad : warning
}

const synced = ({ sync: { percent } }: Account): string =>
  percent === null ? '-' : `${Math.floor(percent)} %`

const list = Effect.gen(function* () {
  const server = yield* Server
  const { accounts } = yield* server.ask((client, options) => client.call('accounts.list', {}, options))
  yield* listing(accounts, {
    headings: ['account', 'state', 'history', 'threads', 'messages', 'last heard', 'name'],
    row: (account, { style }) => [
      account.accountId,
      { text: account.state, draw: drawState(account.state, style) },
      synced(account),
      String(account.counts.threads),
      String(account.counts.messages),
      timeOr(account.lastHeardAt),
      plain(account.name)
    ],
    none: 'There is no account yet. Link one: backscroll pair --new NAME'
  })
})

/** What is wrong with an account, or was. */
const troublesOf = ({ lastDisconnect, pairingFailure, restriction, suspension }: Account) => [
  ...(suspension === null
    ? []
    : [['suspended', `until ${timeOr(suspension.until)}: ${plain(suspension.reason)}`] as const]),
  ...(restriction === null
    ? []
    : [['restricted', `until ${timeOr(restriction.until)}: ${plain(restriction.reason)}`] as const]),
  ...(pairingFailure === null ? [] : [['not linked', plain(pairingFailure.reason)] as const]),
  ...(lastDisconnect === null
    ? []
    : [['last disconnect', `${timeOr(lastDisconnect.at)}: ${plain(lastDisconnect.reason)}`] as const])
]

/** One account, with what an operator asks first. */
const show = (account: Account) =>
  Effect.flatMap(Screen, screen =>
    screen.result(account, ({ style }) =>
      facts(
        [
          ['account', account.accountId],
          ['name', plain(account.name)],
          ['state', drawState(account.state, style)(account.state)],
          ['address', plain(account.jid ?? '-')],
          ['history', synced(account)],
          ['threads', String(account.counts.threads)],
          ['messages', String(account.counts.messages)],
          ['last heard', timeOr(account.lastHeardAt)],
          ['last sent', timeOr(account.lastSentAt)],
          ...troublesOf(account)
        ],
        style
      )
    )
  )

const shown = Command.make(
  'show',
  { account: named, ...flags },
  Effect.fnUntraced(function* ({ account }) {
    yield* show(yield* (yield* Server).account(account))
  })
).pipe(onServer, onScreen, Command.withDescription('Show the state of an account'))

const create = Command.make(
  'create',
  { name: Argument.String('name').pipe(Argument.withDescription('Name for people')), ...flags },
  Effect.fnUntraced(function* ({ name }) {
    const server = yield* Server
    yield* show(
      yield* server.ask((client, options) => client.call('accounts.create', { body: { name } }, options))
    )
  })
).pipe(onServer, onScreen, Command.withDescription('Create an account; pair links it'))

type Act = (
  client: Backscroll,
  input: { readonly accountId: string },
  options: CallOptions
) => Promise<Account>

/** A command that does one thing with an account, and shows how it is then. */
const acting = (name: string, description: string, act: Act) =>
  Command.make(
    name,
    { account: named, ...flags },
    Effect.fnUntraced(function* ({ account }) {
      const server = yield* Server
      const { accountId } = yield* server.account(account)
      yield* show(yield* server.ask((client, options) => act(client, { accountId }, options)))
    })
  ).pipe(onServer, onScreen, Command.withDescription(description))

const remove = Command.make(
  'delete',
  {
    account: Argument.String('account').pipe(Argument.withDescription('Id of the account')),
    yes: Flag.Boolean('yes').pipe(
      Flag.withDescription('Delete it, with all its conversations'),
      Flag.withDefault(false),
      Flag.withoutNegation
    ),
    ...flags
  },
  Effect.fnUntraced(function* ({ account, yes }) {
    const [screen, server] = [yield* Screen, yield* Server]
    const { accountId, counts, name } = yield* server.account(Option.some(account))
    if (!yes)
      return yield* misused(
        `This deletes ${plain(name)} (${accountId}) with ${counts.messages} messages, and unlinks its device. Say --yes if that is meant`
      )
    yield* server.ask((client, options) => client.call('accounts.remove', { accountId }, options))
    yield* screen.result({ accountId, deleted: true }, () => `${accountId} is deleted.\n`)
  })
).pipe(onServer, onScreen, Command.withDescription('Unlink an account and delete everything of it'))

export const accounts = Command.make('accounts', flags, () => list).pipe(
  onServer,
  onScreen,
  Command.withDescription('List the accounts with their state'),
  Command.withSubcommands([
    shown,
    create,
    acting('connect', 'Connect an account', (client, input, options) =>
      client.call('accounts.connect', input, options)
    ),
    acting('disconnect', 'Disconnect an account until connect', (client, input, options) =>
      client.call('accounts.disconnect', input, options)
    ),
    acting('restart', 'Restart an account', (client, input, options) =>
      client.call('accounts.restart', input, options)
    ),
    acting('logout', 'Unlink the device of an account; what is stored stays', (client, input, options) =>
      client.call('accounts.logout', input, options)
    ),
    remove
  ]),
  Command.withExamples([
    { command: 'backscroll accounts' },
    { command: 'backscroll accounts show Shop' },
    { command: 'backscroll accounts --json | jq .state' }
  ])
)
