// What comes over the connection and is no message: its ends that pass by themselves, statuses, stanzas that nobody knows, numbers that change hands.
import { setTimeout as pause } from 'node:timers/promises'
import type { StreamError } from '../../../simulator/state/faults.ts'
import { pick } from '../random.ts'
import type { Happening } from '../stage.ts'

/** The one without anything is a drop. */
const ENDS: ReadonlyArray<StreamError> = [
  {},
  {},
  { code: 500 },
  { code: 503 },
  { code: 515 },
  { condition: 'ack' },
  { condition: 'xmlstreamend' },
  { condition: 'something-new' }
]

export const connectionEnds: Happening = async ({ phone, random }) => {
  phone.disconnect(pick(random, ENDS))
  return true
}

/** What sending asks before: who has a number and which devices, who is in a group, which keys devices have. */
const QUESTIONS = ['usync', 'w:g2', 'encrypt']

/** WhatsApp does not answer the next questions of a kind: it is asked too often, or cannot. */
export const questionsAreRefused: Happening = async ({ phone, random }) => {
  const [xmlns, error] = [pick(random, QUESTIONS), pick(random, [429, 503])]
  phone.fault({ kind: 'refuseQueries', xmlns, error }, { times: 2 })
  return true
}

export const contactPostsStatus: Happening = async ({ phone, random }, n) => {
  await phone.receiveStatus({ from: pick(random, phone.contacts), text: `status ${n}` })
  return true
}

/** Somebody gives a number up, and somebody else gets it; nobody is told. */
export const numberGoesToAnother: Happening = async ({ random, simulator, strangers }) => {
  const { phoneNumber } = pick(random, strangers)
  simulator.changeNumber(pick(random, strangers), { phoneNumber, told: false })
  return true
}

export const hostileContactStrikes: Happening = async ({ hostile, random }) => {
  await hostile.strike(1 + Math.floor(random() * 8))
  return true
}

const NOTIFICATION = { tag: 'notification', attrs: { type: 'teleport', from: 's.whatsapp.net' } }

export const unknownStanzaComes: Happening = async ({ phone, random }) => {
  const { jid } = pick(random, phone.contacts)
  phone.receiveStanza(pick(random, [{ tag: 'hologram', attrs: { from: jid } }, NOTIFICATION]))
  return true
}

export const nothing: Happening = async () => {
  await pause(300)
  return true
}
