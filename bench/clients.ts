// Clients that ask or write at the same time, each after its last answer.
import { percentile } from './percentile.ts'

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
  let next = 0
  const client = async (): Promise<void> => {
    while (next < count) {
      const began = performance.now()
      await once(next++)
      each.push(performance.now() - began)
    }
  }
  const began = performance.now()
  await Promise.all(Array.from({ length: clients }, client))
  return { milliseconds: performance.now() - began, each: each.toSorted((a, b) => a - b) }
}

export const rounded = (value: number | null, digits = 2): number | null =>
  value === null ? null : Number(value.toFixed(digits))

/** The value in the middle, whatever the order. */
export const medianOf = (values: ReadonlyArray<number>): number =>
  percentile(
    values.toSorted((a, b) => a - b),
    0.5
  ) ?? 0
