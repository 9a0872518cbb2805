// The one error of everything that asks Firestore for something. What fails in our own database is a `DatabaseError`.
import { Effect, Schema } from 'effect'

/**
 * Firestore refused or could not be reached. `operation` names what was tried. The cause is of Google's client: its code
 * may be read, its message may quote a document's path, and with it a phone number.
 */
export class FirestoreError extends Schema.TaggedError<FirestoreError>()('FirestoreError', {
  operation: Schema.String,
  cause: Schema.Defect()
}) {
  override get message(): string {
    return `Firestore failed at ${this.operation}`
  }
}

/** Something that Google's client does; whatever it fails with becomes a `FirestoreError`. */
export const reading = <A>(operation: string, read: () => Promise<A>): Effect.Effect<A, FirestoreError> =>
  Effect.tryPromise({ try: read, catch: cause => new FirestoreError({ operation, cause }) })
