// Hostile contacts of a phone, among its honest traffic: they send whatever WhatsApp delivers, malformed in every way. Nothing of what becomes
// of it is compared, but it may hold up nobody else.
import type { Phone } from '../../simulator/phone.ts'
import type { Simulator } from '../../simulator/simulator.ts'
import type { Message } from '../../src/domain/message.ts'
import type { Thread } from '../../src/domain/thread.ts'
import { type Cast, isReadable, malformedStanza } from '../attack/malformed-stanzas.ts'
import type { Random } from './random.ts'

const ID = 'HOSTILE'
/** So that the ids of several contacts differ; an id is in the log, where no number may be. */
let contacts = 0

/** A hostile contact; what it says of others, it says of itself. It has a group of its own, in which nobody else is. */
const castOf = (simulator: Simulator): Cast => {
  const { jid, lid } = simulator.createContact({ name: 'Mallory' })
  const group = '120363999999999999@g.us'
  return { own: jid, ownLid: lid, contact: jid, contactLid: lid, group, bytes: new Uint8Array(80).fill(42) }
}

export class HostileContact {
  /** How many stanzas it has sent. */
  sent = 0
  private made = 0
  private readonly number = (contacts += 1)
  private readonly cast: Cast
  private readonly phone: Phone
  private readonly random: Random

  constructor(simulator: Simulator, phone: Phone, random: Random) {
    this.cast = castOf(simulator)
    this.phone = phone
    this.random = random
  }

  /** Some stanzas at once; answers how many. Those that a client cannot even read are left out: it could not acknowledge them. */
  async strike(count: number): Promise<number> {
    const before = this.sent
    for (let n = 0; n < count; n += 1) {
      const id = `${ID}${this.number}-${(this.made += 1)}`
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
