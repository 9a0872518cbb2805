// What each way to end a connection means, and that nothing but WhatsApp's own words ends an account.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DISCONNECT_SOURCES, disconnectRow, disconnectTable, isPassing } from '../../src/domain/disconnect.ts'

const failure = (code: number) => disconnectRow({ source: 'failure', code }).verdict
const streamError = (code: number, condition?: string) =>
  disconnectRow({ source: 'streamError', code, condition }).verdict

test.each([
  [401, 'loggedOut'],
  [402, 'suspended'],
  [403, 'locked'],
  [405, 'updateNeeded'],
  [406, 'banned'],
  [408, 'retry'],
  [409, 'updateNeeded'],
  [411, 'updateNeeded'],
  [428, 'retry'],
  [429, 'retry'],
  [440, 'replaced'],
  [500, 'retry'],
  [501, 'retry'],
  [503, 'retry'],
  [515, 'restart'],
  [516, 'loggedOut'],
  [400, 'unknown'],
  [413, 'unknown'],
  [599, 'unknown'],
  [0, 'unknown']
] as const)('code %i is %s, in a refused login and in a stream error alike', (code, verdict) => {
  expect([failure(code), streamError(code)]).toEqual([verdict, verdict])
})

test('a stream error without a code is what its condition says', () => {
  expect(streamError(0, 'ack')).toBe('retry')
  expect(streamError(0, 'xml-not-well-formed')).toBe('retry')
  expect(streamError(0, 'replaced')).toBe('replaced')
  expect(streamError(0, 'device_removed')).toBe('loggedOut')
  expect(streamError(0, 'something-new')).toBe('unknown')
})

test('a conflict counts whatever the code is; another condition does not change what a code means', () => {
  expect(streamError(500, 'replaced')).toBe('replaced')
  expect(streamError(500, 'device_removed')).toBe('loggedOut')
  expect(streamError(503, 'ack')).toBe('retry')
  expect(streamError(401, 'something-new')).toBe('loggedOut')
})

test('an end that nobody knows says its code, its condition and where it came from', () => {
  expect(disconnectRow({ source: 'streamError', code: 599, condition: 'odd' }).reason).toMatch(
    /ended the connection.*code 599, odd/
  )
  expect(disconnectRow({ source: 'failure', code: 599 }).reason).toMatch(/refused the login.*code 599/)
})

test('whatever a proxy, TLS, the network or Baileys says, the account connects again', () => {
  fc.assert(
    fc.property(fc.constantFrom('http', 'network'), fc.nat(999), (source, code) => {
      expect(isPassing(disconnectRow({ source, code }).verdict)).toBe(true)
    })
  )
})

test('every code and every condition has one row', () => {
  const ends = disconnectTable().map(({ code, condition, source }) => `${source} ${code} ${condition}`)
  expect(new Set(ends).size).toBe(ends.length)
  expect(DISCONNECT_SOURCES).toEqual(expect.arrayContaining(disconnectTable().map(({ source }) => source)))
})
