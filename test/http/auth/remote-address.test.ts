// From where a request comes: nobody can claim to come from elsewhere.
import { Option } from 'effect'
import { Headers } from 'effect/http'
import { expect, test } from 'vitest'
import { remoteAddressOf } from '../../../src/http/auth/remote-address.ts'

const from = (address: string | null, forwarded?: string) => ({
  headers: Headers.fromInput(forwarded === undefined ? {} : { 'x-forwarded-for': forwarded }),
  remoteAddress: Option.fromNullOr(address)
})

test.each([
  ['of the connection', from('192.0.2.1'), false, '192.0.2.1'],
  ['of IPv4 in IPv6', from('::ffff:192.0.2.1'), false, '192.0.2.1'],
  ['not what a client claims', from('192.0.2.1', '198.51.100.7'), false, '192.0.2.1'],
  ['what the proxy has seen', from('127.0.0.1', '198.51.100.7'), true, '198.51.100.7'],
  [
    'not what its client has claimed before',
    from('127.0.0.1', '203.0.113.9, 2001:db8::1'),
    true,
    '2001:db8::1'
  ],
  ['of the proxy when it writes none', from('127.0.0.1'), true, '127.0.0.1'],
  ['of the proxy when it writes nonsense', from('127.0.0.1', 'unknown'), true, '127.0.0.1'],
  ['of a connection that has ended', from(null), false, null]
] as const)('%s', (_, request, trustsProxy, expected) => {
  expect(remoteAddressOf(request, trustsProxy)).toBe(expected)
})
