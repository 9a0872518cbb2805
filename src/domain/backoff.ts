// How long to wait before the next attempt.

/**
 * Full jitter: anything between nothing and a delay that doubles with each attempt, so that many accounts spread out.
 * Milliseconds; `attempts` counts from 1, `least` is the longest first wait, `most` the longest of all.
 */
export const backoff = (
  attempts: number,
  { least, most }: { readonly least: number; readonly most: number },
  random: () => number = Math.random
): number => random() * Math.min(most, least * 2 ** Math.min(20, Math.max(0, attempts - 1)))
