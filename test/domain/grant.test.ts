// What grants mean: of roles, accounts and types of events.
import { expect, test } from 'vitest'
import { isEventPattern } from '../../src/domain/event-pattern.ts'
import { type Grant, hasRole, mayHear, mayRead, ROLES } from '../../src/domain/grant.ts'

test('each role has the rights of those before it', () => {
  for (const [place, role] of ROLES.entries())
    expect(ROLES.filter(other => hasRole({ role, accounts: [] }, other))).toEqual(ROLES.slice(0, place + 1))
})

test('accounts are those named, or all; an admin has all whatever is named', () => {
  expect(mayRead({ role: 'viewer', accounts: ['acc-1'] }, 'acc-1')).toBe(true)
  expect(mayRead({ role: 'operator', accounts: ['acc-1'] }, 'acc-2')).toBe(false)
  expect(mayRead({ role: 'viewer', accounts: 'all' }, 'acc-2')).toBe(true)
  expect(mayRead({ role: 'admin', accounts: [] }, 'acc-2')).toBe(true)
})

test('events are those of the type, or whose type begins so', () => {
  const following = (events: Grant['events']) =>
    ({ role: 'viewer', accounts: 'all', ...(events && { events }) }) as const
  const types = ['message.stored', 'message.changed', 'messages.other', 'thread.changed', 'message']
  const followed = (events: Grant['events']) => types.filter(type => mayHear(following(events), type))
  expect(followed(undefined)).toEqual(types)
  expect(followed('all')).toEqual(types)
  expect(followed(['message.*'])).toEqual(['message.stored', 'message.changed'])
  expect(followed(['message.stored', 'thread.*'])).toEqual(['message.stored', 'thread.changed'])
  expect(followed([])).toEqual([])
})

test.each([
  ['message.stored', true],
  ['message.*', true],
  ['account.pairing.*', true],
  ['*', false],
  ['message*', false],
  ['Message.stored', false],
  ['message..stored', false],
  ['', false],
  ['a'.repeat(101), false]
])('%s is a pattern: %s', (text, expected) => {
  expect(isEventPattern(text)).toBe(expected)
})
