// The parts of sessions as they are found, and how they are put together: a store may hold several sessions, and one session may
// lie in two places (Evolution: credentials in the database, keys in files or Redis).
import { isKeyKind, type KeyKind, type KeyName, originalId, parseKeyName } from './key-names.ts'
import { REQUIRED_CREDS } from './schemas.ts'
import { isObject, revived, unwrapJson } from './json.ts'

/** What one store holds under one name. Values are as stored, with their bytes revived. */
export interface SessionParts {
  /** By which its server tells it from others: a folder, or the name in a column. */
  readonly name: string
  readonly creds: unknown
  readonly keys: ReadonlyMap<KeyKind, ReadonlyMap<string, unknown>>
  /** Names that are no key of a kind that is known. */
  readonly unknown: number
}

/** Collects parts by the name of their session. */
export class PartsCollector {
  private readonly sessions = new Map<
    string,
    { creds: unknown; keys: Map<KeyKind, Map<string, unknown>>; unknown: number }
  >()

  creds(session: string, value: unknown): void {
    this.of(session).creds = value
  }

  key(session: string, { id, kind }: KeyName, value: unknown): void {
    const { keys } = this.of(session)
    const known = keys.get(kind) ?? new Map<string, unknown>()
    keys.set(kind, known.set(id, value))
  }

  unknown(session: string): void {
    this.of(session).unknown += 1
  }

  /** A part by its name: `creds`, or `<kind>-<id>`. */
  named(session: string, name: string, value: unknown): void {
    const key = parseKeyName(name)
    if (/^creds(\.json)?$/.test(name)) this.creds(session, value)
    else if (key === undefined) this.unknown(session)
    else this.key(session, key, value)
  }

  /** Sessions with credentials; parts without any belong to the only one that has them. */
  found(): ReadonlyArray<SessionParts> {
    const all = [...this.sessions].map(([name, parts]) => ({ name, ...parts }))
    const withCreds = all.filter(({ creds }) => creds !== undefined)
    const [only] = withCreds
    if (only === undefined || withCreds.length > 1) return withCreds
    for (const other of all) {
      if (other === only) continue
      only.unknown += other.unknown
      for (const [kind, values] of other.keys)
        only.keys.set(kind, new Map([...values, ...(only.keys.get(kind) ?? [])]))
    }
    return [only]
  }

  private of(session: string) {
    const found = this.sessions.get(session) ?? { creds: undefined, keys: new Map(), unknown: 0 }
    this.sessions.set(session, found)
    return found
  }
}

/** The names that Baileys gave the kinds when a session was a single file. */
const OLD_KINDS: Readonly<Record<string, KeyKind>> = {
  preKeys: 'pre-key',
  sessions: 'session',
  senderKeys: 'sender-key',
  senderKeyMemory: 'sender-key-memory',
  appStateSyncKeys: 'app-state-sync-key',
  appStateVersions: 'app-state-sync-version'
}

const kindOf = (name: string): KeyKind | undefined => (isKeyKind(name) ? name : OLD_KINDS[name])

type Row = Readonly<Record<string, unknown>>

const textIn = (row: Row, ...columns: ReadonlyArray<string>): string | undefined => {
  const value = columns.map(column => row[column]).find(cell => cell !== undefined && cell !== null)
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined
}

const SESSION_COLUMNS = ['sessionId', 'session_id', 'session', 'instanceId'] as const

/** Credentials may lack something, but not most of it. */
const LEAST_CREDS = 4

const isCreds = (value: unknown): boolean =>
  isObject(value) && Object.keys(REQUIRED_CREDS).filter(name => name in value).length >= LEAST_CREDS

/** A row of a table of sessions; answers whether it is one. */
const collectRow = (parts: PartsCollector, group: string, row: Row): boolean => {
  const session = textIn(row, ...SESSION_COLUMNS) ?? group
  const value = unwrapJson(row['data'] ?? row['value'])
  const id = textIn(row, 'id', 'key')
  // WAHA on SQLite: {session, category, id, data}
  const category = textIn(row, 'category')
  if (category !== undefined && id !== undefined && value !== undefined) {
    if (category === 'creds') parts.creds(session, value)
    else if (isKeyKind(category)) parts.key(session, { kind: category, id: originalId(category, id) }, value)
    else parts.unknown(session)
    return true
  }
  // Evolution: {id, sessionId, creds}
  const creds = unwrapJson(row['creds'])
  if (isCreds(creds) && !isObject(row['keys'])) {
    parts.creds(session, creds)
    return true
  }
  // baileys-api: {sessionId, id, data}; WAHA on Postgres: {session_id, key, value}
  if (id !== undefined && value !== undefined) {
    parts.named(session, id, value)
    return true
  }
  // Evolution 1 on MongoDB: {_id: name, ...value}
  const { _id: name, ...rest } = row
  if (typeof name !== 'string' || (name !== 'creds' && parseKeyName(name) === undefined)) return false
  parts.named(session, name, revived(rest))
  return true
}

/** Credentials and keys by kind and id, as in Baileys' old single file. */
const collectWhole = (parts: PartsCollector, group: string, { creds, keys }: Row): void => {
  parts.creds(group, unwrapJson(creds))
  for (const [name, values] of Object.entries(isObject(keys) ? keys : {})) {
    const kind = kindOf(name)
    if (kind === undefined || !isObject(values)) parts.unknown(group)
    else
      for (const [id, value] of Object.entries(values))
        parts.key(group, { kind, id: originalId(kind, id) }, unwrapJson(value))
  }
}

/** How deep a document may wrap the rows: `{"Session": [ … ], "keys": { … }}`. */
const DEEPEST_WRAP = 2

/** Every part in a document of any of the known forms. */
export const collectDocument = (parts: PartsCollector, group: string, document: unknown, depth = 0): void => {
  if (Array.isArray(document)) {
    for (const row of document) collectDocument(parts, group, row, depth)
    return
  }
  if (!isObject(document)) return
  if (isCreds(document)) return parts.creds(group, document)
  if (isCreds(unwrapJson(document['creds'])) && isObject(document['keys']))
    return collectWhole(parts, group, document)
  // A Redis hash: names and values.
  if (Object.keys(document).some(name => parseKeyName(name) !== undefined)) {
    for (const [name, value] of Object.entries(document)) parts.named(group, name, unwrapJson(value))
    return
  }
  if (collectRow(parts, group, document) || depth >= DEEPEST_WRAP) return
  for (const value of Object.values(document)) collectDocument(parts, group, value, depth + 1)
}
