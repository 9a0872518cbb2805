// A request that does not fit the contract is answered with a problem that names each wrong field.
import { Cause, Effect, ErrorReporter, type SchemaIssue } from 'effect'
import { HttpApiMiddleware } from 'effect/http-api'
import { issuesOf } from './expected-words.ts'
import { BadField, type FieldError, InternalFault } from './problems.ts'

const MOST_IN_DETAIL = 3

const segmentOf = (part: PropertyKey | { readonly key: PropertyKey }): string | number => {
  const key = typeof part === 'object' ? part.key : part
  return typeof key === 'number' ? key : String(key)
}

/** What is wrong with which field of a part of the request: `params`, `query`, `payload` or `headers`. */
export const problemOf = (
  slot: 'params' | 'query' | 'payload' | 'headers',
  issue: SchemaIssue.Issue
): BadField => {
  const errors: ReadonlyArray<FieldError> = issuesOf(issue).map(({ message, path }) => ({
    path: [slot, ...path.map(segmentOf)],
    message
  }))
  const detail = errors
    .slice(0, MOST_IN_DETAIL)
    .map(({ path, message }) => `${path.length > 1 ? path.slice(1).join('.') : slot}: ${message}`)
    .join('; ')
  return new BadField({ detail, errors })
}

/** Every endpoint has it. */
export class Validation extends HttpApiMiddleware.Service<Validation>()('backscroll/http/Validation', {
  error: [BadField, InternalFault]
}) {}

const SLOTS = { Params: 'params', Headers: 'headers', Query: 'query', Payload: 'payload' } as const

/** Renders schema errors as problems. A response that does not fit the contract is a fault of the server and is logged. */
export const layer = HttpApiMiddleware.layerSchemaErrorTransform(Validation, error =>
  error.kind === 'Body' || error.kind === 'ResponseHeaders'
    ? Effect.andThen(ErrorReporter.report(Cause.fail(error)), Effect.fail(new InternalFault()))
    : Effect.fail(problemOf(SLOTS[error.kind], error.cause.issue))
)
