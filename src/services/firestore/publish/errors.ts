// What Google's client answers when something fails, by its gRPC code: its words may quote a document's path, and with it
// a phone number.
import type { News } from '../../incidents/incidents.ts'

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

/** One record, whoever finds out first. */
export const accessRefused = (what: 'read' | 'write', reason: string): News => ({
  accountId: null,
  kind: 'firestore.noAccess',
  severity: 'error',
  subject: 'access',
  happened: `Firestore does not let this server ${what} (${reason})`,
  did: 'Everything waits in this server’s own database, and is written and looked for once access is given',
  advice:
    'Check FIREBASE_PROJECT_ID, FIRESTORE_DATABASE, GOOGLE_APPLICATION_CREDENTIALS, and that the service account has the role Cloud Datastore User'
})
