// Loaded into the server before its own code (node --import): ends the process with SIGKILL at a named point around a
// commit, which no clock could hit from outside. Knows the statements of the product, changes nothing of it.
//   CRASH_AT=<point>:<n>   the n-th time the point is passed
import { DatabaseSync, type StatementSync } from 'node:sqlite'

/** What a transaction was about, by one of its statements. */
const STATEMENTS = {
  journal: /^INSERT INTO journal\b/,
  receipt: /^INSERT INTO journal\b/,
  ingest: /^UPDATE journal SET ingested_at/,
  chunk: /^UPDATE history_chunks SET state = 'done'/,
  page: /^UPDATE backfill_requests SET status = \?/,
  request: /^INSERT INTO backfill_requests\b/,
  acceptance: /^INSERT INTO outbox\b/,
  sending: /^UPDATE outbox SET status = \?, attempts/,
  sent: /^UPDATE outbox SET status = \?, attempts/,
  credentials: /^INSERT INTO vault_credentials\b/,
  preKey: /^INSERT INTO vault_keys\b/,
  appState: /^INSERT INTO app_state_collections\b/,
  shown: /^UPDATE firestore_documents SET digest = \?3/
} as const
type Matter = keyof typeof STATEMENTS

/** `before.*`: nothing of it is written; `within.*`: written, not committed; `after.*`: committed, nothing else done. */
export const CRASH_POINTS = (
  [
    'journal',
    'receipt',
    'ingest',
    'chunk',
    'page',
    'request',
    'acceptance',
    'sending',
    'sent',
    'credentials',
    'preKey',
    'appState'
  ] as const
).flatMap(matter => [`before.${matter}`, `within.${matter}`, `after.${matter}`])

/** Around the note of what Firestore was shown; passed only with Firestore. */
export const FIRESTORE_POINTS = ['before.shown', 'within.shown', 'after.shown']

const matterOf = (text: string, values: ReadonlyArray<unknown>): ReadonlyArray<Matter> => {
  const squeezed = text.trimStart()
  return (Object.keys(STATEMENTS) as Array<Matter>).filter(matter => {
    if (!STATEMENTS[matter].test(squeezed)) return false
    if (matter === 'journal') return values[1] === 'message'
    if (matter === 'receipt') return values[1] === 'receipt'
    if (matter === 'preKey') return values[1] === 'pre-key'
    return matter === 'sending' || matter === 'sent' ? values[0] === matter : true
  })
}

const watch = (point: string, after: number): void => {
  let passed = 0
  const pass = (name: string): void => {
    if (name !== point) return
    passed += 1
    if (passed === after) process.kill(process.pid, 'SIGKILL')
  }
  const open = new Set<Matter>()
  const around = <A>(text: string, values: ReadonlyArray<unknown>, run: () => A): A => {
    const statement = text.trimStart().toUpperCase()
    if (statement.startsWith('COMMIT')) {
      const matters = [...open]
      open.clear()
      for (const matter of matters) pass(`within.${matter}`)
      const result = run()
      for (const matter of matters) pass(`after.${matter}`)
      return result
    }
    if (statement === 'ROLLBACK') open.clear()
    for (const matter of matterOf(text, values)) {
      pass(`before.${matter}`)
      open.add(matter)
    }
    return run()
  }
  // Called with the database it is taken from, below.
  // oxlint-disable-next-line typescript/unbound-method
  const prepare = DatabaseSync.prototype.prepare
  DatabaseSync.prototype.prepare = function (this: DatabaseSync, text: string): StatementSync {
    const statement = prepare.call(this, text)
    for (const method of ['run', 'all', 'get'] as const) {
      const original = statement[method].bind(statement) as (...values: Array<unknown>) => unknown
      Reflect.set(statement, method, (...values: Array<unknown>) =>
        around(text, values, () => original(...values))
      )
    }
    return statement
  }
}

const [point, after] = (process.env['CRASH_AT'] ?? '').split(':')
if (point !== undefined && point !== '') watch(point, Number(after))
