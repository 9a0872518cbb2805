// Which devices a person has: Baileys asks WhatsApp before it sends, stores the answer here, and updates it from device
// notifications.
//
// This cache outlives a connection. Baileys renews the Signal session of everyone it asks about, so a cache that expires
// early means new sessions all the time: libsignal stores forty old ones, and a message that is under way in an older one
// can no longer be decrypted.
import type { CacheStore } from '@whiskeysockets/baileys'

const LIFETIME_MS = 60 * 60 * 1000
const MAX_PEOPLE = 20_000

export interface DeviceCache extends CacheStore {
  /** Who has a list, by the user part of the address that was asked about. */
  readonly users: () => ReadonlyArray<string>
  /** The next message asks WhatsApp. */
  readonly del: (user: string) => void
}

export const makeDeviceCache = (now: () => number): DeviceCache => {
  const known = new Map<string, { readonly value: unknown; readonly until: number }>()
  return {
    get: <T>(user: string): T | undefined => {
      const entry = known.get(user)
      // Baileys reads only what it has put there itself.
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion
      return entry !== undefined && entry.until > now() ? (entry.value as T) : undefined
    },
    set: (user, value) => {
      if (known.size >= MAX_PEOPLE) known.clear()
      known.set(user, { value, until: now() + LIFETIME_MS })
    },
    del: user => {
      known.delete(user)
    },
    users: () => [...known].flatMap(([user, { until }]) => (until > now() ? user : [])),
    flushAll: () => known.clear()
  }
}
