// Addresses that can be refused when they are given: those that name a private network themselves. What a name resolves to is looked at
// with each delivery, by the same rule.
import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

/** Why it is not delivered, and what allows it. */
export const PRIVATE =
  'The address leads into a private network, which WEBHOOK_URL_PRIVATE=true allows for everybody who may manage webhooks'

const NOWHERE = 'The address is none of a server'

/** The name of this machine itself, by whatever it is resolved. */
const isLocalhost = (host: string): boolean => /(^|\.)localhost\.?$/i.test(host)

/** Why nothing can be delivered to a URL; `undefined` when it may be possible. */
export const addressRefusal = (url: string, allowPrivateAddresses: boolean): string | undefined => {
  const host = URL.parse(url)?.hostname.replace(/^\[(.*)\]$/, '$1') ?? ''
  const range = isIP(host) === 0 ? undefined : ipaddr.parse(host).range()
  if (range === 'unspecified') return NOWHERE
  const isPrivate = isLocalhost(host) || (range !== undefined && range !== 'unicast')
  return isPrivate && !allowPrivateAddresses ? PRIVATE : undefined
}
