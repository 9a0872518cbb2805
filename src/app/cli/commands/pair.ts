// `pair`: links a phone, from the first code until the account is online.
import { Effect, Option } from 'effect'
import { Argument, Command, Flag } from 'effect/cli'
import { BackscrollError, type ResultOf } from '../../../client/index.ts'
import { type CommandFailed, failed, misused } from '../failure.ts'
import { withProgress } from '../screen/progress.ts'
import { qrText } from '../screen/qr.ts'
import { onScreen, Screen, screenFlags } from '../screen/screen.ts'
import { localTime, plain } from '../screen/style.ts'
import { serverFlags } from '../server/address.ts'
import { type Account, onServer, Server } from '../server/server.ts'

type Offer = ResultOf<'accounts.qr'>

/** What was shown already: nothing is said twice. */
interface Shown {
  code?: string
  qrLines?: number
  passkey?: boolean
  compare?: string
}

const LOOK_EVERY = '1 second'

/** As the server takes it: a number that it refuses must not leave a new account behind. */
const PHONE_NUMBER = /^\+?[1-9]\d{6,14}$/

const offered = (accountId: string): Effect.Effect<Offer | undefined, CommandFailed, Server> =>
  Effect.flatMap(Server, server =>
    server.ask((client, options) =>
      client.call('accounts.qr', { accountId }, options).catch((error: unknown) => {
        // None yet, or none any more: the state says which.
        if (error instanceof BackscrollError && (error.status === 404 || error.status === 409))
          return undefined
        throw error
      })
    )
  )

/** A page for the phone's owner, who needs no key for it. */
const linkPage = (accountId: string) =>
  Effect.flatMap(Server, server =>
    Effect.map(
      server.ask((client, options) => client.call('linkTickets.linkTicket', { accountId }, options)),
      ({ expiresAt, path }) => ({ url: server.url + path, expiresAt })
    )
  )

const showQr = Effect.fnUntraced(function* (qr: string, expiresAt: number, shown: Shown) {
  const screen = yield* Screen
  const hasColours = screen.canvas.style.bold('x') !== 'x'
  const drawn = qrText(qr, hasColours)
  // The next code takes the place of the last.
  const over = screen.isTerminal && shown.qrLines !== undefined ? `\u001B[${shown.qrLines}A\u001B[J` : ''
  shown.qrLines = drawn.split('\n').length - 1
  if (over === '' && !screen.json)
    yield* screen.say('On the phone: WhatsApp, Linked devices, Link a device. Codes renew themselves.')
  yield* screen.result({ step: 'qr', qr, expiresAt }, () => over + drawn)
})

const showOffer = Effect.fnUntraced(function* ({ code, expiresAt, qr }: Offer, shown: Shown) {
  const text = code ?? qr
  if (text === null || shown.code === text) return
  shown.code = text
  if (qr !== null) return yield* showQr(qr, expiresAt, shown)
  const { result } = yield* Screen
  yield* result(
    { step: 'code', code, expiresAt },
    ({ style }) =>
      `${style.bold(plain(text))}\n\nOn the phone: WhatsApp, Linked devices, Link a device, Link with phone number instead. Valid until ${localTime(expiresAt)}.\n`
  )
})

const showPasskey = Effect.fnUntraced(function* (accountId: string, shown: Shown) {
  if (shown.passkey === true) return
  shown.passkey = true
  const { result } = yield* Screen
  const page = yield* linkPage(accountId)
  yield* result(
    { step: 'passkey', ...page },
    ({ style }) =>
      `WhatsApp asks for the owner's passkey. Open this page where the passkey is:\n\n  ${style.bold(page.url)}\n\n`
  )
})

const showComparison = Effect.fnUntraced(function* (accountId: string, shown: Shown) {
  const [{ result }, server] = [yield* Screen, yield* Server]
  const { code } = yield* server.ask((client, options) =>
    client.call('passkey.passkey', { accountId }, options)
  )
  if (code === null || shown.compare === code) return
  shown.compare = code
  yield* result(
    { step: 'compare', code },
    ({ style }) =>
      `Does the phone show ${style.bold(plain(code))}? Then tell the phone, and run: backscroll pair ${accountId} --confirm\nIf not: backscroll accounts disconnect ${accountId}. Somebody is between you and the phone.\n`
  )
})

const notLinked = ({ pairingFailure }: Account): CommandFailed =>
  failed(
    pairingFailure === null
      ? 'No phone was linked in time. Run the command again'
      : `No phone was linked: ${plain(pairingFailure.reason)}`
  )

/** Whether the account is linked by now; shows what the owner needs for the next step. */
const look = Effect.fnUntraced(function* (account: Account, shown: Shown) {
  const { accountId, state } = account
  switch (state) {
    case 'open':
    case 'backfilling':
      return true
    case 'pairing': {
      const offer = yield* offered(accountId)
      if (offer !== undefined) yield* showOffer(offer, shown)
      return false
    }
    case 'pairing.passkey.requested':
      yield* showPasskey(accountId, shown)
      return false
    case 'pairing.passkey.confirming':
      yield* showComparison(accountId, shown)
      return false
    case 'pairing.passkey.submitted':
    case 'connecting':
    case 'reconnecting':
      return false
    default:
      return yield* notLinked(account)
  }
})

/** Looks every second until the account is online. */
const untilLinked = Effect.fnUntraced(function* (accountId: string) {
  const server = yield* Server
  const shown: Shown = {}
  const read = server.ask((client, options) => client.call('accounts.get', { accountId }, options))
  let account = yield* read
  while (!(yield* look(account, shown))) {
    yield* Effect.sleep(LOOK_EVERY)
    account = yield* read
  }
  const { result } = yield* Screen
  yield* result(
    { step: 'linked', account },
    ({ style }) => `${style.good('Linked')}: ${plain(account.name)}, ${accountId}\n`
  )
})

/** Gives the link away and waits until its page was used, or is no longer valid. */
const byPage = Effect.fnUntraced(function* (accountId: string) {
  const [{ result }, server] = [yield* Screen, yield* Server]
  const page = yield* linkPage(accountId)
  yield* result(
    { step: 'link', ...page },
    ({ style }) =>
      `Send this to the phone's owner, and nobody else. It is valid until ${localTime(page.expiresAt)}:\n\n  ${style.bold(page.url)}\n\n`
  )
  const begun = server
    .ask((client, options) => client.call('accounts.get', { accountId }, options))
    .pipe(
      Effect.delay(LOOK_EVERY),
      Effect.repeat({
        until: ({ state }) => state.startsWith('pairing') || state === 'open' || state === 'backfilling'
      }),
      Effect.timeoutOrElse({
        duration: Math.max(0, page.expiresAt - Date.now()),
        orElse: () =>
          Effect.fail(failed('The link is no longer valid, and nobody has used it. Run the command again'))
      })
    )
  yield* withProgress(begun, 'Waiting for the owner')
})

const confirm = Effect.fnUntraced(function* (accountId: string) {
  const server = yield* Server
  yield* server.ask((client, options) => client.call('passkey.confirmPasskey', { accountId }, options))
})

const begin = Effect.fnUntraced(function* (accountId: string, code: Option.Option<string>) {
  const server = yield* Server
  const body = Option.match(code, {
    onNone: () => ({ method: 'qr' as const }),
    onSome: phoneNumber => ({ method: 'code' as const, phoneNumber })
  })
  yield* server.ask((client, options) => client.call('accounts.pair', { accountId, body }, options))
})

const accountFor = Effect.fnUntraced(function* (named: Option.Option<string>, name: Option.Option<string>) {
  const server = yield* Server
  if (Option.isNone(name)) return yield* server.account(named)
  if (Option.isSome(named))
    return yield* misused('Name an account that there is, or a new one with --new, not both')
  return yield* server.ask((client, options) =>
    client.call('accounts.create', { body: { name: name.value } }, options)
  )
})

export const pair = Command.make(
  'pair',
  {
    account: Argument.String('account').pipe(
      Argument.withDescription('Id or name of the account; needed if there are several'),
      Argument.optional
    ),
    new: Flag.String('new').pipe(
      Flag.withDescription('Create an account with this name first'),
      Flag.withMetavar('name'),
      Flag.optional
    ),
    code: Flag.String('code').pipe(
      Flag.withDescription('A pairing code for the phone with this number, instead of a QR code'),
      Flag.withMetavar('phone-number'),
      Flag.optional
    ),
    link: Flag.Boolean('link').pipe(
      Flag.withDescription("A page for the phone's owner, instead of a QR code here"),
      Flag.withDefault(false),
      Flag.withoutNegation
    ),
    confirm: Flag.Boolean('confirm').pipe(
      Flag.withDescription('The phone shows the same code'),
      Flag.withDefault(false),
      Flag.withoutNegation
    ),
    ...serverFlags,
    ...screenFlags
  },
  Effect.fnUntraced(function* (input) {
    if ([input.link, input.confirm, Option.isSome(input.code)].filter(Boolean).length > 1)
      return yield* misused('Use one of --code, --link and --confirm')
    if (Option.isSome(input.code) && !PHONE_NUMBER.test(input.code.value))
      return yield* misused('--code is a phone number with country code, digits only: +4915112345678')
    const { accountId } = yield* accountFor(input.account, input.new)
    if (input.link) yield* byPage(accountId)
    else if (input.confirm) yield* confirm(accountId)
    else yield* begin(accountId, input.code)
    yield* untilLinked(accountId)
  })
).pipe(
  onServer,
  onScreen,
  Command.withShortDescription('Link a phone: QR code, pairing code or a page for its owner'),
  Command.withDescription(
    'Links a phone. Shows the QR code or pairing code, the page for the passkey if WhatsApp asks for one, and ends when the account is online. With --json each step is a line.'
  ),
  Command.withExamples([
    { command: 'backscroll pair --new Shop' },
    { command: 'backscroll pair Shop --code +4915112345678' },
    { command: 'backscroll pair Shop --link' }
  ])
)
