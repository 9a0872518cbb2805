// The address of a proxy, as a person writes it, and as it may be shown.
const PROTOCOLS: ReadonlySet<string> = new Set(['http:', 'https:', 'socks5:'])

/** Characters; SOCKS5 allows 255 bytes each for name and password. */
const LONGEST = 1024
const LONGEST_CREDENTIAL_BYTES = 255

const isCredential = (encoded: string): boolean => {
  try {
    return Buffer.byteLength(decodeURIComponent(encoded)) <= LONGEST_CREDENTIAL_BYTES
  } catch {
    // A percent sign that begins no escape.
    return false
  }
}

/** The URL of an http, https or SOCKS5 proxy, with or without credentials; `undefined` for anything else. */
export const proxyUrl = (text: string): URL | undefined => {
  const url = text.length > LONGEST ? null : URL.parse(text)
  if (url === null || !PROTOCOLS.has(url.protocol) || url.hostname === '') return undefined
  const isBare = (url.pathname === '' || url.pathname === '/') && url.search === '' && url.hash === ''
  return isBare && isCredential(url.username) && isCredential(url.password) ? url : undefined
}

/** The address without its credentials: `socks5://***@host:1080`. */
export const shownProxy = ({ host, password, protocol, username }: URL): string =>
  `${protocol}//${username === '' && password === '' ? '' : '***@'}${host}`
