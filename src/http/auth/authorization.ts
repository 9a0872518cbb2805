// The middleware of every endpoint that is not public: identifies the caller by API key or Firebase ID token, then checks
// the access that the endpoint requires.
import { Effect, Layer, Redacted } from 'effect'
import { HttpRouter, HttpServerRequest } from 'effect/http'
import { type HttpApiEndpoint, HttpApiMiddleware, HttpApiSecurity } from 'effect/http-api'
import { ADMIN } from '../../domain/grant.ts'
import { IdTokens } from '../../services/firebase/id-tokens.ts'
import { Forbidden, Unauthorized } from '../problems.ts'
import { accessOf, refusalOf } from './access.ts'
import { type ApiKey, isKey } from './api-key.ts'
import { Caller } from './caller.ts'

export class Authorization extends HttpApiMiddleware.Service<Authorization, { provides: Caller }>()(
  'backscroll/http/Authorization',
  {
    security: { bearer: HttpApiSecurity.bearer },
    error: [Unauthorized, Forbidden]
  }
) {}

const NO_KEY = 'The header "Authorization: Bearer <API key>" is missing, or the key is wrong'

const LONGEST_TOKEN = 8192

/** Three parts of base64url: an ID token. An API key never looks like this. */
const isIdToken = (credential: string): boolean =>
  /^[\w-]+\.[\w-]+\.[\w-]*$/.test(credential) && credential.length <= LONGEST_TOKEN

/** The caller who owns this credential. */
const identify = (
  key: ApiKey,
  tokens: IdTokens['Service'],
  credential: string
): Effect.Effect<Caller['Service'], Unauthorized> => {
  if (isKey(key, credential)) return Effect.succeed({ grant: ADMIN })
  return isIdToken(credential)
    ? Effect.mapError(tokens.verify(credential), ({ reason }) => new Unauthorized({ detail: reason }))
    : Effect.fail(new Unauthorized({ detail: NO_KEY }))
}

/** Fails unless the caller has the access that the endpoint requires for this request. */
const authorize = Effect.fnUntraced(function* (endpoint: HttpApiEndpoint.Top, caller: Caller['Service']) {
  const { url } = yield* HttpServerRequest.HttpServerRequest
  const params = yield* HttpRouter.params
  const query = yield* HttpServerRequest.ParsedSearchParams
  const refusal = refusalOf(caller.grant, accessOf(endpoint), { url, params, query })
  if (refusal !== undefined) return yield* new Forbidden({ detail: refusal })
})

export const authorizationLayer = (key: ApiKey): Layer.Layer<Authorization, never, IdTokens> =>
  Layer.effect(
    Authorization,
    Effect.map(IdTokens, tokens =>
      Authorization.of({
        bearer: (request, { credential, endpoint }) =>
          Effect.gen(function* () {
            const caller = yield* identify(key, tokens, Redacted.value(credential))
            yield* authorize(endpoint, caller)
            return yield* Effect.provideService(request, Caller, caller)
          })
      })
    )
  )
