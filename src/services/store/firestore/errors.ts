// What Google's client answers when something fails, by its gRPC code: its words may quote a document's path, and with it
// a phone number.

export const grpcCodeOf = (error: unknown): number | undefined =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'number'
    ? error.code
    : undefined

export const INVALID_ARGUMENT = 3
export const NOT_FOUND = 5
export const FAILED_PRECONDITION = 9

/** What passes by itself: cancelled, unknown, deadline, exhausted, aborted, internal, unavailable. */
export const PASSING: ReadonlySet<number> = new Set([1, 2, 4, 8, 10, 13, 14])
/** About this server's access, not a document: not found, denied, precondition, unimplemented, unauthenticated. */
export const OF_ACCESS: ReadonlySet<number> = new Set([NOT_FOUND, 7, FAILED_PRECONDITION, 12, 16])
