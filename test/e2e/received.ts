// What recipients got of what the server sent.
import type { Phone } from '../../simulator/phone.ts'
import type { Simulator } from '../../simulator/simulator.ts'

/** What says something about another message, and needs no secret of its own. */
const BESIDE_MESSAGES: ReadonlySet<string> = new Set(['reaction', 'edit', 'revoke', 'pin'])

/**
 * What a recipient got under this id, once it is there. Whatever it is, people are named in it as phones name them in that chat,
 * and messages carry a secret.
 */
export const untilReceived = async (simulator: Simulator, phone: Phone, id: string) => {
  const find = () => phone.truth().received.find(entry => entry.id === id)
  await simulator.until(() => find() !== undefined, { what: `${id} to be received` })
  const received = find()!
  if (received.otherForms) throw new Error(`${received.kind} names ${received.otherForms.join(', ')}`)
  if (!BESIDE_MESSAGES.has(received.kind) && received.secretBytes !== 32)
    throw new Error(`${received.kind} has no secret`)
  return received
}
