// One table from the ways a connection ends to what an account does next. Each code and each condition has exactly one row.
import { Schema } from 'effect'

/**
 * Who ended a connection, and how: WhatsApp refused the login (`failure`), WhatsApp ended the stream (`streamError`), something
 * between here and WhatsApp answered the HTTP upgrade (`http`), the proxy did not connect (`proxy`), the network failed or fell
 * silent (`network`), or this server ended it (`server`).
 */
export const DISCONNECT_SOURCES = ['failure', 'streamError', 'http', 'proxy', 'network', 'server'] as const
export const DisconnectSource = Schema.Literals(DISCONNECT_SOURCES)
export type DisconnectSource = typeof DisconnectSource.Type

/** What the account machine does with the end of a connection. */
export type Verdict =
  | 'restart'
  | 'retry'
  | 'unknown'
  | 'loggedOut'
  | 'suspended'
  | 'banned'
  | 'locked'
  | 'replaced'
  | 'updateNeeded'

/** Whether the account connects again after a while, as if nothing had happened. */
export const isPassing = (verdict: Verdict): boolean => verdict === 'retry' || verdict === 'unknown'

/** How a connection ended. */
export interface ConnectionEnd {
  readonly source: DisconnectSource
  /** As WhatsApp, HTTP or Baileys gives it; 0 when there is none. */
  readonly code: number
  /** What a stream error names instead of a code, or besides: the tag of its child, or the type of a `conflict`. */
  readonly condition?: string | undefined
}

interface Row {
  readonly verdict: Verdict
  readonly reason: string
}

const LOGGED_OUT: Row = { verdict: 'loggedOut', reason: 'The device was unlinked on the phone' }
const REPLACED: Row = { verdict: 'replaced', reason: 'Another connection took over this session' }
const PASSING_FAILURE: Row = { verdict: 'retry', reason: 'WhatsApp has a fault of its own' }

/** What WhatsApp says with a code, in `failure` and `stream:error` alike. */
const CODES: ReadonlyMap<number, Row> = new Map<number, Row>([
  [401, LOGGED_OUT],
  [402, { verdict: 'suspended', reason: 'WhatsApp has suspended this account for a time' }],
  [403, { verdict: 'locked', reason: 'WhatsApp has locked this account' }],
  [405, { verdict: 'updateNeeded', reason: 'WhatsApp refuses this client version' }],
  [406, { verdict: 'banned', reason: 'WhatsApp has banned this account' }],
  [408, { verdict: 'retry', reason: 'The connection was lost or timed out' }],
  [409, { verdict: 'updateNeeded', reason: 'WhatsApp refuses this kind of client' }],
  [411, { verdict: 'updateNeeded', reason: 'WhatsApp asks for a newer client (multi-device mismatch)' }],
  [428, { verdict: 'retry', reason: 'The connection was closed' }],
  [429, { verdict: 'retry', reason: 'WhatsApp asks for fewer connections' }],
  [440, REPLACED],
  [500, PASSING_FAILURE],
  [501, PASSING_FAILURE],
  [503, { verdict: 'retry', reason: 'WhatsApp is unavailable' }],
  [515, { verdict: 'restart', reason: 'WhatsApp asked for a restart of the connection' }],
  [516, LOGGED_OUT]
])

/** What a stream error says about who holds the session: it counts whatever the code is. */
const CONFLICTS: ReadonlyMap<string, Row> = new Map<string, Row>([
  ['replaced', REPLACED],
  ['conflict', REPLACED],
  ['device_removed', LOGGED_OUT]
])

/** What a stream error without a known code can name. */
const CONDITIONS: ReadonlyMap<string, Row> = new Map<string, Row>([
  ['ack', { verdict: 'retry', reason: 'WhatsApp missed an acknowledgement' }],
  ['xml-not-well-formed', { verdict: 'retry', reason: 'WhatsApp could not read what this server sent' }]
])

/** The codes of the source `server`. */
export const OWN_CODES = {
  notOpened: 0,
  otherNumber: 1,
  libraryFault: 2,
  logout: 3,
  storage: 4,
  newerVersion: 5,
  proxyChanged: 6,
  deaf: 7,
  exported: 8
} as const

const OWN_ROWS: ReadonlyMap<number, Row> = new Map<number, Row>([
  [OWN_CODES.notOpened, { verdict: 'retry', reason: 'This server did not open the connection' }],
  [
    OWN_CODES.otherNumber,
    {
      verdict: 'loggedOut',
      reason:
        'Another phone number was linked than this account belongs to. Its conversations would be mixed: create an account of its own for it'
    }
  ],
  [OWN_CODES.libraryFault, { verdict: 'retry', reason: 'A fault inside the WhatsApp library' }],
  [OWN_CODES.logout, { verdict: 'loggedOut', reason: 'This server logged the account out' }],
  [OWN_CODES.storage, { verdict: 'retry', reason: 'Received messages could not be written down' }],
  [OWN_CODES.newerVersion, { verdict: 'restart', reason: 'Connecting again with a newer client version' }],
  [OWN_CODES.proxyChanged, { verdict: 'restart', reason: 'Connecting again with another proxy' }],
  [OWN_CODES.deaf, { verdict: 'retry', reason: 'WhatsApp answered keep-alives and nothing else' }],
  [
    OWN_CODES.exported,
    { verdict: 'loggedOut', reason: 'The session of this account was exported: another server uses it' }
  ]
])

const httpRow = (code: number): Row => ({
  verdict: 'retry',
  reason: `WhatsApp cannot be reached: the connection was answered with HTTP status ${code}`
})

const whatsAppRow = ({ code, condition, source }: ConnectionEnd): Row => {
  const named = condition === undefined ? undefined : CONDITIONS.get(condition)
  const known = (condition === undefined ? undefined : CONFLICTS.get(condition)) ?? CODES.get(code) ?? named
  if (known !== undefined) return known
  const what = [...(code === 0 ? [] : [`code ${code}`]), ...(condition === undefined ? [] : [condition])]
  return {
    verdict: 'unknown',
    reason: `WhatsApp ${source === 'failure' ? 'refused the login' : 'ended the connection'} in a way that this version does not know (${what.join(', ') || 'without a code'})`
  }
}

/**
 * What the end of a connection means. Only WhatsApp's own words can end an account: what a proxy, the network or Baileys
 * reports is always tried again, whatever its number is. What WhatsApp says and nobody here knows is tried again, too.
 */
export const disconnectRow = (end: ConnectionEnd): Row => {
  if (end.source === 'failure' || end.source === 'streamError') return whatsAppRow(end)
  if (end.source === 'http') return httpRow(end.code)
  if (end.source === 'proxy') return { verdict: 'retry', reason: 'The proxy does not connect with WhatsApp' }
  if (end.source === 'server')
    return OWN_ROWS.get(end.code) ?? { verdict: 'retry', reason: 'This server ended the connection' }
  const known = CODES.get(end.code)
  return known?.verdict === 'retry' && end.code < 500
    ? known
    : { verdict: 'retry', reason: 'The connection with WhatsApp could not be established or kept' }
}

/** All rows that have a code or a condition of their own, for documents and tests. */
export const disconnectTable = (): ReadonlyArray<Row & ConnectionEnd> => [
  ...[...CODES].map(([code, row]) => ({ ...row, code, source: 'streamError' as const })),
  ...[...CONFLICTS, ...CONDITIONS].map(([condition, row]) => ({
    ...row,
    code: 0,
    condition,
    source: 'streamError' as const
  })),
  ...[...OWN_ROWS].map(([code, row]) => ({ ...row, code, source: 'server' as const }))
]
