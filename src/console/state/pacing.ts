// Work that is asked for more often than it is worth doing.

/** Does the work for a key soon, once for however many calls come within `ms`. */
export const paced = (ms: number, work: (key: string) => Promise<void>): ((key: string) => void) => {
  const waiting = new Set<string>()
  return key => {
    if (waiting.has(key)) return
    waiting.add(key)
    setTimeout(() => {
      waiting.delete(key)
      // What is shown stays as it is; the next change tries again.
      work(key).catch(() => undefined)
    }, ms)
  }
}

/** Collects keys and does the work for all of them together, at most every `ms`. */
export const gathered = (
  ms: number,
  work: (keys: ReadonlyArray<string>) => Promise<void>
): ((key: string) => void) => {
  let keys = new Set<string>()
  return key => {
    if (keys.size === 0)
      setTimeout(() => {
        const taken = [...keys]
        keys = new Set()
        work(taken).catch(() => undefined)
      }, ms)
    keys.add(key)
  }
}
