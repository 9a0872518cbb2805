// When which collections of app state are to be read.
import { ALL_WA_PATCH_NAMES } from '@whiskeysockets/baileys'

const isCollection = (name: string): boolean => ALL_WA_PATCH_NAMES.some(known => known === name)

/** The collections that are to be read, each from a time on (milliseconds since 1970). */
export const makeAgenda = () => {
  const due = new Map<string, number>()
  return {
    add: (names: ReadonlyArray<string>, at: number): void => {
      for (const name of names) if (isCollection(name)) due.set(name, Math.min(at, due.get(name) ?? Infinity))
    },
    take: (now: number): Set<string> => {
      const names = [...due].filter(([, at]) => at <= now).map(([name]) => name)
      for (const name of names) due.delete(name)
      return new Set(names)
    },
    /** They are read now, whenever they were due. */
    drop: (names: Iterable<string>): void => {
      for (const name of names) due.delete(name)
    },
    /** When the next one is due; `undefined` when there is none. */
    next: (): number | undefined => (due.size === 0 ? undefined : Math.min(...due.values()))
  }
}
