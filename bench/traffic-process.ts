// A simulated WhatsApp with two phones of the same kind, as a process of its own: one for the server, one for a bare socket.
import { simulatorSettings } from '../harness/simulated.ts'
import type { Phone } from '../simulator/phone.ts'
import { Simulator } from '../simulator/simulator.ts'
import { answer } from './child.ts'

/** `direct`: texts of contacts. `mixed`: in ten, six of them, two in groups, a reaction and an edit. */
export type Mix = 'direct' | 'mixed'

export type Side = 'server' | 'bare'

const DEADLINE = { timeoutMs: 10 * 60_000, what: 'everything to be acknowledged' }

const simulator = await Simulator.make({ seed: 1 })
const makePhone = (): Phone =>
  simulator.createPhone({ history: { chats: 25, messages: 100, groupsShare: 0.2 } })
const phones: Readonly<Record<Side, Phone>> = { server: makePhone(), bare: makePhone() }

const turn = <A>(all: ReadonlyArray<A>, place: number): A => {
  const one = all[place % all.length]
  if (one === undefined) throw new Error('The simulated phone has nobody who could write')
  return one
}

/** One of ten in a mix: what it is goes by its place. */
const writeMixed = async (phone: Phone, place: number, ids: Array<string>): Promise<void> => {
  const from = turn(phone.contacts, place)
  const text = `mixed ${place}`
  const last = ids.at(-1)
  const kind = place % 10
  if (kind === 3 || kind === 7) {
    const group = turn(phone.groups, place)
    const member = phone.contacts.find(contact => group.members.has(contact)) ?? from
    await phone.receive({ from: member, group, text })
  } else if (kind === 8 && last !== undefined) {
    await phone.receive({ from: turn(phone.contacts, ids.length - 1), react: last, text: '👍' })
  } else if (kind === 9 && last !== undefined) {
    await phone.receive({ from: turn(phone.contacts, ids.length - 1), edit: last, text: `${text} again` })
  } else {
    const { id } = await phone.receive({ from: turn(phone.contacts, ids.length), text })
    ids.push(id)
  }
}

const WRITERS: Readonly<Record<Mix, (phone: Phone, count: number) => Promise<void>>> = {
  direct: async (phone, count) => {
    await phone.flood({ count })
  },
  mixed: async (phone, count) => {
    const ids: Array<string> = []
    for (let place = 0; place < count; place += 1) await writeMixed(phone, place, ids)
  }
}

const settled = (phone: Phone): Promise<boolean> =>
  simulator.until(() => phone.offlineQueue().length === 0, DEADLINE)

/** What WhatsApp has taken of what devices sent. */
const taken = new Set<string>()
const awaited = new Map<string, () => void>()
simulator.events.on(({ detail: { id }, name }) => {
  if (name !== 'sent' || typeof id !== 'string') return
  taken.add(id)
  awaited.get(id)?.()
})

const traffic = {
  settings: async (_: null) => simulatorSettings(simulator),
  scan: async ({ qr, side }: { readonly qr: string; readonly side: Side }): Promise<null> => {
    await phones[side].scanQr(qr)
    return null
  },
  /** Everything so far is acknowledged. */
  settled: async (side: Side): Promise<null> => {
    await settled(phones[side])
    return null
  },
  /** Encrypts messages, then delivers them; answers the milliseconds until all were acknowledged. */
  receive: async ({
    count,
    mix,
    side
  }: {
    readonly count: number
    readonly mix: Mix
    readonly side: Side
  }) => {
    const phone = phones[side]
    const deliver = phone.pauseDelivery()
    await WRITERS[mix](phone, count)
    const began = performance.now()
    deliver()
    await settled(phone)
    return performance.now() - began
  },
  /** Whom the phone's devices can write to. */
  recipients: async (side: Side): Promise<ReadonlyArray<{ number: string; jid: string }>> =>
    phones[side].contacts.map(({ jid, phoneNumber }) => ({ jid, number: phoneNumber })),
  /** WhatsApp has taken a message of a device. */
  taken: async (id: string): Promise<null> => {
    if (!taken.has(id)) await new Promise<void>(resolve => awaited.set(id, resolve))
    return null
  }
}
export type TrafficQuestions = typeof traffic
answer(traffic)
