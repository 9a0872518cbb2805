// What holds for an account whatever happens to it: random sequences of events, commands and waits.
import fc from 'fast-check'
import { createActor, fromPromise, type SnapshotFrom } from 'xstate'
import { expect, test } from 'vitest'
import { type AccountFacts, ENDED_STATES, isLinked } from '../../src/domain/account.ts'
import { type AccountEvent, type AccountInput, accountMachine } from '../../src/machines/account.ts'
import { stateNameOf } from '../../src/actors/watch/observed-account.ts'
import { ASSERTION, DISCONNECT, FRESH, PASSKEY_OPTIONS, verdicts } from './account-model.ts'
import { thorough } from '../thorough.ts'
import { makeTestClock } from './clock.ts'

const STEPS = thorough(250, 1000)

type Account = ReturnType<typeof start>

const start = (input: AccountInput) => {
  const clock = makeTestClock()
  const sockets = new Set<AbortSignal>()
  let most = 0
  const stored = {
    jid: input.linked ? '1@s.whatsapp.net' : null,
    wanted: input.wanted,
    ended: input.ended,
    lastDisconnect: input.lastDisconnect,
    suspension: input.suspension
  }
  const store = (facts: AccountFacts): void => void Object.assign(stored, facts)
  const machine = accountMachine.provide({
    actors: {
      socket: fromPromise(({ signal }) => {
        sockets.add(signal)
        most = Math.max(most, sockets.size)
        signal.addEventListener('abort', () => sockets.delete(signal))
        return new Promise(() => undefined)
      })
    },
    actions: {
      remember: (_, facts) => store(facts),
      rememberEnd: ({ context: { lastDisconnect } }, { ended }) => store({ ended, lastDisconnect })
    }
  })
  const actor = createActor(machine, { input, clock }).start()
  const trail: Array<readonly [Step, unknown]> = []
  return { actor, clock, machine, stored, trail, openSockets: () => sockets.size, mostSockets: () => most }
}

const closed = (verdict: (typeof verdicts)[number]): AccountEvent => ({
  type: 'socket.closed',
  verdict,
  disconnect: DISCONNECT
})

const COMMANDS: ReadonlyArray<AccountEvent> = [
  { type: 'command.pair', pairing: { method: 'qr' } },
  { type: 'command.connect' },
  { type: 'command.disconnect' },
  { type: 'command.logout' }
]
/** Together, the passkey that WhatsApp asks for. */
const PASSKEY: ReadonlyArray<AccountEvent> = [
  { type: 'socket.passkeyRequested', options: PASSKEY_OPTIONS, expiresAt: 1, refusal: null },
  { type: 'command.assertPasskey', assertion: ASSERTION },
  { type: 'socket.passkeyAccepted', code: 'ABCD-1234', expiresAt: 1 },
  { type: 'command.confirmPasskey' }
]
const LINKED: AccountEvent = { type: 'socket.linked', jid: '1@s.whatsapp.net', lid: '1@lid', at: 1 }
const OPENED: AccountEvent = { type: 'socket.opened', jid: '1@s.whatsapp.net', lid: '1@lid' }
const FROM_SOCKET: ReadonlyArray<AccountEvent> = [
  { type: 'socket.qrOffered', qr: 'QR', expiresAt: 1 },
  { type: 'socket.codeOffered', code: 'CODE', expiresAt: 1 },
  { type: 'socket.restrictionChanged', restriction: null },
  { type: 'socket.pairingRefused', kind: 'passkeyRefused', reason: '' },
  ...verdicts.map(closed)
]

type Step = AccountEvent | { readonly wait: number }
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom(...COMMANDS) },
  { weight: 4, arbitrary: fc.constantFrom(...FROM_SOCKET) },
  // Connecting succeeds more often than not.
  { weight: 4, arbitrary: fc.constantFrom(LINKED, OPENED) },
  { weight: 6, arbitrary: fc.constantFrom(...PASSKEY) },
  { weight: 2, arbitrary: fc.nat(400_000).map(wait => ({ wait })) }
)
const life = fc.array(step, { minLength: STEPS, maxLength: STEPS, size: 'max' })

const take = ({ actor, clock, trail }: Account, next: Step): void => {
  if ('wait' in next) clock.advance(next.wait)
  else actor.send(next)
  trail.push([next, actor.getSnapshot().value])
}

const toldStep = ([step, state]: readonly [Step, unknown]): string => {
  const what = 'wait' in step ? `${step.wait} ms` : 'verdict' in step ? step.verdict : step.type
  return `${what} → ${JSON.stringify(state)}`
}

/** Lives accounts of a thousand steps each; a failure tells the last steps before it. */
const always = (
  runs: number,
  check: (account: Account, steps: ReadonlyArray<Step>) => void,
  seed?: number
): void => {
  const told = fc.check(
    fc.property(life, steps => {
      const account = start(FRESH)
      try {
        check(account, steps)
      } catch (cause) {
        throw new Error(`${String(cause)}\nafter ${account.trail.slice(-12).map(toldStep).join('\n  ')}`, {
          cause
        })
      }
    }),
    { numRuns: runs, endOnFailure: true, ...(seed === undefined ? {} : { seed }) }
  )
  if (told.failed) throw new Error(`seed ${told.seed}: ${String(told.errorInstance)}`)
}

const now = ({ actor }: Account): SnapshotFrom<typeof accountMachine> => actor.getSnapshot()
const isEnded = (account: Account): boolean => now(account).hasTag('ended')

/** How many timers the states that the account is in can have set. */
const timersOf = (account: Account): number =>
  now(account)._nodes.reduce((sum, node) => sum + node.after.length, 0)

test('there is one socket at most, and none outside of a session; every timer belongs to the present state', () => {
  always(thorough(8, 25), (account, steps) => {
    for (const next of steps) {
      take(account, next)
      expect(account.openSockets()).toBe(now(account).matches('session') ? 1 : 0)
      // One that has gone off without leading anywhere is not there any more.
      expect(account.clock.pending()).toBeLessThanOrEqual(timersOf(account))
    }
    expect(account.mostSockets()).toBeLessThanOrEqual(1)
    account.actor.stop()
    expect(account.openSockets()).toBe(0)
    expect(account.clock.pending()).toBe(0)
  })
})

test('an end, and being stopped, is left by a command only', () => {
  always(thorough(8, 25), (account, steps) => {
    for (const next of steps) {
      const before = now(account).value
      const isOver = isEnded(account) || before === 'stopped'
      take(account, next)
      const isCommand = 'type' in next && next.type.startsWith('command.')
      if (isOver && !isCommand) expect(now(account).value).toEqual(before)
    }
  })
})

test('without a connection it is what a restart of the server would make of it', () => {
  always(thorough(8, 25), (account, steps) => {
    const { stored } = account
    for (const next of steps) {
      take(account, next)
      // A connection, and an attempt to make one, does not outlive the server.
      const { value } = now(account)
      if (typeof value !== 'string' || value === 'reconnecting') continue
      const restarted = start({ accountId: 'acc-1', ...stored, linked: isLinked(stored) })
      expect(now(restarted).value).toBe(value)
      restarted.actor.stop()
    }
  })
})

/** What a person and a reachable WhatsApp do for an account, whatever state it is in. */
const help = (account: Account): void => {
  const snapshot = now(account)
  const command = COMMANDS.slice(0, 2).find(one => snapshot.can(one))
  if (snapshot.matches({ session: 'pairing' })) {
    account.actor.send(LINKED)
    account.actor.send(closed('restart'))
  } else if (snapshot.matches({ session: 'connecting' })) {
    account.actor.send(OPENED)
  } else if (command !== undefined) account.actor.send(command)
  else account.clock.advance(200_000)
}

test('it is never stuck: from wherever it got, a person and a reachable WhatsApp bring it online', () => {
  always(thorough(15, 50), (account, steps) => {
    for (const next of steps) take(account, next)
    for (let turn = 0; turn < 5 && !now(account).hasTag('online'); turn += 1) help(account)
    expect(now(account).hasTag('online')).toBe(true)
  })
})

test('by itself it comes back whenever it is linked, wanted and not at an end', () => {
  always(thorough(5, 10), (account, steps) => {
    for (const next of steps) {
      take(account, next)
      if (!now(account).matches('reconnecting')) continue
      account.clock.advance(1000)
      expect(now(account).matches('session')).toBe(true)
    }
  })
})

test('failures in a row are counted until it was online for a minute', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 60 }), stays => {
      const account = start({ ...FRESH, linked: true, wanted: true })
      let expected = 0
      for (const isStable of stays) {
        account.actor.send(OPENED)
        account.clock.advance(isStable ? 60_000 : 59_000)
        account.actor.send(closed('retry'))
        expected = (isStable ? 0 : expected) + 1
        expect(now(account).context.attempts).toBe(expected)
        account.clock.advance(1000)
      }
    })
  )
})

const WAITING: Readonly<Record<string, number>> = {
  pairing: 180_000,
  'pairing.passkey.requested': 600_000,
  'pairing.passkey.submitted': 180_000,
  'pairing.passkey.confirming': 300_000,
  connecting: 30_000,
  loggingOut: 30_000,
  reconnecting: 1000
}

test('every state that waits for somebody else is left at its deadline, whatever came before', () => {
  always(thorough(8, 20), (account, steps) => {
    for (const [place, next] of steps.entries()) {
      take(account, next)
      const state = stateNameOf(now(account).value)
      const deadline = WAITING[state]
      // Now and then nobody answers; oftener where few sequences get to.
      const turn = state.startsWith('pairing.passkey') ? 3 : 10
      if (deadline === undefined || place % turn !== 0) continue
      account.clock.fire(deadline)
      expect(stateNameOf(now(account).value)).not.toBe(state)
    }
  })
})

const LINKED_ONCE = { ...FRESH, linked: true, wanted: true }
const [REQUESTED, ASSERTED, ACCEPTED] = PASSKEY

test.each([
  { state: 'pairing', from: FRESH, steps: [COMMANDS[0]] },
  { state: 'pairing.passkey.requested', from: FRESH, steps: [COMMANDS[0], REQUESTED] },
  { state: 'pairing.passkey.submitted', from: FRESH, steps: [COMMANDS[0], REQUESTED, ASSERTED] },
  { state: 'pairing.passkey.confirming', from: FRESH, steps: [COMMANDS[0], REQUESTED, ASSERTED, ACCEPTED] },
  { state: 'connecting', from: LINKED_ONCE, steps: [] },
  { state: 'loggingOut', from: LINKED_ONCE, steps: [OPENED, { type: 'command.logout' } as const] },
  { state: 'reconnecting', from: LINKED_ONCE, steps: [OPENED, closed('retry')] }
])('$state is left at its deadline', ({ from, state, steps }) => {
  const account = start(from)
  for (const next of steps) take(account, next!)
  expect(stateNameOf(now(account).value)).toBe(state)
  account.clock.fire(WAITING[state]!)
  expect(stateNameOf(now(account).value)).not.toBe(state)
})

test('every end has been reached in these sequences', () => {
  const seen = new Set<string>()
  always(
    20,
    (account, steps) => {
      for (const next of steps) {
        take(account, next)
        const { value } = now(account)
        if (typeof value === 'string') seen.add(value)
      }
    },
    1
  )
  expect([...seen]).toEqual(expect.arrayContaining([...ENDED_STATES, 'stopped', 'reconnecting']))
})
