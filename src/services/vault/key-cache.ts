// Keys of sessions, opened, as they were last committed: a session is read several times for each message, and changes with each.
import { LRUCache } from 'lru-cache'
import type { AccountMemory } from '../process/account-memory.ts'

export interface KeyCache {
  /** What is stored under these ids, without those that are not there; `undefined` when that is not known of all of them. */
  readonly read: (
    accountId: string,
    kind: string,
    ids: ReadonlyArray<string>
  ) => ReadonlyMap<string, Buffer> | undefined
  /** To be called before rows are read; what it returns takes what was found, unless something was written meanwhile. */
  readonly reading: () => (
    accountId: string,
    kind: string,
    ids: ReadonlyArray<string>,
    found: ReadonlyMap<string, Buffer>
  ) => void
  /** These ids are being written: what is stored is not known until `written`. */
  readonly writing: (accountId: string, kind: string, ids: Iterable<string>) => void
  /** It is committed; `null` for what was removed. */
  readonly written: (accountId: string, kind: string, id: string, value: Uint8Array | null) => void
  readonly forget: (accountId: string) => void
}

const MOST_BYTES = 64 * 1024 * 1024
/** What an entry takes beside its value. */
const ENTRY_BYTES = 300

/** There are hundreds of them, and each is needed once. */
const NOT_KEPT: ReadonlySet<string> = new Set(['pre-key'])

export const makeKeyCache = (memory: AccountMemory['Service'], mostBytes = MOST_BYTES): KeyCache => {
  const cache = new LRUCache<string, { readonly value: Buffer | undefined }>({
    maxSize: mostBytes,
    sizeCalculation: ({ value }) => ENTRY_BYTES + (value?.length ?? 0)
  })
  let writes = 0
  const keyOf = (accountId: string, kind: string, id: string): string => `${accountId} ${kind} ${id}`
  const ofAccount = (accountId: string): ReadonlyArray<string> =>
    [...cache.keys()].filter(key => key.startsWith(`${accountId} `))
  const forget = (accountId: string): void => {
    writes += 1
    for (const key of ofAccount(accountId)) cache.delete(key)
  }
  memory.register('vault.keys', { has: accountId => ofAccount(accountId).length > 0, delete: forget })

  return {
    read: (accountId, kind, ids) => {
      const found = new Map<string, Buffer>()
      for (const id of ids) {
        const entry = cache.get(keyOf(accountId, kind, id))
        if (entry === undefined) return undefined
        if (entry.value !== undefined) found.set(id, entry.value)
      }
      return found
    },
    reading: () => {
      const before = writes
      return (accountId, kind, ids, found) => {
        if (writes !== before || NOT_KEPT.has(kind)) return
        for (const id of ids) cache.set(keyOf(accountId, kind, id), { value: found.get(id) })
      }
    },
    writing: (accountId, kind, ids) => {
      writes += 1
      for (const id of ids) cache.delete(keyOf(accountId, kind, id))
    },
    written: (accountId, kind, id, value) => {
      writes += 1
      if (NOT_KEPT.has(kind)) return
      cache.set(keyOf(accountId, kind, id), { value: value === null ? undefined : Buffer.from(value) })
    },
    forget
  }
}
