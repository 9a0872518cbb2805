// The account machine alone: no sockets, a clock of its own.
import { createActor, fromPromise, SimulatedClock, type SnapshotFrom, waitFor } from 'xstate'
import { describe, expect, test } from 'vitest'
import type { ConnectionEvent } from '../../src/domain/connection.ts'
import { disconnectRow, disconnectTable } from '../../src/domain/disconnect.ts'
import {
  type AccountInput,
  accountMachine,
  type SocketInput,
  type SuspensionWork
} from '../../src/machines/account.ts'
import { DISCONNECT, FRESH, LINKED, SUSPENSION } from './account-model.ts'

type StateValueOf = Parameters<SnapshotFrom<typeof accountMachine>['matches']>[0]

/** The machine running, with the sockets it opened and closed. */
const start = (input: AccountInput) => {
  const clock = new SimulatedClock()
  const sockets: Array<{ input: SocketInput; open: boolean }> = []
  const remembered: Array<object> = []
  const reported: Array<string> = []
  const suspensions: Array<SuspensionWork['suspension']> = []
  const suspensionEnds = Promise.withResolvers<void>()
  const machine = accountMachine.provide({
    actors: {
      socket: fromPromise<void, SocketInput>(({ input: socketInput, signal }) => {
        const socket = { input: socketInput, open: true }
        sockets.push(socket)
        signal.addEventListener('abort', () => (socket.open = false))
        return new Promise(() => undefined)
      }),
      suspensionEnd: fromPromise<void, SuspensionWork>(({ input: { suspension } }) => {
        suspensions.push(suspension)
        return suspensionEnds.promise
      })
    },
    actions: {
      remember: (_, facts) => void remembered.push(facts),
      reportEnd: (_, { kind }) => void reported.push(kind),
      reportUnknownEnd: () => void reported.push('unknown')
    }
  })
  const actor = createActor(machine, { input, clock }).start()
  const send = (event: ConnectionEvent) => actor.send(event)
  const closed = (code: number) =>
    send({
      type: 'socket.closed',
      verdict: disconnectRow({ source: 'streamError', code }).verdict,
      disconnect: { ...DISCONNECT, code }
    })
  return {
    actor,
    clock,
    remembered,
    reported,
    sockets,
    suspensions,
    suspensionEnds,
    closed,
    send,
    open: () => sockets.filter(socket => socket.open).length,
    opened: () => send({ type: 'socket.opened', jid: '1@s.whatsapp.net', lid: '1@lid' }),
    is: (state: StateValueOf) => actor.getSnapshot().matches(state)
  }
}

const ONLINE = { session: { online: 'open' } } as const
const CONNECTING = { session: 'connecting' } as const
const PAIRING = { session: 'pairing' } as const

describe('the first state follows from the facts', () => {
  test.each([
    ['a fresh account is stopped', FRESH, 'stopped'],
    ['a linked and wanted one connects', LINKED, CONNECTING],
    ['one that was disconnected by its owner stays stopped', { ...LINKED, wanted: false }, 'stopped'],
    ['loggedOut stays', { ...LINKED, linked: false, ended: 'loggedOut' as const }, 'loggedOut'],
    ['replaced stays', { ...LINKED, ended: 'replaced' as const }, 'replaced'],
    ['banned stays', { ...LINKED, ended: 'banned' as const }, 'banned'],
    ['locked stays', { ...LINKED, ended: 'locked' as const }, 'locked'],
    ['suspended stays', { ...LINKED, suspension: SUSPENSION }, 'suspended'],
    [
      'a suspended one that nobody wants online is stopped',
      { ...LINKED, suspension: SUSPENSION, wanted: false },
      'stopped'
    ],
    ['failed stays', { ...LINKED, ended: 'failed' as const }, 'failed']
  ] as const)('%s', (_, input, state) => {
    expect(start(input).is(state)).toBe(true)
  })
})

test('linking: pairing, offered code, linked, restart, connecting, open', () => {
  const account = start(FRESH)
  account.actor.send({ type: 'command.pair', pairing: { method: 'qr' } })
  expect(account.is(PAIRING)).toBe(true)
  account.actor.send({ type: 'socket.qrOffered', qr: 'scan me', expiresAt: 5 })
  expect(account.actor.getSnapshot().context.offer).toEqual({ method: 'qr', text: 'scan me', expiresAt: 5 })
  account.actor.send({ type: 'socket.linked', jid: '1@s.whatsapp.net', lid: null, at: 1 })
  expect(account.actor.getSnapshot().context.offer).toBeNull()
  expect(account.is(CONNECTING)).toBe(true)
  account.closed(515)
  expect(account.is(CONNECTING)).toBe(true)
  // Part of every link: nothing was lost.
  expect(account.actor.getSnapshot().context.lastDisconnect).toBeNull()
  account.opened()
  expect(account.is(ONLINE)).toBe(true)
  expect(account.sockets.map(socket => [socket.input.pairing?.method, socket.open])).toEqual([
    ['qr', false],
    [undefined, true]
  ])
  expect(account.remembered).toContainEqual({
    jid: '1@s.whatsapp.net',
    lid: null,
    wanted: true,
    ended: null,
    linkedAt: 1
  })
})

test('a linked device that is not told to log in does so itself, and nobody is told that no phone was linked', () => {
  const account = start(FRESH)
  account.actor.send({ type: 'command.pair', pairing: { method: 'qr' } })
  account.actor.send({ type: 'socket.linked', jid: '1@s.whatsapp.net', lid: null, at: 1 })
  account.clock.increment(30_000)
  expect(account.is('reconnecting')).toBe(true)
  account.clock.increment(1000)
  expect(account.is(CONNECTING)).toBe(true)
  expect(account.sockets.map(({ input, open }) => [input.pairing?.method, open])).toEqual([
    ['qr', false],
    [undefined, true]
  ])
  expect(account.reported).toEqual([])
})

test('a device that WhatsApp does not know at its first login is linked once more, in the same way', () => {
  const account = start(FRESH)
  account.actor.send({ type: 'command.pair', pairing: { method: 'qr' } })
  account.actor.send({ type: 'socket.linked', jid: '1@s.whatsapp.net', lid: null, at: 1 })
  account.closed(428)
  account.clock.increment(1000)
  expect(account.is(CONNECTING)).toBe(true)
  account.closed(401)
  expect(account.is(PAIRING)).toBe(true)
  expect(account.sockets.at(-1)?.input.pairing).toEqual({ method: 'qr' })
  expect(account.reported).toEqual([])
  // Without another link it stays what it is.
  account.actor.send({ type: 'command.disconnect' })
  expect(account.is('loggedOut')).toBe(true)
  account.actor.send({ type: 'command.pair', pairing: { method: 'qr' } })
  account.actor.send({ type: 'socket.linked', jid: '1@s.whatsapp.net', lid: null, at: 2 })
  account.opened()
  account.closed(401)
  expect(account.is('loggedOut')).toBe(true)
  expect(account.reported).toEqual(['loggedOut'])
})

test('every disconnect code leads to the state of its row', () => {
  const states = {
    restart: CONNECTING,
    retry: 'reconnecting',
    unknown: 'reconnecting',
    loggedOut: 'loggedOut',
    suspended: 'suspended',
    banned: 'banned',
    locked: 'locked',
    replaced: 'replaced',
    updateNeeded: 'failed'
  } as const
  for (const { code, condition, source, verdict } of disconnectTable()) {
    if (condition !== undefined || source !== 'streamError') continue
    const account = start(LINKED)
    account.opened()
    account.closed(code)
    expect([code, account.is(states[verdict])]).toEqual([code, true])
    expect(account.actor.getSnapshot().context.lastDisconnect).toMatchObject({ code })
    expect(account.open()).toBe(verdict === 'restart' ? 1 : 0)
  }
})

test('an outage never costs the link: however often WhatsApp fails, the account connects again', () => {
  const account = start(LINKED)
  for (const code of [500, 500, 501, 503, 500, 0, 599, 400, 500]) {
    account.closed(code)
    expect([code, account.is('reconnecting')]).toEqual([code, true])
    account.clock.increment(1000)
    expect(account.is(CONNECTING)).toBe(true)
  }
  account.opened()
  expect(account.is(ONLINE)).toBe(true)
})

test('an end that nobody knows is retried and reported; one that passes by itself is not reported', () => {
  const account = start(LINKED)
  account.closed(599)
  expect(account.is('reconnecting')).toBe(true)
  expect(account.reported).toEqual(['unknown'])
  account.clock.increment(1000)
  account.closed(500)
  expect(account.reported).toEqual(['unknown'])
})

test('a suspension is remembered and reported, and the account connects by itself when it is over', async () => {
  const account = start(LINKED)
  account.actor.send({
    type: 'socket.closed',
    verdict: 'suspended',
    disconnect: { ...DISCONNECT, code: 402 },
    suspension: SUSPENSION
  })
  expect(account.is('suspended')).toBe(true)
  expect(account.suspensions).toEqual([SUSPENSION])
  expect(account.open()).toBe(0)
  expect(account.remembered).toContainEqual({
    suspension: SUSPENSION,
    lastDisconnect: { ...DISCONNECT, code: 402 }
  })
  expect(account.reported).toEqual(['suspended'])
  account.suspensionEnds.resolve()
  await waitFor(account.actor, snapshot => snapshot.matches(CONNECTING))
  expect(account.actor.getSnapshot().context.suspension).toBeNull()
  expect(account.remembered).toContainEqual({ suspension: null })
})

test('a restart happens at once, and a second one only after a wait until a connection was stable', () => {
  const account = start(LINKED)
  account.opened()
  account.closed(515)
  expect(account.is(CONNECTING)).toBe(true)
  account.closed(515)
  expect(account.is('reconnecting')).toBe(true)
  account.clock.increment(1000)
  account.opened()
  account.clock.increment(60_000)
  account.closed(515)
  expect(account.is(CONNECTING)).toBe(true)
})

describe('every state that waits for someone else has a way out', () => {
  test('nobody scans', () => {
    const account = start(FRESH)
    account.actor.send({ type: 'command.pair', pairing: { method: 'qr' } })
    account.clock.increment(180_000)
    expect(account.is('stopped')).toBe(true)
    expect(account.open()).toBe(0)
  })
  test('WhatsApp does not answer', () => {
    const account = start(LINKED)
    account.clock.increment(30_000)
    expect(account.is('reconnecting')).toBe(true)
    account.clock.increment(1000)
    expect(account.is(CONNECTING)).toBe(true)
    expect(account.open()).toBe(1)
  })
  test('a pairing whose connection keeps failing ends', () => {
    const account = start(FRESH)
    account.actor.send({ type: 'command.pair', pairing: { method: 'qr' } })
    for (let n = 0; n < 6; n += 1) {
      account.closed(408)
      account.clock.increment(1000)
    }
    expect(account.is('stopped')).toBe(true)
    account.actor.send({ type: 'command.pair', pairing: { method: 'qr' } })
    account.closed(408)
    expect(account.is('reconnecting')).toBe(true)
  })
})

test('failed connections in a row are counted, and forgotten after a stable minute online', () => {
  const account = start(LINKED)
  for (let n = 1; n <= 3; n += 1) {
    account.closed(503)
    expect(account.actor.getSnapshot().context.attempts).toBe(n)
    account.clock.increment(1000)
  }
  account.opened()
  account.clock.increment(59_999)
  expect(account.actor.getSnapshot().context.attempts).toBe(3)
  account.clock.increment(1)
  expect(account.actor.getSnapshot().context.attempts).toBe(0)
})

describe('a linking that fails leaves an account that was logged out logged out', () => {
  const PAIR = { type: 'command.pair', pairing: { method: 'qr' } } as const
  test.each([
    ['it is disconnected', account => account.actor.send({ type: 'command.disconnect' })],
    ['nobody scans', account => account.clock.increment(180_000)],
    ['WhatsApp refuses the version', account => account.closed(405)],
    [
      'WhatsApp gives no code',
      account => account.send({ type: 'socket.pairingRefused', kind: 'codeRefused', reason: '' })
    ]
  ] as const satisfies ReadonlyArray<[string, (account: ReturnType<typeof start>) => void]>)(
    '%s',
    (_, fail) => {
      const account = start(LINKED)
      account.opened()
      account.closed(401)
      expect(account.is('loggedOut')).toBe(true)
      account.actor.send(PAIR)
      expect(account.is(PAIRING)).toBe(true)
      fail(account)
      expect(account.is('loggedOut')).toBe(true)
      expect(account.open()).toBe(0)
    }
  )
  test('so it is after a logout that a person asked for', () => {
    const account = start(LINKED)
    account.opened()
    account.actor.send({ type: 'command.logout' })
    account.closed(401)
    expect(account.actor.getSnapshot().context.lastDisconnect?.reason).toMatch(/^This server has logged/)
    account.actor.send(PAIR)
    account.actor.send({ type: 'command.disconnect' })
    expect(account.is('loggedOut')).toBe(true)
  })

  test('and who did it is told, when it was somebody else', () => {
    const account = start(LINKED)
    account.opened()
    account.closed(401)
    expect(account.actor.getSnapshot().context.lastDisconnect?.reason).not.toMatch(/This server/)
  })
})

test('whatever happens, an account never has two sockets', () => {
  const account = start(LINKED)
  for (const code of [515, 503, 515, 428, 500, 408, 440]) {
    account.opened()
    account.closed(code)
    account.clock.increment(1000)
    account.actor.send({ type: 'command.connect' })
    expect(account.open()).toBeLessThanOrEqual(1)
  }
})

describe('a command the state cannot serve is not accepted', () => {
  test.each([
    ['connect, when not linked', FRESH, { type: 'command.connect' }],
    ['disconnect, when stopped', FRESH, { type: 'command.disconnect' }],
    ['logout, when not online', LINKED, { type: 'command.logout' }],
    ['pair, when linked', LINKED, { type: 'command.pair', pairing: { method: 'qr' } }],
    ['connect, when logged out', { ...FRESH, ended: 'loggedOut' as const }, { type: 'command.connect' }]
  ] as const)('%s', (_, input, command) => {
    expect(start(input).actor.getSnapshot().can(command)).toBe(false)
  })
})
