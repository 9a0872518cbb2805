// Hostile contacts of a phone, among its honest traffic: they send whatever WhatsApp delivers, malformed in every way, and much that says
// nothing. Nothing of what becomes of it is compared, but it may hold up nobody else.
import type { Phone } from '../../simulator/phone.ts'
import type { Simulator } from '../../simulator/simulator.ts'
import type { Message } from '../../src/domain/message.ts'
import type { Thread } from '../../src/domain/thread.ts'
import { type Cast, isReadable, malformedStanza } from '../attack/malformed-stanzas.ts'
import { HOSTILE_ACTS, type HostileAct, type Hostility } from '../attack/hostile-traffic.ts'
import { pick, type Random } from './random.ts'

const ID = 'HOSTILE'

/** What leaves nothing behind: no phone shows any of it. */
const ACTS: ReadonlyArray<HostileAct> = [
  HOSTILE_ACTS.receipts,
  HOSTILE_ACTS.longReceipts,
  HOSTILE_ACTS.retryRequests,
  HOSTILE_ACTS.presences,
  HOSTILE_ACTS.typing,
  HOSTILE_ACTS.identityChanges,
  HOSTILE_ACTS.unknownStanzas
]
const ACTS_SHARE = 0.4
/** Of one contact: the numbers of acts, of which ids are made, differ from contact to contact. */
const MOST_ACTS = 1_000_000

/** So that the ids of several contacts differ; an id is in the log, where no number may be. */
let contacts = 0

/** What a hostile contact says of others, it says of itself. It has a group of its own, in which nobody else is. */
const castOf = ({ jid, lid }: Hostility['from']): Cast => {
  const group = '120363999999999999@g.us'
  return { own: jid, ownLid: lid, contact: jid, contactLid: lid, group, bytes: new Uint8Array(80).fill(42) }
}

export class HostileContact {
  /** How many stanzas it has sent. */
  sent = 0
  private made = 0
  private readonly number = (contacts += 1)
  private readonly from: Hostility['from']
  private readonly cast: Cast
  private readonly phone: Phone
  private readonly random: Random

  constructor(simulator: Simulator, phone: Phone, random: Random) {
    this.from = simulator.createContact({ name: 'Mallory' })
    this.cast = castOf(this.from)
    this.phone = phone
    this.random = random
  }

  /** Some stanzas at once; answers how many. Those that a client cannot even read are left out: it could not acknowledge them. */
  async strike(count: number): Promise<number> {
    const before = this.sent
    for (let n = 0; n < count; n += 1) {
      this.made += 1
      const [group] = this.phone.groups
      if (group !== undefined && this.random() < ACTS_SHARE) {
        const hostility = { phone: this.phone, from: this.from, group }
        await pick(this.random, ACTS)(hostility, this.number * MOST_ACTS + this.made)
        this.sent += 1
        continue
      }
      const id = `${ID}${this.number}-${this.made}`
      const stanza = malformedStanza(this.random, this.cast, id)
      if (!(await isReadable(stanza))) continue
      this.phone.receiveStanza(stanza)
      this.sent += 1
    }
    return this.sent - before
  }
}

interface Reader {
  readonly threads: (accountId: string) => Promise<ReadonlyArray<Thread>>
  readonly messages: (threadId: string) => Promise<ReadonlyArray<Message>>
}

/** Leaves out what hostile contacts sent. */
export const withoutHostile = (reader: Reader): Reader => ({
  threads: accountId => reader.threads(accountId),
  messages: async threadId =>
    (await reader.messages(threadId)).filter(({ whatsAppId }) => !whatsAppId.startsWith(ID))
})
