// `webhooks`: where events are delivered, and what became of them.
import { Effect, Option } from 'effect'
import { Argument, Command, Flag } from 'effect/cli'
import type { Backscroll, CallOptions, ResultOf } from '../../../client/index.ts'
import { failed } from '../failure.ts'
import { withProgress } from '../screen/progress.ts'
import { listing } from '../screen/listing.ts'
import { type Canvas, onScreen, Screen, screenFlags } from '../screen/screen.ts'
import { localTime, plain, type Style } from '../screen/style.ts'
import { facts } from '../screen/table.ts'
import { serverFlags } from '../server/address.ts'
import { onServer, Server } from '../server/server.ts'

type Webhook = ResultOf<'webhooks.get'>

const flags = { ...serverFlags, ...screenFlags }

const webhookId = Argument.String('webhook-id').pipe(
  Argument.withDescription('Id of the webhook, as webhooks lists it')
)

const drawState = (state: Webhook['state'], { bad, good, warning }: Style) =>
  ({ active: good, paused: warning, disabled: bad })[state]

const list = Effect.gen(function* () {
  const server = yield* Server
  const { webhooks: all } = yield* server.ask((client, options) => client.call('webhooks.list', {}, options))
  yield* listing<Webhook>(all, {
    headings: ['webhook', 'state', 'waiting', 'dead letters', 'url'],
    row: (webhook, { style }) => [
      webhook.webhookId,
      { text: webhook.state, draw: drawState(webhook.state, style) },
      String(webhook.waiting),
      String(webhook.deadLetters),
      plain(webhook.url)
    ],
    none: 'There are no webhooks. Create one: backscroll webhooks create URL'
  })
})

const described = (webhook: Webhook, { style }: Canvas): string =>
  facts(
    [
      ['webhook', webhook.webhookId],
      ['name', plain(webhook.name)],
      ['url', plain(webhook.url)],
      ['state', drawState(webhook.state, style)(webhook.state)],
      ['account', webhook.accountId ?? 'all'],
      ['events', webhook.types.length === 0 ? 'all' : webhook.types.map(plain).join(', ')],
      ['waiting', String(webhook.waiting)],
      ['dead letters', String(webhook.deadLetters)],
      ...(webhook.reason === null ? [] : [['reason', plain(webhook.reason)] as const])
    ],
    style
  )

const show = (webhook: Webhook) =>
  Effect.flatMap(Screen, ({ result }) => result(webhook, canvas => described(webhook, canvas)))

/** A secret is shown once. */
const showSecret = (created: ResultOf<'webhooks.create'>) =>
  Effect.flatMap(Screen, ({ result, say }) =>
    Effect.andThen(
      result(
        created,
        canvas => `${described(created.webhook, canvas)}\n${canvas.style.bold(created.secret)}\n`
      ),
      say('Keep the secret: deliveries are signed with it, and it is shown this once.')
    )
  )

const create = Command.make(
  'create',
  {
    target: Argument.String('target').pipe(
      Argument.withDescription('Where events are delivered to: https://…')
    ),
    name: Flag.String('name').pipe(Flag.withDescription('Name for people'), Flag.optional),
    account: Flag.String('account').pipe(
      Flag.withDescription('Id or name of an account; all otherwise'),
      Flag.optional
    ),
    type: Flag.String('type').pipe(
      Flag.withDescription(
        'Type of events, such as message.stored or message.*; can be repeated; all otherwise'
      ),
      Flag.atLeast(0)
    ),
    header: Flag.KeyValuePair('header').pipe(
      Flag.withDescription('Header that deliveries carry, as name=value; can be repeated'),
      Flag.optional
    ),
    ...flags
  },
  Effect.fnUntraced(function* ({ account, header, name, target, type }) {
    const server = yield* Server
    const body = {
      url: target,
      ...(Option.isSome(name) ? { name: name.value } : {}),
      ...(Option.isSome(account) ? { accountId: (yield* server.account(account)).accountId } : {}),
      ...(type.length > 0 ? { types: type } : {}),
      ...(Option.isSome(header) ? { headers: header.value } : {})
    }
    yield* showSecret(
      yield* server.ask((client, options) => client.call('webhooks.create', { body }, options))
    )
  })
).pipe(
  onServer,
  onScreen,
  Command.withDescription('Create a webhook'),
  Command.withExamples([
    { command: 'backscroll webhooks create https://example.com/hook --type message.stored' }
  ])
)

type Act = (client: Backscroll, webhookId: string, options: CallOptions) => Promise<Webhook>

const acting = (name: string, description: string, act: Act) =>
  Command.make(
    name,
    { webhookId, ...flags },
    Effect.fnUntraced(function* ({ webhookId: id }) {
      const server = yield* Server
      yield* show(yield* server.ask((client, options) => act(client, id, options)))
    })
  ).pipe(onServer, onScreen, Command.withDescription(description))

const test = Command.make(
  'test',
  { webhookId, ...flags },
  Effect.fnUntraced(function* ({ webhookId: id }) {
    const [{ result }, server] = [yield* Screen, yield* Server]
    const tested = yield* withProgress(
      server.ask((client, options) => client.call('webhooks.test', { webhookId: id }, options)),
      'Waiting for the answer'
    )
    const answer = tested.status === null ? 'no answer' : `status ${tested.status}`
    yield* result(
      tested,
      ({ style }) =>
        `${tested.isTaken ? style.good('Taken') : style.bad('Not taken')}: ${answer} after ${tested.milliseconds} ms\n`
    )
    if (!tested.isTaken)
      return yield* failed(
        `The event was not taken: ${plain([tested.reason ?? answer, tested.answer ?? ''].join(' ').trim())}. It has to be answered with 2xx`
      )
  })
).pipe(onServer, onScreen, Command.withDescription('Deliver a test event now'))

const rotate = Command.make(
  'rotate',
  {
    webhookId,
    overlap: Flag.Int('overlap').pipe(
      Flag.withDescription('Seconds for which deliveries are signed with the former secret, too'),
      Flag.optional
    ),
    ...flags
  },
  Effect.fnUntraced(function* ({ overlap, webhookId: id }) {
    const server = yield* Server
    const body = Option.isSome(overlap) ? { overlapSeconds: overlap.value } : {}
    yield* showSecret(
      yield* server.ask((client, options) =>
        client.call('webhooks.renewSecret', { webhookId: id, body }, options)
      )
    )
  })
).pipe(onServer, onScreen, Command.withDescription('Exchange the secret of a webhook'))

const limit = Flag.Int('limit').pipe(Flag.withDescription('How many at most'), Flag.withDefault(50))

const deliveries = Command.make(
  'deliveries',
  { webhookId, limit, ...flags },
  Effect.fnUntraced(function* ({ limit: most, webhookId: id }) {
    const server = yield* Server
    const found = yield* server.ask((client, options) =>
      client.call('webhooks.deliveries', { webhookId: id, limit: most }, options)
    )
    yield* listing(found.deliveries, {
      headings: ['time', 'event', 'type', 'attempt', 'status', 'ms', 'outcome', 'answer'],
      row: (one, { style }) => [
        localTime(one.at),
        String(one.eventId),
        plain(one.type),
        String(one.attempt),
        String(one.status ?? '-'),
        String(one.milliseconds),
        {
          text: one.outcome === 'delivered' ? one.outcome : plain(one.reason ?? one.outcome),
          draw: one.outcome === 'delivered' ? style.good : style.bad
        },
        plain(one.answer ?? '')
      ],
      none: 'Nothing was delivered yet.'
    })
  })
).pipe(onServer, onScreen, Command.withDescription('List the last attempts to deliver'))

const deadLetters = Command.make(
  'dead-letters',
  {
    webhookId,
    limit,
    replay: Flag.Boolean('replay').pipe(
      Flag.withDescription('Deliver them again'),
      Flag.withDefault(false),
      Flag.withoutNegation
    ),
    ...flags
  },
  Effect.fnUntraced(function* ({ limit: most, replay: isReplay, webhookId: id }) {
    const [{ result }, server] = [yield* Screen, yield* Server]
    if (isReplay) {
      const again = yield* server.ask((client, options) =>
        client.call('webhooks.replayDeadLetters', { webhookId: id }, options)
      )
      return yield* result(again, () => `${again.events} events are delivered again.\n`)
    }
    const found = yield* server.ask((client, options) =>
      client.call('webhooks.deadLetters', { webhookId: id, limit: most }, options)
    )
    yield* listing(found.deadLetters, {
      headings: ['time', 'event', 'type', 'attempts', 'status', 'reason', 'answer'],
      row: one => [
        localTime(one.at),
        String(one.eventId),
        plain(one.type),
        String(one.attempts),
        String(one.status ?? '-'),
        plain(one.reason ?? ''),
        plain(one.answer ?? '')
      ],
      none: 'No event was given up.'
    })
  })
).pipe(onServer, onScreen, Command.withDescription('List events that were given up, or deliver them again'))

const replay = Command.make(
  'replay',
  {
    webhookId,
    since: Flag.Date('since').pipe(Flag.withDescription('Events from this time on: ISO 8601')),
    until: Flag.Date('until').pipe(Flag.withDescription('Events before this time'), Flag.optional),
    type: Flag.String('type').pipe(
      Flag.withDescription('Only events of this type; can be repeated'),
      Flag.atLeast(0)
    ),
    ...flags
  },
  Effect.fnUntraced(function* ({ since, type, until, webhookId: id }) {
    const [{ result }, server] = [yield* Screen, yield* Server]
    const body = {
      since: since.getTime(),
      ...(Option.isSome(until) ? { until: until.value.getTime() } : {}),
      ...(type.length > 0 ? { types: type } : {})
    }
    const again = yield* server.ask((client, options) =>
      client.call('webhooks.replay', { webhookId: id, body }, options)
    )
    yield* result(again, () => `${again.events} events are delivered again.\n`)
  })
).pipe(onServer, onScreen, Command.withDescription('Deliver events of a time again'))

const remove = Command.make(
  'delete',
  { webhookId, ...flags },
  Effect.fnUntraced(function* ({ webhookId: id }) {
    const [{ result }, server] = [yield* Screen, yield* Server]
    yield* server.ask((client, options) => client.call('webhooks.delete', { webhookId: id }, options))
    yield* result({ webhookId: id, deleted: true }, () => `${plain(id)} is deleted.\n`)
  })
).pipe(onServer, onScreen, Command.withDescription('Delete a webhook'))

export const webhooks = Command.make('webhooks', flags, () => list).pipe(
  onServer,
  onScreen,
  Command.withDescription('List the webhooks'),
  Command.withSubcommands([
    create,
    acting('show', 'Show a webhook', (client, id, options) =>
      client.call('webhooks.get', { webhookId: id }, options)
    ),
    test,
    acting('pause', 'Let events wait', (client, id, options) =>
      client.call('webhooks.change', { webhookId: id, body: { state: 'paused' } }, options)
    ),
    acting('resume', 'Deliver again what waits', (client, id, options) =>
      client.call('webhooks.change', { webhookId: id, body: { state: 'active' } }, options)
    ),
    deliveries,
    deadLetters,
    replay,
    rotate,
    remove
  ])
)
