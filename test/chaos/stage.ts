// Where things happen on one phone: what decides them, and the messages that later ones can be about.
import type { Phone } from '../../simulator/phone.ts'
import type { Simulator } from '../../simulator/simulator.ts'
import { HostileContact } from './hostile.ts'
import { pick, type Random } from './random.ts'

export type Contact = Phone['contacts'][number]
export type Group = Phone['groups'][number]

export interface Written {
  readonly from: Contact
  readonly id: string
}

export interface Stage {
  readonly simulator: Simulator
  readonly phone: Phone
  readonly random: Random
  readonly messages: Array<Written>
  /** Those that the owner has removed for themself. */
  readonly removed: Array<Written>
  /** The ids of messages with comments. */
  readonly commented: Set<string>
  readonly groupMessages: Array<Written & { readonly group: Group }>
  readonly own: Array<{ readonly to: Contact; readonly id: string }>
  readonly polls: Array<Written>
  readonly events: Array<Written>
  /** People who are in no address book, and whose numbers go from one to another. */
  readonly strangers: ReadonlyArray<Contact>
  readonly hostile: HostileContact
  /** Those who have written, for the first time without their number. */
  readonly introduced: Set<Contact>
  /** Posts of channels. */
  readonly posts: Array<{ readonly channel: string; readonly id: string }>
  /** What the owner asked a bot, and the first part of its answer once there is one. */
  readonly questions: Array<{ readonly id: string; answer?: string }>
}

const STRANGERS = 3

export const stageOf = (simulator: Simulator, phone: Phone, random: Random): Stage => ({
  simulator,
  phone,
  random,
  strangers: Array.from({ length: STRANGERS }, (_, n) => simulator.createContact({ name: `Stranger ${n}` })),
  hostile: new HostileContact(simulator, phone, random),
  introduced: new Set(),
  messages: [],
  removed: [],
  commented: new Set(),
  groupMessages: [],
  own: [],
  polls: [],
  events: [],
  posts: [],
  questions: []
})

/** Does one thing; answers whether it could be done: there may be nothing yet that it could be about. */
export type Happening = (stage: Stage, n: number) => Promise<boolean>

/** So many of the latest of a kind can be edited, answered and so on. */
const MOST_RECENT = 50

export const remember = <A>(list: Array<A>, one: A): void => {
  list.push(one)
  if (list.length > MOST_RECENT) list.shift()
}

export const forget = <A>(list: Array<A>, one: A): void => void list.splice(list.indexOf(one), 1)

/** Something about one of these, if there are any. */
export const about = async <A>(
  { random }: Stage,
  list: ReadonlyArray<A>,
  act: (one: A) => unknown
): Promise<boolean> => {
  if (list.length === 0) return false
  await act(pick(random, list))
  return true
}

/** A group with somebody else in it who can write there. */
export const groupWithMember = ({ phone, random }: Stage): { from: Contact; group: Group } | undefined => {
  if (phone.groups.length === 0) return undefined
  const group = pick(random, phone.groups)
  const from = phone.contacts.find(candidate => group.members.has(candidate))
  return from && { from, group }
}
