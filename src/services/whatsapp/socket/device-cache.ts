// Which devices a person has, as WhatsApp last told: Baileys asks before it sends, keeps the answer here, and updates it
// from WhatsApp's device notifications.
//
// Ours outlives a connection. Baileys renews the Signal session of everyone it asks about, so a cache that forgets early
// means new sessions all the time: libsignal keeps forty old ones, and what was still under way in the forty-first can
// no longer be decrypted.
import type { CacheStore } from '@whiskeysockets/baileys'

const LIFETIME_MS = 60 * 60 * 1000
const MOST_PEOPLE = 20_000

export const makeDeviceCache = (now: () => number): CacheStore => {
  const known = new Map<string, { readonly value: unknown; readonly until: number }>()
  return {
    get: <T>(user: string): T | undefined => {
      const entry = known.get(user)
      // Baileys reads only what it has put there itself.
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion
      return entry !== undefined && entry.until > now() ? (entry.value as T) : undefined
    },
    set: (user, value) => {
      if (known.size >= MOST_PEOPLE) known.clear()
      known.set(user, { value, until: now() + LIFETIME_MS })
    },
    del: user => {
      known.delete(user)
    },
    flushAll: () => known.clear()
  }
}
