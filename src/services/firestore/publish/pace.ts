// How fast documents are published, and in which order.

/** Firestore takes about one write a second of the same document. */
export const SHORTEST_INTERVAL_MS = 1000

/** Live changes are published before everything in the history lane. */
export const LIVE_LANE = 0
export const HISTORY_LANE = 1

/** A message older than this when it is stored comes from a history. */
export const RECENT_MS = 3_600_000
