// Figures of what a bench has measured.

/** The value at this share of sorted values, by the nearest rank; `null` when there are none. */
export const percentile = (sorted: ReadonlyArray<number>, share: number): number | null =>
  sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? null

/** The value in the middle, whatever the order. */
export const medianOf = (values: ReadonlyArray<number>): number =>
  percentile(
    values.toSorted((a, b) => a - b),
    0.5
  ) ?? 0

export const rounded = (value: number | null, digits = 2): number | null =>
  value === null ? null : Number(value.toFixed(digits))
