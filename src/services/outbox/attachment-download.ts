// Downloads a file that an application names by its URL, only from where that is allowed: an address that is not public
// is refused, also behind a redirect.
import type { IncomingMessage } from 'node:http'
import http from 'node:http'
import https from 'node:https'
import { useAgent as filteringAgent } from 'request-filtering-agent'
import { AttachmentRefused } from './attachment-files.ts'

const REDIRECTS = 3
const TIMEOUT_MS = 60_000

const request = (
  target: URL,
  allowPrivateAddresses: boolean,
  signal: AbortSignal
): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const agent = filteringAgent(target.href, {
      allowPrivateIPAddress: allowPrivateAddresses,
      allowMetaIPAddress: false
    })
    const client = target.protocol === 'https:' ? https : http
    client
      .request(target, { agent, signal, headers: { 'user-agent': 'Backscroll' } }, resolve)
      .on('error', reject)
      .end()
  })

const PRIVATE_ADDRESS =
  'The address leads into a private network. MEDIA_URL_PRIVATE=true allows that, for everybody with the API key'

/** In the words of the agent, which does not connect to such an address. */
const isPrivate = (cause: unknown): boolean =>
  cause instanceof Error && cause.message.includes('It is private IP address')

export interface Download {
  readonly response: IncomingMessage
  /** Where it was found, after redirects. */
  readonly url: string
}

/**
 * Follows a few redirects, each of which must obey the same rule. Rejects with `AttachmentRefused`, or Node's error. The signal
 * also ends the response.
 */
export const download = async (
  from: string,
  allowPrivateAddresses: boolean,
  signal: AbortSignal = AbortSignal.timeout(TIMEOUT_MS)
): Promise<Download> => {
  let url = from
  for (let hops = 0; hops <= REDIRECTS; hops += 1) {
    const target = URL.parse(url)
    if (target === null || !/^https?:$/.test(target.protocol) || target.username !== '') {
      throw new AttachmentRefused({ message: 'Expected an http:// or https:// address' })
    }
    const response = await request(target, allowPrivateAddresses, signal).catch((cause: unknown) => {
      throw isPrivate(cause) ? new AttachmentRefused({ message: PRIVATE_ADDRESS }) : cause
    })
    const status = response.statusCode ?? 0
    if (status >= 200 && status < 300) return { response, url }
    response.destroy()
    const location = response.headers.location
    if (status < 300 || status >= 400 || location === undefined) {
      throw new AttachmentRefused({ message: `The server with the file answered ${status}` })
    }
    url = new URL(location, target).href
  }
  throw new AttachmentRefused({ message: 'The address redirects too often' })
}
