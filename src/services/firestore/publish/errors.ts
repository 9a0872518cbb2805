// Errors of Google's client by their gRPC code. Their messages are never used: they may quote a document's path, and with
// it a phone number.

export const grpcCodeOf = (error: unknown): number | undefined =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'number'
    ? error.code
    : undefined

export const INVALID_ARGUMENT = 3
export const NOT_FOUND = 5
export const FAILED_PRECONDITION = 9

/** Temporary: cancelled, unknown, deadline exceeded, resource exhausted, aborted, internal, unavailable. */
export const TEMPORARY: ReadonlySet<number> = new Set([1, 2, 4, 8, 10, 13, 14])
/** About this server's access, not about a document: not found, denied, precondition, unimplemented, unauthenticated. */
export const ABOUT_ACCESS: ReadonlySet<number> = new Set([NOT_FOUND, 7, FAILED_PRECONDITION, 12, 16])
