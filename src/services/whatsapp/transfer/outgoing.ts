// The session of an account of this server, as the files of Baileys' multi-file state.
import { Effect } from 'effect'
import { SqlClient } from 'effect/sql'
import { Vault } from '../../vault/vault.ts'
import { readCollections, readRecordMacs } from '../app-state/collections.ts'
import { encodeKey } from '../socket/auth-state.ts'
import { fileNameOf, KEY_KINDS } from './key-names.ts'
import { readFiles } from './read.ts'
import { linkedSession, type SessionMark } from './session.ts'

/** A session that is to be given away. It holds secrets. */
export interface OutgoingSession {
  readonly files: ReadonlyMap<string, Buffer>
  readonly mark: SessionMark
}

/** How far each collection of app state was read, as Baileys notes it. */
const versions = Effect.fnUntraced(function* (accountId: string) {
  const sql = yield* SqlClient.SqlClient
  const collections = yield* readCollections(sql, accountId)
  return yield* Effect.forEach(collections, ({ hash, name, version }) =>
    Effect.map(readRecordMacs(sql, accountId, name), records => {
      const indexValueMap = Object.fromEntries(
        records.map(({ indexMac, valueMac }) => [indexMac, { valueMac: Buffer.from(valueMac) }])
      )
      const state = { version, hash: Buffer.from(hash), indexValueMap }
      return { name, value: encodeKey('app-state-sync-version', state) }
    })
  )
})

/** `undefined` when the account has no linked session. Fails when this server could not take it over itself. */
export const readOutgoing = Effect.fnUntraced(function* (accountId: string) {
  const vault = yield* Vault
  const credentials = yield* vault.readCredentials(accountId)
  if (credentials === undefined) return undefined
  const files = new Map<string, Buffer>([['creds.json', Buffer.from(credentials)]])
  for (const kind of KEY_KINDS) {
    const ids = yield* vault.keyIds(accountId, kind)
    for (const [id, value] of yield* vault.readKeys(accountId, kind, ids))
      files.set(fileNameOf({ kind, id }), value)
  }
  for (const { name, value } of yield* versions(accountId))
    files.set(fileNameOf({ kind: 'app-state-sync-version', id: name }), Buffer.from(value))
  const { mark } = yield* linkedSession(yield* readFiles(files))
  const session: OutgoingSession = { files, mark }
  return session
})
