// `search`: full-text search in what is stored.
import { Effect, Option, Stream } from 'effect'
import { Argument, Command, Flag } from 'effect/cli'
import type { ItemOf } from '../../../client/index.ts'
import { misused } from '../failure.ts'
import { withProgress } from '../screen/progress.ts'
import { type Canvas, onScreen, Screen, screenFlags } from '../screen/screen.ts'
import { localTime, plain } from '../screen/style.ts'
import { serverFlags } from '../server/address.ts'
import { onServer, Server } from '../server/server.ts'

type Hit = ItemOf<'reading.search'>

const optionalText = (name: string, description: string) =>
  Flag.String(name).pipe(Flag.withDescription(description), Flag.optional)

/** Segments keep the blanks between them. */
const inLine = (text: string): string => (text.trim() === '' ? ' ' : text.replaceAll(/\s+/g, ' '))

const highlighted = ({ highlights, message }: Hit, { style }: Canvas): string => {
  const [found] = highlights
  if (found === undefined) return plain(message.body ?? message.type)
  return found.segments
    .map(({ match, text }) => {
      const clean = plain(`.${inLine(text)}.`).slice(1, -1)
      return match ? style.bold(clean) : clean
    })
    .join('')
}

const drawn = (hit: Hit, canvas: Canvas): string => {
  const { direction, sender, senderName, tsClient } = hit.message
  const who = direction === 'outbound' ? 'me' : plain(senderName ?? sender ?? '')
  const where = plain(hit.threadName ?? hit.threadId)
  return `${canvas.style.faint(localTime(tsClient))}  ${canvas.style.bold(where)}  ${who}\n    ${highlighted(hit, canvas)}\n`
}

const orUndefined = <A>(value: Option.Option<A>) => Option.getOrUndefined(value)

export const search = Command.make(
  'search',
  {
    words: Argument.String('words').pipe(Argument.withDescription('What to look for')),
    account: optionalText('account', 'Id or name of the account; needed if there are several'),
    thread: optionalText('thread', 'Only in the thread with this id'),
    since: optionalText('since', 'Sent at this time or later: ISO 8601, or milliseconds since 1970'),
    until: optionalText('until', 'Sent before this time'),
    sender: optionalText('sender', 'Phone number or jid of the sender, or me'),
    type: optionalText('type', 'Types of messages, such as text,image'),
    order: Flag.Literals('order', ['newest', 'relevance']).pipe(
      Flag.withDescription('What comes first'),
      Flag.withDefault('newest')
    ),
    limit: Flag.Int('limit').pipe(Flag.withDescription('How many at most'), Flag.withDefault(20)),
    ...serverFlags,
    ...screenFlags
  },
  Effect.fnUntraced(function* ({ account, limit, order, sender, since, thread, type, until, words }) {
    if (limit < 1) return yield* misused('--limit is a whole number from 1')
    const [screen, server] = [yield* Screen, yield* Server]
    const { accountId } = yield* server.account(account)
    const filters = Object.fromEntries(
      Object.entries({
        threadId: orUndefined(thread),
        since: orUndefined(since),
        until: orUndefined(until),
        sender: orUndefined(sender),
        type: orUndefined(type)
      }).filter(([, value]) => value !== undefined)
    )
    const hits = yield* withProgress(
      server
        .follow((client, options) =>
          client.items('reading.search', { accountId, q: words, order, ...filters }, options)
        )
        .pipe(Stream.take(limit), Stream.runCollect),
      'Searching'
    )
    if (hits.length === 0) yield* screen.say('Nothing was found.')
    for (const hit of hits) yield* screen.result(hit, canvas => drawn(hit, canvas))
  })
).pipe(
  onServer,
  onScreen,
  Command.withDescription('Search messages and file names'),
  Command.withExamples([
    { command: 'backscroll search coffee' },
    { command: 'backscroll search invoice --since 2026-01-01 --sender me --json' }
  ])
)
