// Reads collections of Firestore page by page.
import { Effect, type Schema } from 'effect'
import { FieldPath, type Query, type QueryDocumentSnapshot } from 'firebase-admin/firestore'
import { reading } from '../error.ts'
import { FirestoreDatabase } from '../publish/database.ts'

/** Documents in one request. */
export const PAGE = 300

export const readFirestore = <A>(work: () => Promise<A>) => reading('reading documents', work)

/** Every document of a query, page by page in the order of their ids, behind the id `after`. */
export const eachPage = Effect.fnUntraced(function* <E, R>(
  query: Query,
  after: string | undefined,
  work: (documents: ReadonlyArray<QueryDocumentSnapshot>) => Effect.Effect<unknown, E, R>
) {
  const ordered = query.orderBy(FieldPath.documentId()).limit(PAGE)
  let from = after
  while (true) {
    const next = from === undefined ? ordered : ordered.startAfter(from)
    const page = yield* readFirestore(() => next.get())
    const last = page.docs.at(-1)
    if (last === undefined) return
    yield* work(page.docs)
    from = last.id
  }
})

/** The documents of a collection that belong to an account. */
export const ofAccount = (collection: string, accountId: string) =>
  Effect.map(FirestoreDatabase, database =>
    database.collection(collection).where('accountId', '==', accountId)
  )

export const messagesOf = (threadId: string) =>
  Effect.map(FirestoreDatabase, database => database.collection(`threads/${threadId}/messages`))

/** The decoded documents, and how many could not be decoded. */
export const decodeAll = <A>(
  documents: ReadonlyArray<QueryDocumentSnapshot>,
  decode: (data: unknown) => Effect.Effect<A, Schema.SchemaError>
) =>
  Effect.map(
    Effect.forEach(documents, document => Effect.option(decode(document.data()))),
    decoded => {
      const found = decoded.flatMap(one => (one._tag === 'Some' ? [one.value] : []))
      return { found, unreadable: decoded.length - found.length }
    }
  )
