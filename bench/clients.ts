// Clients that ask or write at the same time, each after its last answer.
import { forEach } from './many-accounts.ts'

export interface Timed {
  /** All of it. */
  readonly milliseconds: number
  /** Of each, sorted. */
  readonly each: ReadonlyArray<number>
}

/** Does something `count` times, by so many clients. */
export const timed = async (
  count: number,
  clients: number,
  once: (place: number) => Promise<unknown>
): Promise<Timed> => {
  const each: Array<number> = []
  const began = performance.now()
  await forEach(
    count,
    async place => {
      const asked = performance.now()
      await once(place)
      each.push(performance.now() - asked)
    },
    clients
  )
  return { milliseconds: performance.now() - began, each: each.toSorted((a, b) => a - b) }
}
