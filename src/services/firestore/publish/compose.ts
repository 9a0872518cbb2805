// Documents as they should be now, made from the stored rows: the fields of the API under the same names.
import { Effect, Result, type Schema } from 'effect'
import { type SqlClient, SqlError } from 'effect/sql'
import { type Fields, fitted } from './document.ts'
import { type MessagePlace, messageDocuments } from './message-documents.ts'
import { type Place, placeOf } from './paths.ts'
import { accountDocument, contactDocument, incidentDocument, outboxDocument } from './record-documents.ts'
import { threadDocument } from './thread-document.ts'

/** Documents as they should be now; without an entry there should be none. */
export interface ComposedDocuments {
  readonly documents: ReadonlyMap<string, Fields>
  /** Why a document cannot be composed. */
  readonly unreadable: ReadonlyMap<string, string>
}

type SingleDocument = (
  sql: SqlClient.SqlClient,
  id: string
) => Effect.Effect<Fields | undefined, SqlError.SqlError | Schema.SchemaError>

const BY_COLLECTION: Readonly<Record<Exclude<Place['collection'], 'messages'>, SingleDocument>> = {
  accounts: accountDocument,
  threads: threadDocument,
  contacts: contactDocument,
  outbox: outboxDocument,
  incidents: incidentDocument
}

/**
 * The documents at these paths as they should be now. A path at which no document should be has no entry; why a document
 * cannot be read is in `unreadable`.
 */
export const composeDocuments = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  paths: ReadonlyArray<string>
) {
  const messages: Array<MessagePlace> = []
  const documents = new Map<string, Fields>()
  const unreadable = new Map<string, string>()
  const put = (path: string, found: Result.Result<Fields | undefined, Schema.SchemaError>) => {
    if (Result.isFailure(found)) unreadable.set(path, 'its row is not as this version knows it')
    else if (found.success !== undefined) documents.set(path, fitted(found.success))
  }
  for (const path of paths) {
    const place = placeOf(path)
    if (place === undefined) unreadable.set(path, 'its collection is not known')
    else if (place.collection === 'messages') messages.push(place)
    else put(path, yield* unlessDatabaseFails(BY_COLLECTION[place.collection](sql, place.id)))
  }
  for (const [path, found] of yield* messageDocuments(sql, messages)) put(path, found)
  const composed: ComposedDocuments = { documents, unreadable }
  return composed
})

/** A row that cannot be decoded concerns one document; a database that fails concerns all. */
const unlessDatabaseFails = <A>(
  work: Effect.Effect<A, SqlError.SqlError | Schema.SchemaError>
): Effect.Effect<Result.Result<A, Schema.SchemaError>, SqlError.SqlError> =>
  Effect.matchEffect(work, {
    onSuccess: found => Effect.succeed(Result.succeed(found)),
    onFailure: error => (SqlError.isSqlError(error) ? Effect.fail(error) : Effect.succeed(Result.fail(error)))
  })
