// The names under which Baileys' multi-file state and the stores that follow it keep the parts of a session: `creds`, and
// `<kind>-<id>` for each key. File names have `__` for `/` and `-` for `:`.

/** The longest first: some are the beginning of others. */
export const KEY_KINDS = [
  'app-state-sync-version',
  'app-state-sync-key',
  'sender-key-memory',
  'identity-key',
  'lid-mapping',
  'device-list',
  'sender-key',
  'pre-key',
  'session',
  'tctoken'
] as const
export type KeyKind = (typeof KEY_KINDS)[number]

/** Decoded keys by kind and id. */
export type SessionKeys = Readonly<Record<KeyKind, ReadonlyMap<string, unknown>>>

export const isKeyKind = (name: string): name is KeyKind => KEY_KINDS.some(kind => kind === name)

export interface KeyName {
  readonly kind: KeyKind
  readonly id: string
}

const SENDER_KEY_FILE = /^(.+@.+?)--(.+)--(\d+)$/

/** The id as it was before it became a part of a file name; an id that never was one stays as it is. */
export const originalId = (kind: KeyKind, id: string): string => {
  // Base64 has no `_`.
  if (kind === 'app-state-sync-key') return id.replaceAll('__', '/')
  // group::user::device
  if (kind === 'sender-key') return id.replace(SENDER_KEY_FILE, '$1::$2::$3')
  return id
}

/** `undefined` for anything that is no key. The name may end in `.json`. */
export const parseKeyName = (name: string): KeyName | undefined => {
  const plain = name.replace(/\.json$/, '')
  const kind = KEY_KINDS.find(known => plain.startsWith(`${known}-`))
  return kind === undefined ? undefined : { kind, id: originalId(kind, plain.slice(kind.length + 1)) }
}

export const fileNameOf = ({ id, kind }: KeyName): string =>
  `${kind}-${id}`.replaceAll('/', '__').replaceAll(':', '-') + '.json'
