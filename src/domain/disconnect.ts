// One table from WhatsApp's disconnect codes to what an account does next. Every code has exactly one row.

/** What the account machine does with the end of a connection. */
export type Verdict =
  | 'restart'
  | 'retry'
  | 'loggedOut'
  | 'banned'
  | 'replaced'
  | 'badSession'
  | 'updateNeeded'

interface Row {
  readonly verdict: Verdict
  readonly reason: string
}

const TABLE: ReadonlyMap<number, Row> = new Map<number, Row>([
  [401, { verdict: 'loggedOut', reason: 'The device was unlinked on the phone' }],
  [402, { verdict: 'banned', reason: 'WhatsApp has suspended this account for a time' }],
  [403, { verdict: 'banned', reason: 'WhatsApp has banned this account' }],
  [405, { verdict: 'updateNeeded', reason: 'WhatsApp refuses this client version' }],
  [408, { verdict: 'retry', reason: 'The connection was lost or timed out' }],
  [409, { verdict: 'updateNeeded', reason: 'WhatsApp refuses this client version' }],
  [411, { verdict: 'updateNeeded', reason: 'WhatsApp asks for a newer client (multi-device mismatch)' }],
  [428, { verdict: 'retry', reason: 'The connection was closed' }],
  [440, { verdict: 'replaced', reason: 'Another connection took over this session' }],
  [500, { verdict: 'badSession', reason: 'WhatsApp does not accept the session' }],
  [503, { verdict: 'retry', reason: 'WhatsApp is unavailable' }],
  [515, { verdict: 'restart', reason: 'WhatsApp asked for a restart of the connection' }]
])

/** What a disconnect code means; a code that is not in the table is a network matter and is retried. */
export const disconnectRow = (code: number): Row =>
  TABLE.get(code) ?? { verdict: 'retry', reason: `The connection ended (code ${code})` }

export const disconnectTable = (): ReadonlyArray<readonly [number, Row]> => [...TABLE]
