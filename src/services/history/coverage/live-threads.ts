// Remembers, per account, in which threads live messages have been noted already: only the first of a thread needs a
// look at the database.

/** Threads remembered over all accounts. */
const MOST_THREADS = 20_000

export interface LiveThreads {
  readonly isNoted: (accountId: string, threadId: string) => boolean
  readonly setNoted: (accountId: string, threadId: string) => void
  /** Live messages have begun in a thread of the account. */
  readonly setStarted: (accountId: string) => void
  /** Whether they have since the last call. */
  readonly takeStarted: (accountId: string) => boolean
  /** Forgets the threads: they were noted in a transaction that did not commit, or they are different now. */
  readonly forgetThreads: (accountId: string) => void
  /** Whether anything is remembered of the account. */
  readonly has: (accountId: string) => boolean
  /** Forgets everything of the account. */
  readonly delete: (accountId: string) => void
}

export const makeLiveThreads = (most = MOST_THREADS): LiveThreads => {
  const noted = new Map<string, Set<string>>()
  const started = new Set<string>()
  let size = 0

  const forgetThreads = (accountId: string): void => {
    size -= noted.get(accountId)?.size ?? 0
    noted.delete(accountId)
  }
  const forgetAll = (): void => {
    noted.clear()
    size = 0
  }

  const isNoted = (accountId: string, threadId: string) => noted.get(accountId)?.has(threadId) ?? false

  return {
    isNoted,
    setNoted: (accountId, threadId) => {
      if (isNoted(accountId, threadId)) return
      if (size >= most) forgetAll()
      const threads = noted.get(accountId) ?? new Set()
      noted.set(accountId, threads.add(threadId))
      size += 1
    },
    setStarted: accountId => void started.add(accountId),
    takeStarted: accountId => started.delete(accountId),
    forgetThreads,
    has: accountId => noted.has(accountId) || started.has(accountId),
    delete: accountId => {
      forgetThreads(accountId)
      started.delete(accountId)
    }
  }
}
