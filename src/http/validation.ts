// A request that does not fit the contract is refused with the name of each field that is wrong.
import { Cause, Effect, ErrorReporter, SchemaIssue } from 'effect'
import { HttpApiError, HttpApiMiddleware } from 'effect/http-api'

const issuesOf = SchemaIssue.makeFormatterStandardSchemaV1()

const segment = (part: PropertyKey | { readonly key: PropertyKey }): string | number => {
  const key = typeof part === 'object' ? part.key : part
  return typeof key === 'number' ? key : String(key)
}

/** Renders schema refusals as problems; an answer of ours that does not fit is our fault and is logged. */
export const layer = HttpApiMiddleware.layerSchemaErrorTransform(HttpApiMiddleware.ProblemDetails, error => {
  if (error.kind === 'Body' || error.kind === 'ResponseHeaders') {
    return Effect.andThen(
      ErrorReporter.report(Cause.fail(error)),
      Effect.fail(new HttpApiError.InternalServerErrorProblem())
    )
  }
  const slot = error.kind.toLowerCase()
  const errors = issuesOf(error.cause.issue).issues.map(({ message, path }) => ({
    path: [slot, ...(path ?? []).map(segment)],
    message
  }))
  const detail = errors
    .slice(0, 3)
    .map(({ path, message }) => `${path.length > 1 ? path.slice(1).join('.') : slot}: ${message}`)
    .join('; ')
  return Effect.fail(new HttpApiError.BadRequestProblem({ detail, errors }))
})
