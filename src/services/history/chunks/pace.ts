// How fast history comes in, and how long the rest may take.
import type { HistoryProgress } from './queue.ts'

/** Counts, what the phone reports, and what follows from the last half minute. */
export interface SyncProgress extends HistoryProgress {
  /** Over the last half minute; 0 when nothing came. */
  readonly messagesPerSecond: number
  /** For what is announced or, by the phone's own percentage, still to come; `null` when unknown. */
  readonly secondsLeft: number | null
}

/** A chunk that came in; `at` is when work on it began, milliseconds since 1970. */
interface Arrival {
  readonly at: number
  readonly messages: number
}

const WINDOW_MS = 30_000

/** Remembers, per account, the chunks of the last half minute. */
export const makePace = () => {
  const arrivals = new Map<string, ReadonlyArray<Arrival>>()

  /** Older arrivals are forgotten. */
  const recent = (accountId: string, now: number): ReadonlyArray<Arrival> => {
    const left = (arrivals.get(accountId) ?? []).filter(({ at }) => at > now - WINDOW_MS)
    if (left.length === 0) arrivals.delete(accountId)
    else arrivals.set(accountId, left)
    return left
  }

  return {
    /** Accounts for which history came in during the last half minute. */
    busy: (now: number): ReadonlyArray<string> =>
      [...arrivals.keys()].filter(accountId => recent(accountId, now).length > 0),
    /** Notes the messages of a chunk. */
    note: (accountId: string, arrival: Arrival): void => {
      arrivals.set(accountId, [...recent(accountId, arrival.at), arrival])
    },
    /** Adds to the counts what follows from the last half minute. */
    progress: (accountId: string, counts: HistoryProgress, now: number): SyncProgress => ({
      ...counts,
      ...speed(recent(accountId, now), counts, now)
    }),
    has: (accountId: string): boolean => arrivals.has(accountId),
    delete: (accountId: string): void => void arrivals.delete(accountId)
  }
}

const speed = (
  recent: ReadonlyArray<Arrival>,
  counts: HistoryProgress,
  now: number
): Pick<SyncProgress, 'messagesPerSecond' | 'secondsLeft'> => {
  const [first] = recent
  if (first === undefined) return { messagesPerSecond: 0, secondsLeft: counts.chunksPending === 0 ? 0 : null }
  const seconds = Math.max(1, now - first.at) / 1000
  const messagesPerSecond = Math.round(recent.reduce((sum, { messages }) => sum + messages, 0) / seconds)
  return {
    messagesPerSecond,
    secondsLeft: messagesPerSecond === 0 ? null : Math.ceil(messagesLeft(counts) / messagesPerSecond)
  }
}

/** What is announced, or what the phone's percentage says is still to come, whichever is more. */
const messagesLeft = ({ chunksDone, chunksPending, messages, percent }: HistoryProgress): number => {
  const announced = chunksDone === 0 ? 0 : (messages / chunksDone) * chunksPending
  const toCome = percent === null || percent === 0 ? 0 : (messages * (100 - percent)) / percent
  return Math.max(announced, toCome)
}
