// Changes of keys that need not be written before something leaves the server which was made with them: one message is encrypted for
// many devices, and all of that is one write. They can be read at once.
import type { AccountMemory } from '../process/account-memory.ts'
import type { KeyChanges } from './key-changes.ts'

export interface ToWrite {
  readonly changes: KeyChanges
  /** What was deferred for the ids that are written. */
  readonly deferred: KeyChanges
}

export interface DeferredKeys {
  readonly add: (accountId: string, changes: KeyChanges) => void
  readonly has: (accountId: string) => boolean
  /** What an id has been changed to, `null` if it was removed; `undefined` when it has no deferred change. */
  readonly find: (accountId: string, kind: string, id: string) => Uint8Array | null | undefined
  /** What a transaction has to write for an account: its own changes, and everything deferred that it has not written yet. */
  readonly withOwn: (transaction: object, accountId: string, own: KeyChanges) => ToWrite
  /** Whether the transaction has written this id: what is stored is newer than what was deferred. */
  readonly isWrittenIn: (transaction: object, accountId: string, kind: string, id: string) => boolean
  /** What was deferred is committed, or something newer instead. What was deferred since is still to be written. */
  readonly committed: (accountId: string, deferred: KeyChanges) => void
  /** Everything that is deferred for an account now. */
  readonly of: (accountId: string) => KeyChanges
  readonly forget: (accountId: string) => void
}

type Values = Readonly<Record<string, Uint8Array | null>>
type Kinds = Map<string, Map<string, Uint8Array | null>>

const keyOf = (accountId: string, kind: string, id: string): string => `${accountId} ${kind} ${id}`

const filtered = (changes: KeyChanges, wanted: (kind: string, id: string) => boolean): KeyChanges =>
  Object.fromEntries(
    Object.entries(changes).map(([kind, values]) => [
      kind,
      Object.fromEntries(Object.entries(values).filter(([id]) => wanted(kind, id)))
    ])
  )

/** Both; of an id that is in both, the later change. */
const merged = (earlier: KeyChanges, later: KeyChanges): KeyChanges => {
  const both: Record<string, Values> = { ...earlier }
  for (const [kind, values] of Object.entries(later)) both[kind] = { ...both[kind], ...values }
  return both
}

export const makeDeferredKeys = (memory: AccountMemory['Service']): DeferredKeys => {
  const accounts = memory.register('vault.deferred', new Map<string, Kinds>())
  const writtenIn = new WeakMap<object, Set<string>>()

  const deferredOf = (accountId: string): KeyChanges =>
    Object.fromEntries(
      [...(accounts.get(accountId) ?? [])].map(([kind, values]) => [kind, Object.fromEntries(values)])
    )

  const removeUnchanged = (deferred: Map<string, Uint8Array | null>, written: Values): void => {
    for (const [id, value] of Object.entries(written)) if (deferred.get(id) === value) deferred.delete(id)
  }

  return {
    add: (accountId, changes) => {
      const kinds: Kinds = accounts.get(accountId) ?? new Map()
      accounts.set(accountId, kinds)
      for (const [kind, values] of Object.entries(changes)) {
        const deferred = kinds.get(kind) ?? new Map<string, Uint8Array | null>()
        kinds.set(kind, deferred)
        for (const [id, value] of Object.entries(values)) deferred.set(id, value)
      }
    },
    has: accountId => accounts.has(accountId),
    find: (accountId, kind, id) => accounts.get(accountId)?.get(kind)?.get(id),
    withOwn: (transaction, accountId, own) => {
      const written = writtenIn.get(transaction) ?? new Set()
      writtenIn.set(transaction, written)
      const isWritten = (kind: string, id: string): boolean => written.has(keyOf(accountId, kind, id))
      const all = deferredOf(accountId)
      const changes = merged(
        filtered(all, (kind, id) => !isWritten(kind, id)),
        own
      )
      for (const [kind, values] of Object.entries(changes))
        for (const id of Object.keys(values)) written.add(keyOf(accountId, kind, id))
      return {
        changes,
        deferred: filtered(all, (kind, id) => changes[kind]?.[id] !== undefined)
      }
    },
    isWrittenIn: (transaction, accountId, kind, id) =>
      writtenIn.get(transaction)?.has(keyOf(accountId, kind, id)) === true,
    committed: (accountId, deferred) => {
      const kinds = accounts.get(accountId)
      if (kinds === undefined) return
      for (const [kind, values] of Object.entries(deferred)) {
        const left = kinds.get(kind)
        if (left !== undefined) removeUnchanged(left, values)
        if (left?.size === 0) kinds.delete(kind)
      }
      if (kinds.size === 0) accounts.delete(accountId)
    },
    of: deferredOf,
    forget: accountId => void accounts.delete(accountId)
  }
}
