// The key store the Signal repository works on: one encryption or decryption is one transaction, and there is one at
// a time.
//
// Baileys' own transactions do not suffice. It sends a message inside one that reads the sessions at its start and
// writes them at its end, network queries in between, under another lock than decrypting uses: a message received
// meanwhile from the same device has its ratchet step overwritten, and everything after it cannot be decrypted.
import { AsyncLocalStorage } from 'node:async_hooks'
import type { SignalDataTypeMap, SignalKeyStoreWithTransaction } from '@whiskeysockets/baileys'
import type { Effect } from 'effect'
import type { KeyChanges } from '../../vault/key-changes.ts'
import type { Vault } from '../../vault/vault.ts'
import { decodeKey, encodeKeys } from './auth-state.ts'
import { makeMovedSessions } from './moved-sessions.ts'
import { mergedBytes } from './session-records.ts'
import { withoutFailedTries } from './session-repair.ts'

/** Runs an effect for code that works with promises; a failure rejects. */
export type RunPromise = <A, E>(effect: Effect.Effect<A, E>) => Promise<A>

type Pending = Record<string, Record<string, Uint8Array | null>>

/**
 * A transactional key store on the vault. `commit` takes the changes of a transaction, with what the transaction
 * returned (a decryption returns the plaintext); from then on they can be read from the vault.
 */
export const makeSignalKeys = (options: {
  readonly accountId: string
  readonly vault: Vault['Service']
  readonly run: RunPromise
  readonly commit: (changes: KeyChanges, result: unknown) => Promise<void> | undefined
  /** The credentials to be written together with changes made outside of a transaction. */
  readonly credentialsFor: (changes: KeyChanges) => Uint8Array | undefined
}): SignalKeyStoreWithTransaction => {
  const { accountId, commit, run, vault } = options
  const running = new AsyncLocalStorage<Pending>()
  let last: Promise<unknown> = Promise.resolve()
  const moved = makeMovedSessions(vault, accountId)
  /** The records that a transaction began with, where they were merged. */
  const mergedIn = new WeakMap<Pending, Readonly<Record<string, Uint8Array>>>()

  /** Without an effect when it is known: a message reads several keys, most of them again and again. */
  const storedKeys = async (kind: string, ids: ReadonlyArray<string>): Promise<ReadonlyMap<string, Buffer>> =>
    vault.knownKeys(accountId, kind, ids) ?? (await run(vault.readKeys(accountId, kind, ids)))

  /** One after the other, each in its caller's async context: without it a waiting transaction would run in that of the one before. */
  const exclusively = <A>(work: () => Promise<A>): Promise<A> => {
    const result = last.then(AsyncLocalStorage.bind(work))
    last = result.catch(() => undefined)
    return result
  }

  /** The record of a session with what is stored under the number; from the next commit on it is under the LID. */
  const withMoved = async (id: string, record: Uint8Array | undefined): Promise<Uint8Array | undefined> => {
    const pending = running.getStore()
    const sessions = pending?.['session'] ?? {}
    const found = Object.hasOwn(sessions, id) ? undefined : await run(moved.find(id))
    if (found === undefined || Object.hasOwn(sessions, found.name)) return record
    const merged = mergedBytes(record, found.record)
    if (pending !== undefined) {
      pending['session'] = { ...pending['session'], [id]: merged, [found.name]: null }
      mergedIn.set(pending, { ...mergedIn.get(pending), [id]: merged })
    }
    return merged
  }

  const repairSessions = async (pending: Pending): Promise<void> => {
    const sessions = pending['session'] ?? {}
    const stored = await storedKeys('session', Object.keys(sessions))
    for (const [id, after] of Object.entries(sessions)) {
      const before = mergedIn.get(pending)?.[id] ?? stored.get(id)
      if (before !== undefined && after !== null) sessions[id] = withoutFailedTries(before, after)
    }
  }

  return {
    get: async <T extends keyof SignalDataTypeMap>(kind: T, ids: Array<string>) => {
      const pending = running.getStore()?.[kind] ?? {}
      const stored = await storedKeys(
        kind,
        ids.filter(id => !Object.hasOwn(pending, id))
      )
      const values: { [id: string]: SignalDataTypeMap[T] } = {}
      for (const id of ids) {
        const held = Object.hasOwn(pending, id) ? pending[id] : stored.get(id)
        const bytes = kind === 'session' && held !== null ? await withMoved(id, held) : held
        if (bytes !== null && bytes !== undefined) values[id] = decodeKey(kind, bytes)
      }
      return values
    },
    set: async data => {
      const changes = encodeKeys(data)
      const pending = running.getStore()
      if (pending === undefined) {
        await run(vault.writeKeys(accountId, changes, options.credentialsFor(changes)))
        return
      }
      for (const [kind, values] of Object.entries(changes)) pending[kind] = { ...pending[kind], ...values }
    },
    isInTransaction: () => running.getStore() !== undefined,
    transaction: work =>
      running.getStore() === undefined
        ? exclusively(async () => {
            const pending: Pending = {}
            const result = await running.run(pending, work)
            await repairSessions(pending)
            if (Object.keys(pending).length > 0) await commit(pending, result)
            return result
          })
        : work()
  }
}
