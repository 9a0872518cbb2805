// Generates the tables of docs/lifecycle.md from the account machine and its incidents. Run it after changing the machine, a
// disconnect reason or an incident; a test compares.
import './needs-node.cjs'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const { END_INCIDENTS, LOGOUT_UNCONFIRMED, UNKNOWN_DISCONNECT } =
  await import('../src/actors/account-incidents.ts')
const { disconnectTable } = await import('../src/domain/disconnect.ts')
const { accountMachine } = await import('../src/machines/account.ts')

const FILE = join(import.meta.dirname, '..', 'docs', 'lifecycle.md')

/** The setting that a delay follows; delays that are not listed are fixed. */
const SETTING_OF = {
  pairingTimeout: 'PAIRING_TIMEOUT',
  connectTimeout: 'CONNECT_TIMEOUT',
  backoff: 'between RECONNECT_MIN and RECONNECT_MAX, longer each time, with full jitter'
}

const VERDICTS = {
  restart: 'connects again at once; `reconnecting` when it happens again before a stable connection',
  retry: '`reconnecting`',
  unknown: '`reconnecting`, and an incident',
  loggedOut: '`loggedOut`',
  suspended: '`suspended`, until it is over',
  replaced: '`replaced`',
  banned: '`banned`',
  locked: '`locked`',
  updateNeeded: '`failed`'
}

const table = (head, rows) =>
  [head, head.map(() => '---'), ...rows].map(cells => `| ${cells.join(' | ')} |`).join('\n')

const nodesOf = node => [node, ...Object.values(node.states).flatMap(nodesOf)]
const short = node => node.id.replace('account.', '')

const eventOf = type => {
  if (type === '') return '(at once)'
  const after = /^xstate\.after\.(\w+)\./.exec(type)
  if (after) return `after \`${after[1]}\``
  return type.startsWith('xstate.done.actor') ? '(its work completes)' : `\`${type}\``
}

const guardOf = guard => {
  if (guard === undefined) return ''
  if (typeof guard === 'string') return `\`${guard}\``
  const { params, type } = guard
  return params === undefined ? `\`${type}\`` : `\`${type}\` ${Object.values(params).join(' ')}`
}

const transitions = nodesOf(accountMachine.root)
  .flatMap(node => [...[...node.transitions.values()].flat(), ...(node.always ?? [])])
  .map(({ eventType, guard, source, target }) => [
    `\`${short(source)}\``,
    eventOf(eventType),
    guardOf(guard),
    target === undefined ? 'stays' : target.map(node => `\`${short(node)}\``).join(', ')
  ])

const delays = Object.entries(accountMachine.implementations.delays ?? {}).map(([name, ms]) => [
  `\`${name}\``,
  typeof ms === 'number' ? `${ms} ms` : '',
  SETTING_OF[name] ?? 'fixed'
])

const sections = {
  disconnects: table(
    ['source', 'code', 'condition', 'what it means', 'the account'],
    disconnectTable().map(({ code, condition, reason, source, verdict }) => [
      source === 'server'
        ? '`server`'
        : condition === undefined
          ? '`failure`, `streamError`'
          : '`streamError`',
      condition === undefined ? code : '',
      condition === undefined ? '' : `\`${condition}\``,
      reason,
      VERDICTS[verdict]
    ])
  ),
  transitions: table(['from', 'event', 'if', 'to'], transitions),
  delays: table(['delay', 'default', 'setting'], delays),
  incidents: table(
    ['kind', 'severity', 'what happened', 'what to do'],
    [
      ...Object.entries(END_INCIDENTS).map(([kind, incident]) => [
        `\`account.${kind}\``,
        incident.severity,
        incident.happened,
        incident.advice
      ]),
      ...[LOGOUT_UNCONFIRMED, UNKNOWN_DISCONNECT].map(({ advice, happened, kind, severity }) => [
        `\`${kind}\``,
        severity,
        happened,
        advice
      ])
    ]
  )
}

/** The document with its tables as they should be. */
export const written = (text = readFileSync(FILE, 'utf8')) =>
  Object.entries(sections).reduce(
    (before, [name, content]) =>
      before.replace(
        new RegExp(`<!-- ${name} -->[\\s\\S]*<!-- /${name} -->`),
        () => `<!-- ${name} -->\n${content}\n<!-- /${name} -->`
      ),
    text
  )

if (process.argv[1] === import.meta.filename) writeFileSync(FILE, written())
