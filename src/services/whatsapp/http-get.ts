// A GET request to WhatsApp's servers for pages and media, directly or through a proxy.
import type { IncomingMessage } from 'node:http'
import http from 'node:http'
import https from 'node:https'
import { Effect } from 'effect'
import { agentFor, ProxyFailed } from './proxy/agent.ts'

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
 * Answers with the response once its headers are here; redirects are not followed. Fails with Node's error. The end of the scope ends
 * the request.
 */
export const get = Effect.fnUntraced(function* (url: URL, options: GetOptions) {
  const controller = yield* Effect.acquireRelease(
    Effect.sync(() => new AbortController()),
    opened => Effect.sync(() => opened.abort())
  )
  return yield* Effect.tryPromise({
    try: () => send(url, options, controller.signal),
    catch: cause => (cause instanceof Error ? cause : new Error('The request failed'))
  })
})

/** Why a request failed, without addresses: the words of the proxy, or a code of the network. */
export const reasonOf = (error: Error): string | undefined => {
  if (error instanceof ProxyFailed) return error.message
  return 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
