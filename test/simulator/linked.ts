// What most of the simulator's tests start from: a simulator, a phone with a history, and a client that is linked and synced.
import type { HistoryOptions } from '../../simulator/phone-factory.ts'
import { type Account, type Phone, Simulator } from '../../simulator/simulator.ts'
import { Client } from './client.ts'

export interface Linked extends AsyncDisposable {
  readonly sim: Simulator
  readonly phone: Phone
  readonly client: Client
  /** The phone's first two contacts. */
  readonly ann: Account
  readonly ben: Account
}

export const linked = async (history: HistoryOptions): Promise<Linked> => {
  const sim = await Simulator.make()
  const phone = sim.createPhone({ history })
  const [ann, ben] = phone.contacts
  if (ann === undefined || ben === undefined) throw new Error('The phone needs two contacts')
  const client = await Client.linked(sim, phone)
  await client.firstSync()
  return {
    sim,
    phone,
    client,
    ann,
    ben,
    [Symbol.asyncDispose]: async () => {
      await client.stop()
      await sim.stop()
    }
  }
}
