// A GET request to WhatsApp's servers for pages and media, directly or through a proxy.
import type { IncomingMessage } from 'node:http'
import http from 'node:http'
import https from 'node:https'
import { Effect, Schema } from 'effect'
import { agentFor, ProxyFailed } from './proxy/agent.ts'

/** The request got no answer. */
export class GetFailed extends Schema.TaggedError<GetFailed>()('GetFailed', {
  /** The words of the proxy, or a code of the network. Never an address. */
  reason: Schema.String,
  /** Whether the proxy failed, and not the server behind it. */
  byProxy: Schema.Boolean
}) {}

const getFailed = (cause: unknown): GetFailed => {
  if (cause instanceof ProxyFailed) return new GetFailed({ reason: cause.message, byProxy: true })
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  return new GetFailed({ reason: typeof code === 'string' ? code : 'the request failed', byProxy: false })
}

export interface GetOptions {
  readonly headers: Readonly<Record<string, string>>
  /** The address of the proxy; `undefined` connects directly. */
  readonly proxy: string | undefined
}

const send = (url: URL, { headers, proxy }: GetOptions, signal: AbortSignal): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const client = url.protocol === 'https:' ? https : http
    client
      .request(url, { agent: agentFor(proxy, signal), headers, signal }, resolve)
      .on('error', reject)
      .end()
  })

/**
 * Answers with the response once its headers are here; redirects are not followed. The end of the scope ends the request.
 */
export const get = Effect.fnUntraced(function* (url: URL, options: GetOptions) {
  const controller = yield* Effect.acquireRelease(
    Effect.sync(() => new AbortController()),
    opened => Effect.sync(() => opened.abort())
  )
  return yield* Effect.tryPromise({
    try: () => send(url, options, controller.signal),
    catch: getFailed
  })
})
