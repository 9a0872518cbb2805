// What is seen of accounts: every change of state, and every event that a state had no use for.
import { createActor, SimulatedClock } from 'xstate'
import { expect, test } from 'vitest'
import type { AccountState } from '../../../src/domain/account.ts'
import { makeObserver } from '../../../src/actors/watch/observer.ts'
import { makeLinking } from '../../../src/services/events/linking.ts'
import { supervisorMachine } from '../../../src/machines/supervisor.ts'
import { DISCONNECT, LINKED } from '../../machines/account-model.ts'

const watch = () => {
  const moves: Array<string> = []
  const unexpected: Array<string> = []
  const states = new Map<string, AccountState>()
  const offers: Array<string> = []
  const linking = makeLinking(new Map())
  const inspect = makeObserver({
    states,
    linking,
    onLinking: (accountId, changed) =>
      offers.push(`${changed} ${linking.of(accountId)[changed] === null ? 'gone' : 'there'}`),
    onStateChange: (from, { code, state }) =>
      moves.push(`${from ?? ''} → ${state} (${code ?? ''}) of ${states.size}`),
    onUnexpected: (accountId, event, state) => unexpected.push(`${accountId} ${event} ${state}`)
  })
  const root = createActor(supervisorMachine, {
    clock: new SimulatedClock(),
    inspect
  }).start()
  root.send({ type: 'account.start', input: LINKED })
  return { account: root.getSnapshot().children['acc-1']!, moves, offers, root, states, unexpected }
}

test('each change of state is told once, with where it came from', () => {
  const { account, moves, unexpected } = watch()
  account.send({ type: 'socket.opened', jid: '1@s.whatsapp.net', lid: null })
  account.send({ type: 'socket.restrictionChanged', restriction: null })
  account.send({ type: 'socket.closed', verdict: 'retry', disconnect: { ...DISCONNECT, code: 503 } })
  expect(moves).toEqual([
    ' → connecting () of 1',
    'connecting → open () of 1',
    'open → reconnecting (503) of 1'
  ])
  expect(unexpected).toEqual([])
})

test('an event that the state has no use for is told, and changes nothing', () => {
  const { account, moves, unexpected } = watch()
  account.send({ type: 'socket.qrOffered', qr: 'late', expiresAt: 1 })
  expect(unexpected).toEqual(['acc-1 socket.qrOffered connecting'])
  expect(moves).toHaveLength(1)
})

test('an account that is gone is not counted any more', () => {
  const { account, moves, root, states } = watch()
  root.send({ type: 'account.start', input: { ...LINKED, accountId: 'acc-2' } })
  states.delete('acc-2')
  account.send({ type: 'socket.opened', jid: '1@s.whatsapp.net', lid: null })
  expect(moves.at(-1)).toBe('connecting → open () of 1')
})

test('what an account has on offer to link with is told when it comes, and when it is gone', () => {
  const { account, offers } = watch()
  account.send({ type: 'socket.closed', verdict: 'loggedOut', disconnect: { ...DISCONNECT, code: 401 } })
  account.send({ type: 'command.pair', pairing: { method: 'qr' } })
  account.send({ type: 'socket.qrOffered', qr: 'one', expiresAt: 1 })
  account.send({ type: 'socket.qrOffered', qr: 'two', expiresAt: 2 })
  account.send({ type: 'command.disconnect' })
  expect(offers).toEqual(['offer there', 'offer there', 'offer gone'])
})
