// Two threads write to one database, and both keep in memory what they have read of it. A number for each name grows whenever something
// is stored that others may remember otherwise.
import { Context } from 'effect'
import type { Writer } from './sqlite/write-turns.ts'

/** What was read since it was made, of one name. */
export interface Remembered {
  /** Whether only this thread has changed it since. */
  readonly holds: () => boolean
}

export class StoredVersions extends Context.Service<
  StoredVersions,
  {
    /** To be called before something is read that is to be remembered under this name. */
    readonly remember: (name: string) => Remembered
    /** Within the transaction that changes what others may remember under this name. */
    readonly changed: (name: string) => void
  }
>()('backscroll/services/database/StoredVersions') {}

export interface PublishedVersions {
  readonly service: StoredVersions['Service']
  /** To be called after each commit, as long as nobody else can write: what was noted as changed is told to the other thread. */
  readonly committed: () => void
  /** To be called when a thread has ended in the middle of something: nothing that is remembered holds. */
  readonly allChanged: () => void
}

/** Names share them, by a hash: then one is read again in vain. */
const SLOTS = 1024
/** For each name, how often it was changed and by whom last. */
const WORDS = 2
const NUMBER: Readonly<Record<Writer, number>> = { main: 1, beside: 2 }

export const versionsMemory = (): SharedArrayBuffer =>
  new SharedArrayBuffer(SLOTS * WORDS * Int32Array.BYTES_PER_ELEMENT)

/** FNV-1a, https://datatracker.ietf.org/doc/html/draft-eastlake-fnv */
const slotOf = (name: string): number => {
  let hash = 0x811c9dc5
  for (let at = 0; at < name.length; at += 1) hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193)
  return ((hash >>> 0) % SLOTS) * WORDS
}

export const makeStoredVersions = (memory: SharedArrayBuffer, writer: Writer): PublishedVersions => {
  const words = new Int32Array(memory)
  const me = NUMBER[writer]
  const noted = new Set<number>()

  const publish = (slot: number): void => {
    Atomics.store(words, slot + 1, me)
    Atomics.add(words, slot, 1)
  }

  return {
    service: StoredVersions.of({
      remember: name => {
        const slot = slotOf(name)
        let seen = Atomics.load(words, slot)
        return {
          holds: () => {
            const version = Atomics.load(words, slot)
            const isOwn = version === seen + 1 && Atomics.load(words, slot + 1) === me
            if (isOwn) seen = version
            return version === seen
          }
        }
      },
      changed: name => void noted.add(slotOf(name))
    }),
    committed: () => {
      noted.forEach(publish)
      noted.clear()
    },
    allChanged: () => {
      // By two: nobody takes it for a change of its own.
      for (let slot = 0; slot < words.length; slot += WORDS) Atomics.add(words, slot, 2)
    }
  }
}
