// The life of an account against the running system: a small model of it, whose every edge is walked with real Baileys on
// the simulator, the state read over HTTP after each; and held against the account machine itself, whose changes of state the
// server counts in its metrics.
import { createMachine, type SnapshotFrom } from 'xstate'
import { getAdjacencyMap } from 'xstate/graph'
import { expect, test } from 'vitest'
import type { ActiveFault } from '../../simulator/state/faults.ts'
import type { Phone } from '../../simulator/phone.ts'
import { stateNameOf } from '../../src/actors/watch/observed-account.ts'
import { accountMachine } from '../../src/machines/account.ts'
import { INPUTS, sample, told } from '../machines/account-model.ts'
import { pathsOf } from '../machines/model.ts'
import { thorough } from '../thorough.ts'
import { type AnyStage, Stage } from './stage.ts'

/** `stopped` and `pairing` twice: an account that had no phone yet can only be linked, and stays without when that fails. */
const model = createMachine({
  id: 'life',
  initial: 'unlinked',
  states: {
    unlinked: { on: { pair: 'pairing', kill: 'unlinked' } },
    pairing: {
      on: { scan: 'open', scanAsked: 'asked', disconnect: 'unlinked', outdated: 'unlinked', kill: 'unlinked' }
    },
    /** WhatsApp asks for the owner's passkey. */
    asked: { on: { assert: 'open', disconnect: 'unlinked' } },
    pairingAnew: { on: { scan: 'open', disconnect: 'loggedOut', outdated: 'loggedOut', kill: 'loggedOut' } },
    open: {
      on: {
        disconnect: 'stopped',
        logout: 'loggedOut',
        unlink: 'loggedOut',
        replace: 'replaced',
        ban: 'banned',
        lock: 'locked',
        suspend: 'suspended',
        tooOld: 'failed',
        unknownClient: 'failed',
        serverFault: 'open',
        unknownEnd: 'open',
        timeOut: 'open',
        unavailable: 'open',
        outdated: 'failed',
        lose: 'open',
        lookElsewhere: 'open',
        refuse: 'reconnecting',
        refuseAsBanned: 'banned',
        refuseAsLocked: 'locked',
        refuseAsSuspended: 'suspended',
        refuseAsOutdated: 'failed',
        refuseAsUnlinked: 'loggedOut',
        restart: 'open',
        kill: 'open'
      }
    },
    reconnecting: { on: { relent: 'open', disconnect: 'stopped', kill: 'reconnecting' } },
    stopped: { on: { connect: 'open', kill: 'stopped', connectInVain: 'reconnecting' } },
    loggedOut: { on: { pair: 'pairingAnew', kill: 'loggedOut' } },
    replaced: { on: { connect: 'open', kill: 'replaced' } },
    suspended: { on: { connect: 'open', kill: 'suspended', disconnect: 'stopped' } },
    banned: { on: { connect: 'open', kill: 'banned' } },
    locked: { on: { connect: 'open', kill: 'locked' } },
    failed: { on: { connect: 'open', restart: 'open', kill: 'failed' } }
  }
})

interface Edge {
  readonly from: string
  readonly event: string
  readonly to: string
}

type Snapshot = SnapshotFrom<typeof model>
interface Node {
  readonly state: Snapshot
  readonly transitions: Readonly<
    Record<string, { readonly event: { type: string }; readonly state: Snapshot }>
  >
}

/**
 * A start of the server costs as much as ten other edges. The ends that a person has to undo are all stored in one way, and what was
 * not linked yet is as it was before, whether it was being linked or not.
 */
const KILLED_SELDOM = thorough(
  ['unlinked', 'pairing', 'pairingAnew', 'loggedOut', 'banned', 'locked', 'failed', 'replaced', 'stopped'],
  []
)

const edges: ReadonlyArray<Edge> = Object.values(
  getAdjacencyMap(model, {}) as Readonly<Record<string, Node>>
).flatMap(({ state, transitions }) =>
  Object.values(transitions)
    .filter(step => state.can(step.event))
    .map(step => ({
      from: stateNameOf(state.value),
      event: step.event.type,
      to: stateNameOf(step.state.value)
    }))
    .filter(({ event, from }) => event !== 'kill' || !KILLED_SELDOM.includes(from))
)

/** The shortest way from a state that ends with an edge nobody has taken. */
const wayToNew = (from: string, taken: ReadonlySet<Edge>): ReadonlyArray<Edge> => {
  const ways: Array<ReadonlyArray<Edge>> = [[]]
  const seen = new Set([from])
  for (const way of ways) {
    const at = way.at(-1)?.to ?? from
    const here = edges.filter(edge => edge.from === at)
    const fresh = here.find(edge => !taken.has(edge))
    if (fresh !== undefined) return [...way, fresh]
    for (const edge of here) {
      if (seen.has(edge.to)) continue
      seen.add(edge.to)
      ways.push([...way, edge])
    }
  }
  return []
}

const SHOWN_AS: Readonly<Record<string, string>> = {
  unlinked: 'stopped',
  pairingAnew: 'pairing',
  asked: 'pairing.passkey.requested'
}

/** `backfilling` comes and goes by itself while an account is online. */
const shownAs = (state: string): string => (state === 'backfilling' ? 'open' : state)
const pair = (from: string, to: string): string => `${shownAs(from)} → ${shownAs(to)}`

/** Changes of state by anything but a deadline that passes. */
const pairsOfMachine = (): ReadonlySet<string> => {
  const pairs = pathsOf(accountMachine, INPUTS, sample, told).flatMap(({ steps }) =>
    steps.flatMap(({ event, state }, place) => {
      const before = steps[place - 1]?.state
      const isDeadline = /^xstate\.after\.(?!backoff)/.test(event.type)
      return before === undefined || isDeadline
        ? []
        : [pair(stateNameOf(before.value), stateNameOf(state.value))]
    })
  )
  return new Set(pairs.filter(one => one.split(' → ')[0] !== one.split(' → ')[1]))
}

/**
 * What this walk does not wait for: that a suspension is over, and that WhatsApp does not know a device at its first login
 * (`disconnects.test.ts` does); that the connection ends, or somebody calls, in the moment in which it is opened or logged
 * out; that a linking fails for want of a network, which takes its attempts one after another; and an account that crashed
 * before anybody linked it. What becomes of a passkey that is refused or not given is in `passkey.test.ts`; the connection may end meanwhile, too.
 */
const ELSEWHERE = [
  /^connecting → (stopped|replaced|reconnecting|pairing)$/,
  /^loggingOut → (?!loggedOut)/,
  /^pairing → reconnecting$/,
  /^reconnecting → (pairing|stopped|loggedOut|failed)$/,
  /^pairing → (banned|locked|suspended|replaced|failed)$/,
  /^failed → pairing$/,
  /^pairing\.passkey\.\w+ → (?!pairing\.passkey\.(submitted|confirming)$|stopped$|connecting$)/,
  /^pairing\.passkey\.(submitted|confirming) → stopped$/,
  /^pairing\.passkey\.(requested|submitted) → connecting$/
]

class Life {
  readonly stage: AnyStage
  readonly phone: Phone
  readonly accountId: string
  private refusing: ActiveFault | undefined
  /** Changes of state that the server has counted, over all its starts. */
  private readonly seen: Set<string>

  private constructor(stage: AnyStage, phone: Phone, accountId: string, seen: Set<string>) {
    this.stage = stage
    this.phone = phone
    this.accountId = accountId
    this.seen = seen
  }

  static async begin(stage: AnyStage, seen: Set<string>): Promise<Life> {
    const phone = stage.simulator.createPhone({ history: { chats: 1, messages: 5, groupsShare: 0 } })
    const { accountId } = await stage.api.createAccount('Shop')
    return new Life(stage, phone, accountId, seen)
  }

  private refuse(reason: number): void {
    this.refusing = this.stage.simulator.fault({ kind: 'refuseLogins', reason })
  }

  private relent(): void {
    this.refusing?.clear()
    this.refusing = undefined
  }

  private command(name: 'connect' | 'disconnect' | 'logout' | 'restart') {
    return this.stage.api.command(this.accountId, name)
  }

  private async refusedWith(reason: number, state: string): Promise<void> {
    this.refuse(reason)
    this.phone.disconnect()
    await this.is(state)
    this.relent()
  }

  private async lost(code: number): Promise<void> {
    this.phone.disconnect({ code })
    await this.stage.api.untilAccount(
      this.accountId,
      `the end by ${code}`,
      ({ lastDisconnect }) => lastDisconnect?.code === code
    )
  }

  readonly does: Readonly<Record<string, () => Promise<unknown>>> = {
    pair: () => this.stage.api.pair(this.accountId),
    scan: async () => {
      const { qr } = await this.stage.api.offer(this.accountId)
      await this.phone.scanQr(qr!)
    },
    scanAsked: async () => {
      this.phone.demandPasskey(true)
      const { qr } = await this.stage.api.offer(this.accountId)
      // Settled when the account is linked, or given up.
      void this.phone.scanQr(qr!).catch(() => undefined)
    },
    assert: async () => {
      const { options } = await this.stage.api.untilPasskey(this.accountId, 'requested')
      await this.stage.api.assertPasskey(this.accountId, this.phone.assertPasskey(options.challenge))
      this.phone.demandPasskey(false)
    },
    disconnect: async () => {
      this.phone.demandPasskey(false)
      await this.command('disconnect')
      this.relent()
    },
    connect: () => this.command('connect'),
    connectInVain: async () => {
      this.refuse(503)
      await this.command('connect')
    },
    logout: () => this.command('logout'),
    unlink: async () => this.phone.unlinkDevice(this.phone.devices.at(-1)!.number),
    replace: () => this.lost(440),
    ban: () => this.lost(406),
    lock: () => this.lost(403),
    suspend: () => this.lost(402),
    tooOld: () => this.lost(405),
    unknownClient: () => this.lost(409),
    serverFault: () => this.lost(500),
    unknownEnd: () => this.lost(499),
    timeOut: () => this.lost(408),
    unavailable: () => this.lost(503),
    outdated: async () => {
      if ((await this.stage.api.account(this.accountId)).state !== 'pairing') return this.lost(411)
      await this.stage.api.offer(this.accountId)
      // While it is linked there is no device yet that could be told: everybody's connection is ended.
      this.stage.simulator.fault({ kind: 'disconnect', code: 411 })
    },
    lose: () => this.lost(428),
    lookElsewhere: () => this.lost(515),
    refuse: async () => {
      this.refuse(503)
      this.phone.disconnect()
    },
    relent: async () => this.relent(),
    refuseAsBanned: () => this.refusedWith(406, 'banned'),
    refuseAsLocked: () => this.refusedWith(403, 'locked'),
    refuseAsSuspended: () => this.refusedWith(402, 'suspended'),
    refuseAsOutdated: () => this.refusedWith(405, 'failed'),
    refuseAsUnlinked: () => this.refusedWith(401, 'loggedOut'),
    restart: () => this.command('restart'),
    kill: async () => {
      await this.count()
      await this.stage.kill()
      await this.stage.restart()
    }
  }

  /** Until the account shows the state that the model is in. */
  async is(state: string): Promise<void> {
    const shown = SHOWN_AS[state] ?? state
    // Between two attempts it is being tried.
    const asWell = state === 'reconnecting' ? 'connecting' : shown
    await this.stage.api.untilAccount(this.accountId, `${state} of the model`, account =>
      [shown, asWell].includes(shownAs(account.state))
    )
  }

  async count(): Promise<void> {
    const { key, url } = this.stage.server
    const answer = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${key}` } })
    for (const [, from, to] of (await answer.text()).matchAll(
      /_transitions_total\{from="([\w.]+)",to="([\w.]+)"\}/g
    ))
      if (shownAs(from!) !== shownAs(to!)) this.seen.add(pair(from!, to!))
  }
}

test('every edge of the model is walked, and no other change of state than the machine’s own is seen', async () => {
  await using stage = await Stage.setToKill({
    RECONNECT_MIN: '50ms',
    RECONNECT_MAX: '300ms',
    START_PACE: '0ms'
  })
  const taken = new Set<Edge>()
  const seen = new Set<string>()
  // Some edges are left for good: each walk begins with another account.
  while (taken.size < edges.length) {
    const life = await Life.begin(stage, seen)
    const before = taken.size
    let at = 'unlinked'
    for (let way = wayToNew(at, taken); way.length > 0; way = wayToNew(at, taken)) {
      for (const edge of way) {
        await life.does[edge.event]!()
        await life.is(edge.to)
        taken.add(edge)
        at = edge.to
      }
    }
    await life.count()
    // What refuses logins would refuse those of the next life too.
    await life.does['relent']!()
    expect(taken.size).toBeGreaterThan(before)
  }

  const machine = pairsOfMachine()
  expect([...seen].filter(one => !machine.has(one))).toEqual([])
  const unseen = [...machine].filter(one => !seen.has(one))
  expect(unseen.filter(one => !ELSEWHERE.some(pattern => pattern.test(one)))).toEqual([])
}, 240_000)
