// How fast history comes in, and how long the rest may take.
import type { HistoryProgress } from './queue.ts'

/** Counts, what the phone reports, and what follows from the last half minute. */
export interface SyncProgress extends HistoryProgress {
  /** Over the last half minute; 0 when nothing came. */
  readonly messagesPerSecond: number
  /** For what is announced or, by the phone's own percentage, still to come; `null` when that cannot be told. */
  readonly secondsLeft: number | null
}

const WINDOW_MS = 30_000

export const makePace = () => {
  const seen = new Map<string, { readonly at: number; readonly messages: number }[]>()
  const recent = (accountId: string, now: number) => {
    const all = (seen.get(accountId) ?? []).filter(({ at }) => at > now - WINDOW_MS)
    if (all.length === 0) seen.delete(accountId)
    else seen.set(accountId, all)
    return all
  }
  return {
    /** Accounts for which history came in during the last half minute. */
    busy: (now: number): ReadonlyArray<string> =>
      [...seen.keys()].filter(accountId => recent(accountId, now).length > 0),
    /** Messages of a chunk whose work began at that time (milliseconds since 1970). */
    note: (accountId: string, messages: number, at: number): void => {
      seen.set(accountId, [...recent(accountId, at), { at, messages }])
    },
    of: (
      accountId: string,
      { chunksDone, chunksPending, messages, percent }: HistoryProgress,
      now: number
    ): Pick<SyncProgress, 'messagesPerSecond' | 'secondsLeft'> => {
      const window = recent(accountId, now)
      const [first] = window
      if (first === undefined) return { messagesPerSecond: 0, secondsLeft: chunksPending === 0 ? 0 : null }
      const seconds = Math.max(1, now - first.at) / 1000
      const messagesPerSecond = Math.round(window.reduce((sum, part) => sum + part.messages, 0) / seconds)
      if (messagesPerSecond === 0) return { messagesPerSecond, secondsLeft: null }
      const announced = chunksDone === 0 ? 0 : (messages / chunksDone) * chunksPending
      const toCome = percent === null || percent === 0 ? 0 : (messages * (100 - percent)) / percent
      return {
        messagesPerSecond,
        secondsLeft: Math.ceil(Math.max(announced, toCome) / messagesPerSecond)
      }
    }
  }
}
