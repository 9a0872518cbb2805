// A simulated WhatsApp with one phone, as a process of its own: a hostile contact floods it, while an honest one writes.
import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises'
import { simulatorSettings } from '../harness/simulated.ts'
import { Simulator } from '../simulator/simulator.ts'
import { HOSTILE_ACTS, hostileContact, type HostileKind } from '../test/attack/hostile-traffic.ts'
import { answer } from './child.ts'

const simulator = await Simulator.make({ seed: 1 })
const phone = simulator.createPhone({ name: 'Bench', history: { chats: 2, messages: 4, groupsShare: 0 } })
const hostility = hostileContact(simulator, phone)
const [honest] = phone.contacts
if (honest === undefined) throw new Error('The simulated phone has no contacts')

/** When each message of the honest contact was written to the connection, by its id. */
const written = new Map<string, number>()
simulator.events.on(({ detail, name }) => {
  const { id } = detail
  if (name === 'delivered' && typeof id === 'string' && written.get(id) === 0) written.set(id, Date.now())
})

export interface WrittenMessage {
  readonly id: string
  readonly writtenAt: number
}

const EVERY_MS = 100
/** Sockets get their turn after so many acts. */
const TURN = 32
const LONGEST_MS = 5 * 60_000

const write = async (): Promise<string> => {
  const id = `3EB0F100D5${String(written.size).padStart(10, '0')}`
  written.set(id, 0)
  await phone.receive({ from: honest, id, text: 'hello' })
  return id
}

const listed = async (ids: ReadonlyArray<string>): Promise<ReadonlyArray<WrittenMessage>> => {
  await simulator.until(() => ids.every(id => written.get(id) !== 0), { timeoutMs: LONGEST_MS })
  return ids.map(id => ({ id, writtenAt: written.get(id) ?? 0 }))
}

const settled = (): Promise<unknown> =>
  simulator.until(() => phone.offlineQueue().length === 0, {
    timeoutMs: LONGEST_MS,
    what: 'everything to be acknowledged'
  })

const answers = {
  settings: async (_: null) => simulatorSettings(simulator),
  scan: async (qr: string): Promise<null> => {
    await phone.scanQr(qr)
    return null
  },
  /** Nothing but the honest contact's messages. */
  undisturbed: async (count: number): Promise<ReadonlyArray<WrittenMessage>> => {
    const ids: Array<string> = []
    for (let n = 0; n < count; n += 1) {
      ids.push(await write())
      await pause(EVERY_MS)
    }
    await settled()
    return listed(ids)
  },
  /** As many of one kind as fast as can be; the last of the honest messages is the one right behind. */
  flood: async ({ count, kind }: { readonly count: number; readonly kind: HostileKind }) => {
    const meanwhile: Array<string> = []
    let isFlooding = true
    const writing = (async () => {
      while (isFlooding) {
        meanwhile.push(await write())
        await pause(EVERY_MS)
      }
    })()
    const began = Date.now()
    for (let n = 0; n < count; n += 1) {
      await HOSTILE_ACTS[kind](hostility, n)
      if (n % TURN === TURN - 1) await turn()
    }
    const behind = await write()
    await settled()
    const milliseconds = Date.now() - began
    isFlooding = false
    await writing
    await settled()
    const [last] = await listed([behind])
    return { meanwhile: await listed(meanwhile), behind: last, milliseconds }
  }
}
export type FloodsQuestions = typeof answers
answer(answers)
