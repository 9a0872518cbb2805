// The middleware of every endpoint that is not public: identifies the caller by their credential, checks the access that the
// endpoint requires, and has changes written down.
import { Effect, Layer } from 'effect'
import { HttpRouter, HttpServerRequest } from 'effect/http'
import { type HttpApiEndpoint, HttpApiMiddleware, HttpApiSecurity } from 'effect/http-api'
import { Forbidden, RateLimited, StoreUnavailable, Unauthorized } from '../problems.ts'
import { accessOf, refusalOf } from './access.ts'
import { Auditing } from './auditing.ts'
import { Caller } from './caller.ts'
import { credentialIn, Identification } from './identification.ts'
import { RateLimits } from './rate-limit.ts'

export class Authorization extends HttpApiMiddleware.Service<Authorization, { provides: Caller }>()(
  'backscroll/http/Authorization',
  {
    security: { bearer: HttpApiSecurity.bearer },
    error: [Unauthorized, Forbidden, RateLimited, StoreUnavailable]
  }
) {}

/** Fails unless the caller has the access that the endpoint requires for this request. */
const authorize = Effect.fnUntraced(function* (endpoint: HttpApiEndpoint.Top, caller: Caller['Service']) {
  const { url } = yield* HttpServerRequest.HttpServerRequest
  const params = yield* HttpRouter.params
  const query = yield* HttpServerRequest.ParsedSearchParams
  const refusal = refusalOf(caller.grant, accessOf(endpoint), { url, params, query })
  if (refusal !== undefined) return yield* new Forbidden({ detail: refusal })
})

export const authorizationLayer: Layer.Layer<Authorization, never, Auditing | Identification | RateLimits> =
  Layer.effect(
    Authorization,
    Effect.gen(function* () {
      const { identify } = yield* Identification
      const { audited } = yield* Auditing
      const { count } = yield* RateLimits
      return Authorization.of({
        // The scheme decodes one header; the key may be in others (security-schemes.ts).
        bearer: (handler, place) =>
          Effect.gen(function* () {
            const request = yield* HttpServerRequest.HttpServerRequest
            const caller = yield* identify(credentialIn(request))
            yield* count(caller)
            yield* authorize(place.endpoint, caller)
            return yield* audited(place, caller.identity)(Effect.provideService(handler, Caller, caller))
          })
      })
    })
  )
