// A file that is the same for everybody, from memory, in the form that the browser takes best.
import { Effect } from 'effect'
import { HttpServerRequest, HttpServerResponse } from 'effect/http'

export interface StaticFile {
  readonly type: string
  readonly plain: Uint8Array
  /** The same compressed, best first, by the name of the encoding. */
  readonly compressed: ReadonlyArray<readonly [encoding: string, content: Uint8Array]>
}

const acceptable = (accepted: string): ReadonlySet<string> =>
  new Set(
    accepted
      .split(',')
      .filter(part => !/;\s*q=0(\.0*)?\s*$/.test(part))
      .map(part => part.split(';')[0]?.trim() ?? '')
  )

/** For names that carry the hash of their content. */
export const LASTING = 'public, max-age=31536000, immutable'

export const served = (
  { compressed, plain, type }: StaticFile,
  headers: Readonly<Record<string, string>>
): Effect.Effect<HttpServerResponse.HttpServerResponse, never, HttpServerRequest.HttpServerRequest> =>
  Effect.map(HttpServerRequest.HttpServerRequest, ({ headers: asked }) => {
    const accepted = acceptable(asked['accept-encoding'] ?? '')
    const found = compressed.find(([encoding]) => accepted.has(encoding))
    return HttpServerResponse.uint8Array(found?.[1] ?? plain, {
      contentType: type,
      headers: {
        ...headers,
        vary: 'accept-encoding',
        ...(found === undefined ? {} : { 'content-encoding': found[0] })
      }
    })
  })
