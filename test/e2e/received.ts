// What recipients got of what the server sent.
import type { Phone } from '../../simulator/phone.ts'
import type { Simulator } from '../../simulator/simulator.ts'

/** What the recipient got under this id, once it is there. */
export const untilReceived = async (simulator: Simulator, phone: Phone, id: string) => {
  const find = () => phone.truth().received.find(entry => entry.id === id)
  await simulator.until(() => find() !== undefined, { what: `${id} to be received` })
  return find()!
}
