// Percentiles of what a bench has measured.

/** The value at this share of sorted values, by the nearest rank; `null` when there are none. */
export const percentile = (sorted: ReadonlyArray<number>, share: number): number | null =>
  sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? null
