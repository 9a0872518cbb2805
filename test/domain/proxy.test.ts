// Addresses of proxies: which are accepted, and that what is shown of one never holds its credentials.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { proxyUrl, shownProxy } from '../../src/domain/proxy.ts'
import { anyCharacter } from '../any-character.ts'

test('http, https and SOCKS5 proxies are accepted, with or without credentials', () => {
  const shown = [
    ['http://127.0.0.1:3128', 'http://127.0.0.1:3128'],
    ['https://shop:secret@proxy.example', 'https://***@proxy.example'],
    ['socks5://shop@[::1]:1080', 'socks5://***@[::1]:1080'],
    ['SOCKS5://:secret@proxy.example:1080/', 'socks5://***@proxy.example:1080']
  ] as const
  for (const [address, expected] of shown) expect(shownProxy(proxyUrl(address)!)).toBe(expected)
})

test('anything else is refused', () => {
  const wrong = [
    '',
    'proxy.example:1080',
    'ftp://proxy.example',
    'socks4://proxy.example',
    'socks5://',
    'http://proxy.example/path',
    'http://proxy.example?x=1',
    'http://proxy.example#x',
    'http://shop:%zz@proxy.example',
    `socks5://${'a'.repeat(256)}:b@proxy.example`,
    `http://${'a'.repeat(1100)}.example`
  ]
  for (const address of wrong) expect([address, proxyUrl(address)]).toEqual([address, undefined])
})

test('whatever the credentials are, what is shown does not hold them', () => {
  const credential = fc.string({ minLength: 8, maxLength: 60, unit: anyCharacter })
  fc.assert(
    fc.property(credential, credential, (username, password) => {
      const login = [username, password].map(encodeURIComponent)
      const url = proxyUrl(`socks5://${login.join(':')}@proxy.example:1080`)
      if (url !== undefined) expect(shownProxy(url)).toBe('socks5://***@proxy.example:1080')
    })
  )
})
