// What a hostile contact can make WhatsApp deliver to somebody's linked devices, one of it at a time. Whoever floods with it, or mixes
// it into other traffic, decides how often.
import { randomBytes } from 'node:crypto'
import { proto } from '@whiskeysockets/baileys'
import type { Phone } from '../../simulator/phone.ts'
import { randomOf } from '../chaos/random.ts'
import { HOSTILE_CONTENT } from './hostile-content.ts'
import { type Cast, malformedStanza } from './malformed-stanzas.ts'

type Contact = Phone['contacts'][number]
type Group = Phone['groups'][number]
type Stanza = Parameters<Phone['receiveStanza']>[0]

export interface Hostility {
  readonly phone: Phone
  /** The hostile contact. */
  readonly from: Contact
  /** In which both are, and where the contact may change things. */
  readonly group: Group
}

/** Makes WhatsApp deliver number `n` of a kind; resolves when it is on its way. */
export type HostileAct = (hostility: Hostility, n: number) => unknown

const stanza = (tag: string, attrs: Record<string, string>, content?: Stanza['content']): Stanza =>
  content === undefined ? { tag, attrs } : { tag, attrs, content }

const now = (): string => String(Math.floor(Date.now() / 1000))

/** An id that no message has. */
const madeUpId = (n: number): string => `3EB0F100D${String(n).padStart(13, '0')}`

const receipt = ({ from, phone }: Hostility, n: number, type?: string, content?: Stanza['content']) =>
  phone.receiveStanza(
    stanza(
      'receipt',
      { from: from.lid, id: madeUpId(n), t: now(), ...(type === undefined ? {} : { type }) },
      content
    )
  )

/** The key of a group in which nobody is. */
const groupKey = (n: number) => {
  const chainKey = Buffer.alloc(32, n)
  const signingKey = Buffer.concat([Buffer.of(5), Buffer.alloc(32, n)])
  const encoded = proto.SenderKeyDistributionMessage.encode({
    id: n,
    iteration: 0,
    chainKey,
    signingKey
  }).finish()
  return {
    groupId: `12036399${String(n).padStart(10, '0')}@g.us`,
    axolotlSenderKeyDistributionMessage: Buffer.concat([Buffer.of(0x33), encoded])
  }
}

const castOf = ({ from, group, phone }: Hostility): Cast => ({
  own: phone.jid,
  ownLid: phone.lid,
  contact: from.jid,
  contactLid: from.lid,
  group: group.id,
  bytes: new Uint8Array(randomBytes(80))
})

/** So many ids in one receipt. */
const IDS = 500

/**
 * What hostile contacts do, by kind. All of it but `malformedStanzas` leaves the chats of others as they are; those say of the contact and
 * of the group whatever WhatsApp can say, so that nothing is known of them afterwards.
 */
export const HOSTILE_ACTS = {
  unreadableMessages: ({ from, phone }, n) =>
    phone.receive({ from, text: `unreadable ${n}`, unreadable: 'plaintext' }),
  undecryptableMessages: ({ from, phone }, n) =>
    phone.receive({ from, text: `undecryptable ${n}`, unreadable: 'ciphertext' }),
  receipts: (hostility, n) => receipt(hostility, n),
  longReceipts: (hostility, n) =>
    receipt(hostility, n, 'read', [
      stanza(
        'list',
        {},
        Array.from({ length: IDS }, (_, of) => stanza('item', { id: `${madeUpId(n)}${of}` }))
      )
    ]),
  retryRequests: (hostility, n) =>
    receipt(hostility, n, 'retry', [
      stanza('retry', { count: '1', id: madeUpId(n), t: now(), v: '1' }),
      stanza('registration', {}, new Uint8Array(4))
    ]),
  groupKeys: ({ from, phone }, n) =>
    phone.receive({ from, message: { senderKeyDistributionMessage: groupKey(n) } }),
  presences: ({ from, phone }, n) => phone.showPresence({ from, available: n % 2 === 0, unasked: true }),
  typing: ({ from, phone }, n) => phone.showTyping({ from, state: n % 2 === 0 ? 'composing' : 'paused' }),
  groupChanges: ({ from, group, phone }, n) =>
    phone.changeGroup(group, { subject: `Subject ${n}` }, { by: from }),
  calls: ({ from, phone }) => phone.ring({ from }),
  identityChanges: ({ from, phone }) =>
    phone.receiveStanza(
      stanza('notification', { from: from.jid, type: 'encrypt', t: now() }, [stanza('identity', {})])
    ),
  unknownStanzas: ({ from, phone }, n) =>
    phone.receiveStanza(stanza(`hologram${n}`, { from: from.jid, t: now() })),
  faultyStanzas: ({ from, group, phone }) =>
    phone.receiveStanza(
      stanza('notification', { from: group.id, participant: from.lid, type: 'w:gp2', t: now() }, [
        stanza('create', {})
      ])
    ),
  hostileContent: ({ from, phone }, n) => {
    const contents = Object.values(HOSTILE_CONTENT)
    const message = contents[n % contents.length]
    return message && phone.receive({ from, message: message() })
  },
  malformedStanzas: (hostility, n) =>
    hostility.phone.receiveStanza(malformedStanza(randomOf(n), castOf(hostility), `HOSTILE${n}`))
} as const satisfies Readonly<Record<string, HostileAct>>

export type HostileKind = keyof typeof HOSTILE_ACTS

/** A hostile contact of a phone, who is nobody's acquaintance, in a group with its owner. */
export const hostileContact = (
  simulator: { readonly createContact: (options: { readonly name: string }) => Contact },
  phone: Phone
): Hostility => {
  const from = simulator.createContact({ name: 'Mallory' })
  const group = phone.createGroup('Mallory’s group', [from])
  return { phone, from, group }
}
