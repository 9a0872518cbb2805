// The API reference at /docs: one page with everything that it needs, made from the contract.
import { Effect, Layer, Scope } from 'effect'
import { HttpRouter, HttpServerResponse } from 'effect/http'
import { HttpApiScalar } from 'effect/http-api'
import { Api } from './api.ts'
import { contentSecurityPolicy, scriptHashes } from './page-headers.ts'

/** Only the scripts that the page came with; their styles are made by them. */
const policyOf = (html: string): string =>
  contentSecurityPolicy({
    'script-src': scriptHashes(html),
    'style-src': "'unsafe-inline'",
    'img-src': "'self' data: blob:",
    'font-src': 'data:',
    // "Test request" asks this server.
    'connect-src': "'self'"
  })

const textOf = ({ body }: HttpServerResponse.HttpServerResponse): string =>
  body._tag === 'Uint8Array' ? Buffer.from(body.body).toString() : ''

const SCALAR = {
  // The fonts of the system instead of some from elsewhere.
  withDefaultFonts: false,
  // Buttons that send the document to Scalar's servers, or lead there.
  showDeveloperTools: 'never',
  hideClientButton: true,
  telemetry: false,
  authentication: { preferredSecurityScheme: 'bearer' }
}

/** Made on the first request: few servers are ever asked for it, and loading its three megabytes is a sixth of what a start takes. */
const reference = Layer.unwrap(
  Effect.gen(function* () {
    const scope = yield* Effect.scope
    const routes = HttpApiScalar.layer(Api, { path: '/docs', scalar: SCALAR })
    const loaded = HttpRouter.toHttpEffect(routes).pipe(Scope.provide(scope), Effect.uninterruptible)
    return HttpRouter.add('GET', '/docs', Effect.flatten(yield* Effect.cached(loaded)))
  })
)

/** The page is always the same, and hashing its three megabytes takes a while. */
const withPolicy = Effect.sync(() => {
  let policy: string | undefined
  return <E>(page: Effect.Effect<HttpServerResponse.HttpServerResponse, E>) =>
    Effect.map(page, response =>
      HttpServerResponse.setHeader(
        response,
        'content-security-policy',
        (policy ??= policyOf(textOf(response)))
      )
    )
})

export const docsLayer = reference.pipe(Layer.provide(HttpRouter.middleware(withPolicy).layer))
