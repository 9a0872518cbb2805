// `tail`: what happens, as it happens.
import { Effect, Option, Stream } from 'effect'
import { Command, Flag } from 'effect/cli'
import type { ServerEvent } from '../../../client/index.ts'
import { type Canvas, onScreen, Screen, screenFlags } from '../screen/screen.ts'
import { localTime, plain } from '../screen/style.ts'
import { shortened } from '../screen/table.ts'
import { serverFlags } from '../server/address.ts'
import { onServer, Server } from '../server/server.ts'

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Shown already, or of no use to a reader. */
const ELSEWHERE = new Set(['kind', 'type', 'at', 'eventId'])

/** Every value that there is, with the names that lead to it: whatever an event has is shown. */
const pairsOf = (data: unknown, path = ''): ReadonlyArray<readonly [name: string, value: string]> => {
  if (isRecord(data))
    return Object.entries(data)
      .filter(([name]) => path !== '' || !ELSEWHERE.has(name))
      .flatMap(([name, value]) => pairsOf(value, path === '' ? name : `${path}.${name}`))
  if (data === null || data === undefined || (Array.isArray(data) && data.length === 0)) return []
  return [[path, plain(typeof data === 'string' ? data : JSON.stringify(data))]]
}

const TYPE_WIDTH = 16

const drawn = ({ data, id, time, type }: ServerEvent, { columns, style }: Canvas): string => {
  const head = `${localTime(Date.parse(time))}  ${(id ?? '-').padStart(6)}  `
  const name = plain(type).padEnd(TYPE_WIDTH)
  const rest = pairsOf(data)
    .map(pair => pair.join('='))
    .join(' ')
  const room = columns === undefined ? Infinity : Math.max(20, columns - head.length - name.length - 2)
  return `${style.faint(head)}${style.bold(name)}  ${shortened(rest, room)}\n`
}

export const tail = Command.make(
  'tail',
  {
    account: Flag.String('account').pipe(
      Flag.withDescription('Id or name of an account; all otherwise'),
      Flag.optional
    ),
    type: Flag.String('type').pipe(
      Flag.withDescription('Only events of this type, such as message.stored or message.*; can be repeated'),
      Flag.atLeast(0)
    ),
    after: Flag.String('after').pipe(
      Flag.withDescription('Id of an event: everything after it first; 0 for all that are kept'),
      Flag.optional
    ),
    ...serverFlags,
    ...screenFlags
  },
  Effect.fnUntraced(function* ({ account, after, type }) {
    const [screen, server] = [yield* Screen, yield* Server]
    const only = Option.isSome(account) ? { accountId: (yield* server.account(account)).accountId } : {}
    const place = Option.isSome(after) ? { after: after.value } : {}
    // A stream waits for a server that does not answer; to begin with, it has to be there.
    yield* server.ask((client, options) => client.call('me', {}, options))
    const types = type.length === 0 ? {} : { types: type }
    if (!screen.json) yield* screen.say(`Events of ${server.url}. Ctrl-C ends it.`)
    yield* server
      .follow((client, options) => client.events({ ...only, ...types, ...place, ...options }))
      .pipe(Stream.runForEach(event => screen.result(event, canvas => drawn(event, canvas))))
  })
).pipe(
  onServer,
  onScreen,
  Command.withDescription('Follow events as they happen'),
  Command.withExamples([
    { command: 'backscroll tail' },
    { command: 'backscroll tail --type "message.*" --json | jq -c .data' }
  ])
)
