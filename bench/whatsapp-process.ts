// A simulated WhatsApp with many phones, as a process of its own: links every client that shows a QR code, has outages on demand,
// and records when connections are opened.
import type { ActiveFault } from '../simulator/state/faults.ts'
import { simulatorSettings } from '../harness/simulated.ts'
import { Simulator } from '../simulator/simulator.ts'
import { answer } from './child.ts'

const simulator = await Simulator.make({ seed: 1 })

/** When each connection was opened, whether it was let in afterwards or not; milliseconds since 1970. */
let tries: Array<number> = []
simulator.events.on(({ name }) => {
  if (name === 'connection') tries.push(Date.now())
})

let outage: ActiveFault | undefined
const SERVICE_UNAVAILABLE = 503

const whatsapp = {
  settings: async (_: null) => simulatorSettings(simulator),
  scan: async (qr: string): Promise<null> => {
    // Hardly any history: what an idle account costs is asked, not what its messages do.
    const phone = simulator.createPhone({ history: { chats: 1, messages: 3, groupsShare: 0 } })
    await phone.scanQr(qr)
    return null
  },
  beginOutage: async (_: null): Promise<null> => {
    outage = simulator.fault({ kind: 'refuseLogins', reason: SERVICE_UNAVAILABLE })
    simulator.disconnectAll({ code: SERVICE_UNAVAILABLE })
    return null
  },
  disconnectAll: async (_: null): Promise<null> => {
    simulator.disconnectAll()
    return null
  },
  endOutage: async (_: null): Promise<null> => {
    outage?.clear()
    return null
  },
  /** When so many connections have been opened since they were asked for last. */
  untilTries: async (count: number): Promise<null> => {
    await simulator.until(() => tries.length >= count, {
      timeoutMs: 15 * 60_000,
      what: 'everybody to connect'
    })
    return null
  },
  /** The connections since this was asked last. */
  tries: async (_: null): Promise<ReadonlyArray<number>> => {
    const since = tries
    tries = []
    return since
  }
}
export type WhatsAppQuestions = typeof whatsapp
answer(whatsapp)
