// A disk that is full is no fault of the server: whatever it ends in, 503 says that the same request may succeed later.
import { Cause, Effect } from 'effect'
import { HttpRouter } from 'effect/http'
import { storageProblem } from './problems.ts'

/** Of all routes: for what fails outside of their contracts, such as writing an upload to the disk. */
export const storageFaultsLayer = HttpRouter.middleware(
  handler =>
    Effect.catchCause(handler, cause => {
      const problem = storageProblem(Cause.squash(cause))
      return problem === undefined ? Effect.failCause(cause) : Effect.succeed(problem)
    }),
  { global: true }
)
