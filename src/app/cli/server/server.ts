// The running server, as commands use it.
import { Context, Effect, Layer, Option, Stream } from 'effect'
import { Command } from 'effect/cli'
import { Backscroll, type CallOptions, type ResultOf } from '../../../client/index.ts'
import { type CommandFailed, failed, misused } from '../failure.ts'
import { plain } from '../screen/style.ts'
import { addressFrom, type ServerInput } from './address.ts'
import { explained, stranger } from './refusal.ts'

export type Account = ResultOf<'accounts.get'>

type Options = Required<CallOptions>

export class Server extends Context.Service<
  Server,
  {
    readonly url: string
    /** One request, given up when the command is interrupted. */
    readonly ask: <A>(
      request: (client: Backscroll, options: Options) => Promise<A>
    ) => Effect.Effect<A, CommandFailed>
    /** What comes bit by bit. */
    readonly follow: <A>(
      request: (client: Backscroll, options: Options) => AsyncIterable<A>
    ) => Stream.Stream<A, CommandFailed>
    /** The account with this id or name; the only one, when none is named. */
    readonly account: (named: Option.Option<string>) => Effect.Effect<Account, CommandFailed>
  }
>()('backscroll/app/cli/Server') {
  static layer(input: ServerInput): Layer.Layer<Server, CommandFailed> {
    return Layer.effect(
      Server,
      Effect.map(addressFrom(input), ({ key, url }) =>
        make(url, new Backscroll({ url, key, attempts: 2, fetch: fetchFrom(url) }))
      )
    )
  }
}

/** Every answer of the server has a trace id; without it, even what looks like a result is none. */
const fetchFrom =
  (url: string): typeof fetch =>
  async (input, init) => {
    const response = await fetch(input, init)
    if (!response.ok || response.headers.has('x-trace-id')) return response
    await response.body?.cancel()
    throw stranger(url, 'it answers with something else')
  }

const make = (url: string, client: Backscroll): Server['Service'] => {
  const explain = explained(url)
  const ask: Server['Service']['ask'] = request =>
    Effect.tryPromise({ try: signal => request(client, { signal }), catch: explain })
  return {
    url,
    ask,
    follow: request =>
      Stream.unwrap(
        Effect.map(
          Effect.acquireRelease(
            Effect.sync(() => new AbortController()),
            opened => Effect.sync(() => opened.abort())
          ),
          ({ signal }) => Stream.fromAsyncIterable(request(client, { signal }), explain)
        )
      ),
    account: named =>
      Effect.flatMap(
        ask((at, options) => at.call('accounts.list', {}, options)),
        ({ accounts }) => chosen(accounts, named)
      )
  }
}

const listOf = (accounts: ReadonlyArray<Account>): string =>
  accounts.map(({ accountId, name }) => `\n  ${accountId}  ${plain(name)}`).join('')

const chosen = (
  accounts: ReadonlyArray<Account>,
  named: Option.Option<string>
): Effect.Effect<Account, CommandFailed> => {
  if (accounts.length === 0)
    return Effect.fail(failed('There is no account yet. Link one: backscroll pair --new NAME'))
  const found = Option.match(named, {
    onNone: () => accounts,
    onSome: text => {
      const byId = accounts.filter(({ accountId }) => accountId === text)
      return byId.length > 0 ? byId : accounts.filter(({ name }) => name === text)
    }
  })
  const [account, ...others] = found
  if (account !== undefined && others.length === 0) return Effect.succeed(account)
  if (account === undefined)
    return Effect.fail(failed(`No account has this id or name. There are:${listOf(accounts)}`))
  return Effect.fail(misused(`Which account? Name one by its id (--account):${listOf(found)}`))
}

/** Gives a command with the flags of the server its server. */
export const onServer = <const Name extends string, Input extends ServerInput, C, E, R>(
  command: Command.Command<Name, Input, C, E, R>
) => Command.provide(command, (input: Input) => Server.layer(input))
