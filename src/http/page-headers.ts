// What every response tells browsers: show nothing from elsewhere, be in nobody's frame, guess no types, tell no address on.
// Pages say what they need beside that; data needs nothing.
import { HttpServerResponse } from 'effect/http'

type Directives = Readonly<Record<string, string>>

/** A policy that allows nothing but this. */
export const contentSecurityPolicy = (allowed: Directives = {}): string =>
  Object.entries({
    'default-src': "'none'",
    ...allowed,
    'base-uri': "'none'",
    'form-action': "'none'",
    'frame-ancestors': "'none'"
  })
    .map(([directive, sources]) => `${directive} ${sources}`)
    .join('; ')

const ALWAYS = {
  'content-security-policy': contentSecurityPolicy(),
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY'
}

export const withPageHeaders = (
  response: HttpServerResponse.HttpServerResponse
): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.setHeaders(response, { ...ALWAYS, ...response.headers })
