// Writes to documents in `outbox`. Each is made on condition that the document is still the version that was read, so
// that neither another server nor an application that writes at the same time is overwritten.
import { Effect, Schema } from 'effect'
import type {
  DocumentReference,
  DocumentSnapshot,
  FieldValue,
  QueryDocumentSnapshot
} from 'firebase-admin/firestore'
import { digestOf } from '../../../domain/ids.ts'
import { Incidents, type IncidentReport } from '../../incidents/incidents.ts'
import { FirestoreError } from '../error.ts'
import { FAILED_PRECONDITION, grpcCodeOf, INVALID_ARGUMENT, NOT_FOUND } from '../publish/errors.ts'

/** With what a write would add, the document is larger than Firestore accepts. */
export class TooLarge extends Schema.TaggedError<TooLarge>()('TooLarge', {}) {}

/** Why a document is not accepted; `field` is the one that is wrong. */
export interface Rejection {
  readonly field: string
  readonly reason: string
}

/** The time of the version that a write requires, or made. */
export type Version = QueryDocumentSnapshot['updateTime']

/** Answers the new version, or `undefined` when the document was another version. */
const updateIfUnchanged = (
  document: DocumentReference,
  version: Version,
  fields: Readonly<Record<string, unknown>>
): Effect.Effect<Version | undefined, TooLarge | FirestoreError> =>
  Effect.tryPromise({
    try: async (): Promise<Version | undefined> => {
      try {
        return (await document.update(fields, { lastUpdateTime: version })).writeTime
      } catch (error) {
        const code = grpcCodeOf(error)
        if (code === NOT_FOUND || code === FAILED_PRECONDITION) return undefined
        throw error
      }
    },
    catch: cause =>
      grpcCodeOf(cause) === INVALID_ARGUMENT
        ? new TooLarge({})
        : new FirestoreError({ operation: 'answering a document of the outbox', cause })
  })

const unanswerable = (document: QueryDocumentSnapshot): IncidentReport => ({
  accountId: null,
  kind: 'firestore.refused',
  severity: 'warning',
  subject: `outbox ${digestOf(document.id)}`,
  happened: 'A document in outbox is so large that it cannot even be answered',
  did: 'It is left as it is, and nothing of it is sent',
  advice: 'Remove it, and keep the documents of your application below 1 MB'
})

/** Moves the content to where it requests nothing any more. */
const movedContent = (document: DocumentSnapshot, fieldValue: typeof FieldValue) => {
  const content: unknown = document.get('content')
  return content === undefined ? {} : { content: fieldValue.delete(), payload: content }
}

/** Whether a server has claimed the document: `here` this one, `elsewhere` another one. */
const claimOf = (document: DocumentSnapshot, serverId: string): 'here' | 'elsewhere' | 'none' => {
  const claimedBy: unknown = document.get('claimedBy')
  if (typeof claimedBy !== 'string') return 'none'
  if (claimedBy !== serverId) return 'elsewhere'
  // Applications may write what they like: only a claim moves the content.
  return document.get('content') === undefined ? 'here' : 'none'
}

const reject = Effect.fnUntraced(function* (
  fieldValue: typeof FieldValue,
  document: QueryDocumentSnapshot,
  version: Version,
  { field, reason }: Rejection
) {
  const incidents = yield* Incidents
  const answer = { status: 'rejected', reason: `${field}: ${reason}`, field }
  const withoutContent = { ...answer, content: fieldValue.delete(), payload: fieldValue.delete() }
  yield* updateIfUnchanged(document.ref, version, { ...answer, ...movedContent(document, fieldValue) }).pipe(
    // A document of the largest size has no room for an answer beside its content.
    Effect.catchTag('TooLarge', () => updateIfUnchanged(document.ref, version, withoutContent)),
    // Its other fields alone leave no room.
    Effect.catchTag('TooLarge', () => incidents.report(unanswerable(document)))
  )
})

/** The writes of the server with this id. */
export const makeDocumentWrites = (fieldValue: typeof FieldValue, serverId: string) => ({
  claimOf: (document: DocumentSnapshot) => claimOf(document, serverId),
  /** Makes the document this server's own: what a crash interrupts is found again by its claim. */
  claim: (document: QueryDocumentSnapshot): Effect.Effect<Version | undefined, TooLarge | FirestoreError> =>
    claimOf(document, serverId) === 'here'
      ? Effect.succeed(document.updateTime)
      : updateIfUnchanged(document.ref, document.updateTime, {
          ...movedContent(document, fieldValue),
          status: 'claimed',
          claimedBy: serverId,
          reason: null,
          field: null
        }),
  reject: (document: QueryDocumentSnapshot, version: Version, rejection: Rejection) =>
    reject(fieldValue, document, version, rejection),
  /** Removes content that was written once more after the document was accepted. */
  dropContent: (document: QueryDocumentSnapshot) =>
    updateIfUnchanged(document.ref, document.updateTime, { content: fieldValue.delete() })
})
export type DocumentWrites = ReturnType<typeof makeDocumentWrites>
