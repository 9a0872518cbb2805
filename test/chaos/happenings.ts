// What happens on a phone while the server is killed: one thing at a time, each kind as often as its weight says. What it leads to
// can be read back from the simulator's truth.
import { setTimeout as pause } from 'node:timers/promises'
import { proto } from '@whiskeysockets/baileys'
import type { Phone } from '../../simulator/phone.ts'
import type { StreamError } from '../../simulator/state/faults.ts'
import { pick, type Random } from './random.ts'

type Contact = Phone['contacts'][number]

interface Written {
  readonly from: Contact
  readonly id: string
}

/** What one phone's happenings are decided by, and the messages that later ones can be about. */
export interface Stage {
  readonly phone: Phone
  readonly random: Random
  readonly messages: Array<Written>
  readonly own: Array<{ readonly to: Contact; readonly id: string }>
  readonly polls: Array<Written>
}

export const stageOf = (phone: Phone, random: Random): Stage => ({
  phone,
  random,
  messages: [],
  own: [],
  polls: []
})

/** Does one thing; answers whether it could be done: there may be nothing yet that it could be about. */
type Happening = (stage: Stage, n: number) => Promise<boolean>

/** So many of the latest of a kind can be edited, answered and so on. */
const MOST_RECENT = 50

const remember = <A>(list: Array<A>, one: A): void => {
  list.push(one)
  if (list.length > MOST_RECENT) list.shift()
}

const forget = <A>(list: Array<A>, one: A): void => void list.splice(list.indexOf(one), 1)

/** Something about one of these, if there are any. */
const about = async <A>(
  { random }: Stage,
  list: ReadonlyArray<A>,
  act: (one: A) => Promise<unknown>
): Promise<boolean> => {
  if (list.length === 0) return false
  await act(pick(random, list))
  return true
}

const contactWrites: Happening = async ({ messages, phone, random }, n) => {
  const from = pick(random, phone.contacts)
  const { id } = await phone.receive({ from, text: `inbound ${n}` })
  remember(messages, { from, id })
  return true
}

const ownerWrites: Happening = async ({ own, phone, random }, n) => {
  const to = pick(random, phone.contacts)
  const { id } = await phone.send({ to, text: `own ${n}` })
  remember(own, { to, id })
  return true
}

const memberWrites: Happening = async ({ phone, random }, n) => {
  const group = pick(random, phone.groups)
  const from = phone.contacts.find(candidate => group.members.has(candidate))
  if (from === undefined) return false
  await phone.receive({ from, group, text: `group ${n}` })
  return true
}

const contactReplies: Happening = (stage, n) =>
  about(stage, stage.messages, async ({ from, id }) => {
    const contextInfo = { stanzaId: id, participant: from.jid, quotedMessage: { conversation: 'quoted' } }
    const message = proto.Message.fromObject({ extendedTextMessage: { text: `reply ${n}`, contextInfo } })
    await stage.phone.receive({ from, message })
  })

const picture = (caption: string) => ({
  imageMessage: {
    mimetype: 'image/jpeg',
    caption,
    mediaKey: Buffer.alloc(32, caption),
    directPath: `/v/t62.chaos/${encodeURIComponent(caption)}.enc`
  }
})

/** A picture and, before or after it, its file in better quality. */
const contactSendsInTwoQualities: Happening = async ({ phone, random }, n) => {
  const from = pick(random, phone.contacts)
  const id = `CHAOSPICTURE${n}`
  const association = { type: 'HD_IMAGE_DUAL_UPLOAD', parent: id }
  const steps = [
    () => phone.receive({ from, id, message: picture(`picture ${n}`) }),
    () => phone.receive({ from, message: picture(`better ${n}`), association })
  ]
  for (const step of random() < 0.5 ? steps : steps.toReversed()) await step()
  return true
}

const contactEdits: Happening = (stage, n) =>
  about(stage, stage.messages, ({ from, id }) =>
    // A few people have an older version, which does not encrypt edits.
    stage.phone.receive({ from, edit: id, text: `edited ${n}`, plain: n % 4 === 0 })
  )

const ownerEdits: Happening = (stage, n) =>
  about(stage, stage.own, ({ id, to }) => stage.phone.send({ to, edit: id, text: `own edited ${n}` }))

const contactReacts: Happening = (stage, n) =>
  about(stage, stage.messages, ({ from, id }) =>
    stage.phone.receive({ from, react: id, text: n % 4 === 0 ? '' : '👍', sealed: n % 2 === 0 })
  )

const contactRevokes: Happening = stage =>
  about(stage, stage.messages, async one => {
    forget(stage.messages, one)
    await stage.phone.receive({ from: one.from, revoke: one.id })
  })

const contactComments: Happening = (stage, n) =>
  about(stage, stage.messages, ({ from, id }) =>
    stage.phone.receive({ from, comment: id, text: `comment ${n}` })
  )

const OPTIONS = ['Sea', 'Hills', 'Home']

const contactAsks: Happening = async ({ phone, polls, random }, n) => {
  const from = pick(random, phone.contacts)
  const options = OPTIONS.map(optionName => ({ optionName }))
  const message = proto.Message.fromObject({
    pollCreationMessageV3: { name: `poll ${n}`, options, selectableOptionsCount: 1 }
  })
  const { id } = await phone.receive({ from, message })
  remember(polls, { from, id })
  return true
}

const someoneVotes: Happening = (stage, n) =>
  about(stage, stage.polls, ({ from, id }) => {
    const options = [pick(stage.random, OPTIONS)]
    return n % 2 === 0
      ? stage.phone.receive({ from, vote: id, options })
      : stage.phone.send({ to: from, vote: id, options })
  })

const contactAddsOption: Happening = (stage, n) =>
  about(stage, stage.polls, ({ from, id }) =>
    stage.phone.receive({ from, addOption: id, option: `option ${n}` })
  )

const ownerReads: Happening = async ({ phone, random }) => {
  await phone.markRead(pick(random, phone.contacts))
  return true
}

/** The ends of a connection that pass by themselves; the one without anything is a drop. */
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

const connectionEnds: Happening = async ({ phone, random }) => {
  phone.disconnect(pick(random, ENDS))
  return true
}

const nothing: Happening = async () => {
  await pause(300)
  return true
}

/** All kinds with their weights. */
const HAPPENINGS: ReadonlyArray<readonly [weight: number, happening: Happening]> = [
  [440, contactWrites],
  [150, ownerWrites],
  [160, memberWrites],
  [40, contactReplies],
  [15, contactComments],
  [20, contactSendsInTwoQualities],
  [40, contactEdits],
  [15, ownerEdits],
  [40, contactReacts],
  [20, contactRevokes],
  [10, contactAsks],
  [25, someoneVotes],
  [5, contactAddsOption],
  [30, ownerReads],
  [15, connectionEnds],
  [15, nothing]
]

const ALL_WEIGHTS = HAPPENINGS.reduce((sum, [weight]) => sum + weight, 0)

const pickHappening = (random: Random): Happening => {
  let left = random() * ALL_WEIGHTS
  for (const [weight, happening] of HAPPENINGS) {
    left -= weight
    if (left < 0) return happening
  }
  return contactWrites
}

/** One thing happens; where there is nothing that it could be about, a contact writes. */
export const happen = async (stage: Stage, n: number): Promise<void> => {
  const isDone = await pickHappening(stage.random)(stage, n)
  if (!isDone) await contactWrites(stage, n)
}
