// From where a request comes.
import { isIP } from 'node:net'
import { Option } from 'effect'
import type { HttpServerRequest } from 'effect/http'

const withoutMapping = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/, '')

/** What the nearest proxy has written: it adds the address that it sees at the end. */
const forwardedFor = (header: string | undefined): string | undefined => {
  const last = header?.split(',').at(-1)?.trim() ?? ''
  return isIP(last) === 0 ? undefined : last
}

/** The address of the connection, or the one that the proxy in front of this server has seen. */
export const remoteAddressOf = (
  { headers, remoteAddress }: Pick<HttpServerRequest.HttpServerRequest, 'headers' | 'remoteAddress'>,
  trustsProxy: boolean
): string | null => {
  const forwarded = trustsProxy ? forwardedFor(headers['x-forwarded-for']) : undefined
  return forwarded ?? Option.getOrNull(Option.map(remoteAddress, withoutMapping))
}
