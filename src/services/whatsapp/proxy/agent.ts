// Connections through a proxy: one Node agent for the WebSocket, for media and for the page of the client version. What the proxy
// itself does wrong is an error of its own, so that nobody takes it for an answer of WhatsApp.
import type { ClientRequest } from 'node:http'
import type { Agent } from 'node:https'
import { HttpsProxyAgent } from 'https-proxy-agent'
import { SocksProxyAgent } from 'socks-proxy-agent'

/** The proxy could not be reached, or did not connect. The text names neither the proxy nor its credentials. */
export class ProxyFailed extends Error {
  /** As errors of the network have one: it is no fault of whoever used the proxy. */
  readonly code = 'EPROXY'
  /** The HTTP status of the proxy's refusal; 0 when it gave none. */
  readonly status: number

  constructor(reason: string, status = 0) {
    super(reason)
    this.name = 'ProxyFailed'
    this.status = status
  }
}

const PROXY_AUTHENTICATION_REQUIRED = 407

const refusedWith = (status: number): ProxyFailed =>
  new ProxyFailed(
    status === PROXY_AUTHENTICATION_REQUIRED
      ? 'The proxy refuses the credentials (HTTP status 407)'
      : `The proxy does not connect (HTTP status ${status})`,
    status
  )

const codeOf = (cause: unknown): string | undefined =>
  cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined

/** The code of Node's network error within a text; the library for SOCKS keeps the text only. */
const codeIn = (text: string): string | undefined => /\bE[A-Z]{4,15}\b/.exec(text)?.[0]

const failed = (cause: unknown): ProxyFailed => {
  const text = cause instanceof Error ? cause.message : ''
  if (/authentication/i.test(text)) return new ProxyFailed('The proxy refuses the credentials')
  if (/timed out/i.test(text)) return new ProxyFailed('The proxy did not answer in time')
  if (/rejected|HostUnreachable|ConnectionRefused|NotAllowed/i.test(text))
    return new ProxyFailed('The proxy does not connect')
  const code = codeOf(cause) ?? codeIn(text)
  return new ProxyFailed(
    code === undefined ? 'The proxy cannot be used' : `The proxy cannot be reached (${code})`
  )
}

type ConnectOptions<A extends { connect: (...args: never[]) => unknown }> = Parameters<A['connect']>[1]

class HttpProxyAgent extends HttpsProxyAgent<string> {
  override async connect(request: ClientRequest, options: ConnectOptions<HttpsProxyAgent<string>>) {
    let status = 0
    request.once('proxyConnect', (response: { readonly statusCode: number }) => {
      status = response.statusCode
    })
    const socket = await super.connect(request, options).catch((cause: unknown) => {
      throw failed(cause)
    })
    if (status === 200) return socket
    // The library would hand on the proxy's refusal as if WhatsApp had answered it.
    socket.destroy()
    throw refusedWith(status)
  }
}

class SocksAgent extends SocksProxyAgent {
  override connect(request: ClientRequest, options: ConnectOptions<SocksProxyAgent>) {
    return super.connect(request, options).catch((cause: unknown) => {
      throw failed(cause)
    })
  }
}

/**
 * The agent for the proxy's address (`http`, `https`, `socks5`); `undefined` without a proxy. Names are resolved by the proxy: a look-up
 * here would show whom this machine talks to. The signal ends what still connects with the proxy.
 */
export const agentFor = (address: string | undefined, signal: AbortSignal): Agent | undefined => {
  if (address === undefined) return undefined
  return address.startsWith('socks5:')
    ? new SocksAgent(address.replace(/^socks5:/, 'socks5h:'))
    : new HttpProxyAgent(address, { signal })
}
