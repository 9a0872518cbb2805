// Traffic in every direction, decided by a seed: what people write to the phone, what its owner does, what the server is
// asked to send. Everything it does can be read back from the simulator's truth.
import { setTimeout as pause } from 'node:timers/promises'
import type { Api } from '../../harness/api.ts'
import type { Phone } from '../../simulator/phone.ts'

export type Random = () => number

/** A small generator of random numbers, so that a seed gives the same decisions again. */
export const randomOf = (seed: number): Random => {
  let state = seed >>> 0 || 1
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

export const pick = <A>(random: Random, from: ReadonlyArray<A>): A => {
  const found = from[Math.floor(random() * from.length)]
  if (found === undefined) throw new Error('Nothing to pick from')
  return found
}

const picture = (caption: string) => ({
  imageMessage: {
    mimetype: 'image/jpeg',
    caption,
    mediaKey: Buffer.alloc(32, caption),
    directPath: `/v/t62.chaos/${encodeURIComponent(caption)}.enc`
  }
})

/** A picture and, before or after it, its file in better quality. */
const receiveInTwoQualities = async (phone: Phone, random: Random, from: Contact, n: number) => {
  const id = `CHAOSPICTURE${n}`
  const association = { type: 'HD_IMAGE_DUAL_UPLOAD', parent: id }
  const steps = [
    () => phone.receive({ from, id, message: picture(`picture ${n}`) }),
    () => phone.receive({ from, message: picture(`better ${n}`), association })
  ]
  for (const step of random() < 0.5 ? steps : steps.toReversed()) await step()
}

/** One thing that happens on the phone: a message, a change to an earlier one, a lost connection. */
const happen = async (
  phone: Phone,
  random: Random,
  n: number,
  live: Array<{ from: Contact; id: string }>
): Promise<void> => {
  const from = pick(random, phone.contacts)
  const kind = random()
  const earlier = live.length > 0 ? pick(random, live) : undefined
  if (kind < 0.03) await receiveInTwoQualities(phone, random, from, n)
  else if (kind < 0.06 && earlier !== undefined)
    await phone.receive({ from: earlier.from, text: `answer ${n}`, quote: { id: earlier.id } })
  else if (kind < 0.5 || earlier === undefined) {
    const { id } = await phone.receive({ from, text: `inbound ${n}` })
    live.push({ from, id })
    if (live.length > 50) live.shift()
  } else if (kind < 0.66) await phone.send({ to: from, text: `own ${n}` })
  else if (kind < 0.84) {
    const group = pick(random, phone.groups)
    const member = phone.contacts.find(candidate => group.members.has(candidate))
    if (member !== undefined) await phone.receive({ from: member, group, text: `group ${n}` })
  } else if (kind < 0.88) await phone.receive({ from: earlier.from, edit: earlier.id, text: `edited ${n}` })
  else if (kind < 0.92) await phone.receive({ from: earlier.from, react: earlier.id, text: '👍' })
  else if (kind < 0.94) {
    await phone.receive({ from: earlier.from, revoke: earlier.id })
    live.splice(live.indexOf(earlier), 1)
  } else if (kind < 0.97) await phone.markRead(from)
  else if (kind < 0.985) phone.disconnect()
  else await pause(300)
}
type Contact = Phone['contacts'][number]

export interface Sent {
  readonly text: string
  readonly threadId: string
  readonly messageId: string
  readonly entryId: string
}

const MOST_WAITING = 400

/** Traffic of one account until `stop`; what the server accepted for sending is collected in `accepted`. */
export class Traffic {
  readonly accepted: Array<Sent> = []
  private running = true
  private readonly done: ReadonlyArray<Promise<void>>

  constructor(phone: Phone, accountId: string, api: () => Api, seed: number) {
    this.done = [this.write(phone, randomOf(seed)), this.send(phone, accountId, api, randomOf(seed + 1))]
  }

  async stop(): Promise<void> {
    this.running = false
    await Promise.all(this.done)
  }

  private async write(phone: Phone, random: Random): Promise<void> {
    const live: Array<{ from: Contact; id: string }> = []
    for (let n = 0; this.running; n += 1) {
      // What counts is what is lost, not how much a server that is mostly starting can take.
      while (this.running && phone.offlineQueue().length > MOST_WAITING) await pause(100)
      await happen(phone, random, n, live)
      await pause(12)
    }
  }

  private async send(phone: Phone, accountId: string, api: () => Api, random: Random): Promise<void> {
    for (let n = 0; this.running; n += 1) {
      const text = `sent ${n}`
      const to =
        random() < 0.8 || phone.groups.length === 0
          ? pick(random, phone.contacts).phoneNumber
          : pick(random, phone.groups).id
      // The server may be dead or die before it answers; the key makes asking again safe.
      for (let accepted: Sent | undefined; this.running && accepted === undefined;) {
        accepted = await api()
          .send(accountId, to, text, `key-${n}`)
          .then(
            answer => ({ ...answer, text }),
            () => pause(50).then(() => undefined)
          )
        if (accepted !== undefined) this.accepted.push(accepted)
      }
      await pause(40)
    }
  }
}
