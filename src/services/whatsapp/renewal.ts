// Signal state of an older copy of the database: what was sent since has used its counters and key numbers, so that none of them may be
// used again.
import { type AuthenticationCreds, jidDecode } from '@whiskeysockets/baileys'
import { Effect, Schema } from 'effect'
import { SqlClient } from 'effect/sql'
import { Vault } from '../vault/vault.ts'
import { decodeCredentials, encodeCredentials } from './socket/auth-state.ts'
import { SessionRecord } from './transfer/schemas.ts'

/** More pre-keys than are made in years. WhatsApp's numbers have three bytes. */
const SKIPPED_PRE_KEYS = 100_000
const LAST_PRE_KEY = 0xff_ff_ff

/** Far enough ahead; from the beginning again where that is beyond the last number, as those were used up long ago. */
const skipped = (id: number): number => (id + 2 * SKIPPED_PRE_KEYS > LAST_PRE_KEY ? 1 : id + SKIPPED_PRE_KEYS)

const isRecord = Schema.is(SessionRecord)

/**
 * A session that reads and does not write any more: a new one is begun for the next message to the device. What the device sends in
 * the old one can still be decrypted. `undefined` when there is none that writes; `null` removes what cannot be read.
 */
const closedRecord = (bytes: Uint8Array, now: number): Uint8Array | null | undefined => {
  const record: unknown = JSON.parse(Buffer.from(bytes).toString())
  if (!isRecord(record)) return null
  const sessions = Object.entries(record._sessions)
  if (sessions.every(([, { indexInfo }]) => indexInfo.closed !== -1)) return undefined
  const closed = sessions.map(([key, session]) => [
    key,
    session.indexInfo.closed === -1
      ? { ...session, indexInfo: { ...session.indexInfo, closed: now } }
      : session
  ])
  return Buffer.from(JSON.stringify({ ...record, _sessions: Object.fromEntries(closed) }))
}

const closedSessions = Effect.fnUntraced(function* (vault: Vault['Service'], accountId: string, now: number) {
  const changes: Record<string, Uint8Array | null> = {}
  const ids = yield* vault.keyIds(accountId, 'session')
  for (const [id, bytes] of yield* vault.readKeys(accountId, 'session', ids)) {
    const closed = closedRecord(bytes, now)
    if (closed !== undefined) changes[id] = closed
  }
  return changes
})

/** `group::user::device`; the user of a LID ends with `_1`. The own phone has sender keys of its own, which are only read with. */
const isWrittenWith = (id: string, { me }: AuthenticationCreds): boolean => {
  const [, user = '', device = ''] = id.split('::')
  const own = [me?.id, me?.lid].map(jid => jidDecode(jid))
  const [ownDevice] = own.flatMap(jid => jid?.device ?? [])
  return own.some(jid => jid?.user === user.replace(/_\d+$/, '')) && device === String(ownDevice ?? 0)
}

const removals = (ids: ReadonlyArray<string>) => Object.fromEntries(ids.map(id => [id, null]))

/** Renews what an account encrypts with, in one transaction. Answers whether it is linked at all. */
export const renewSignalState = Effect.fnUntraced(function* (accountId: string, now: number) {
  const sql = yield* SqlClient.SqlClient
  const vault = yield* Vault
  const stored = yield* vault.readCredentials(accountId)
  if (stored === undefined) return false
  const creds = decodeCredentials(stored)
  const senderKeys = yield* vault.keyIds(accountId, 'sender-key')
  const next = skipped(Math.max(creds.nextPreKeyId, creds.firstUnuploadedPreKeyId))
  yield* vault
    .writeKeys(
      accountId,
      {
        session: yield* closedSessions(vault, accountId, now),
        // With their memory gone, the key that takes their place is handed to everybody again.
        'sender-key': removals(senderKeys.filter(id => isWrittenWith(id, creds))),
        'sender-key-memory': removals(yield* vault.keyIds(accountId, 'sender-key-memory'))
      },
      encodeCredentials({ ...creds, nextPreKeyId: next, firstUnuploadedPreKeyId: next })
    )
    .pipe(sql.withTransaction)
  return true
})
