// What every response tells browsers: show nothing from elsewhere, be in nobody's frame, guess no types, tell no address on.
// Pages say what they need beside that; data needs nothing.
import { createHash } from 'node:crypto'
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

/** The hashes of the scripts within a page, as a policy names them. */
export const scriptHashes = (html: string): string =>
  [...html.matchAll(/<script>([^]*?)<\/script>/g)]
    .map(([, script = '']) => `'sha256-${createHash('sha256').update(script).digest('base64')}'`)
    .join(' ')

export const withPageHeaders = (
  response: HttpServerResponse.HttpServerResponse
): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.setHeaders(response, { ...ALWAYS, ...response.headers })
