// In which chats a message stanza belongs and who wrote it, from its attributes. Baileys' own reading of them knows neither
// broadcast lists nor members whose address has a form of its own.
import { Schema } from 'effect'
import { isBroadcastListJid, isPersonJid, chatJid, memberJid, namesWriters } from '../../../domain/jid.ts'
import { address, memberAddress, partyOf, samePerson, type Self } from './address.ts'
import type { AddressedInfo, AddressedKey } from './envelope.ts'
import { secondsToMilliseconds } from './numbers.ts'
import type { SamePersonFact } from '../../../domain/fact.ts'

/** A person to whom the owner's phone sent a message of a broadcast list, as the stanza names them. */
export const ListRecipient = Schema.Struct({ jid: Schema.String, alt: Schema.optionalKey(Schema.String) })
export type ListRecipient = typeof ListRecipient.Type

/** What is kept of a message stanza besides its content. */
export interface StanzaSource {
  readonly self: Self
  readonly attributes: Readonly<Record<string, string>>
  /** Of an own message to a broadcast list. */
  readonly recipients?: ReadonlyArray<ListRecipient>
  /** Of a copy of an own message: the chat, as the copy says it. */
  readonly destination?: string | undefined
}

type Attributes = StanzaSource['attributes']

/** The other form of an address, which stands beside it under a name of its own. */
const besides = (attributes: Attributes, ...names: ReadonlyArray<string>): string | undefined =>
  names
    .flatMap(name => [attributes[`${name}_pn`], attributes[`${name}_lid`]])
    .find(other => other !== undefined && other !== '')

type Place = Pick<AddressedKey, 'remoteJid' | 'remoteJidAlt' | 'fromMe' | 'participant' | 'participantAlt'>

/** A message of a group, or a status. Without a member it is nobody's, and not the group's. */
const byMember = ({ attributes, self }: StanzaSource, from: string): ReadonlyArray<Place> => {
  const participant = memberJid(attributes['participant'] ?? '')
  const alt = besides(attributes, 'participant')
  const fromMe = partyOf(self, memberAddress(participant, alt)) === 'me'
  return [{ remoteJid: from, fromMe, participant, participantAlt: alt }]
}

/** A list's messages are messages of two people: in the chat with its owner, or, when that is this account, with each recipient. */
const ofList = ({ attributes, recipients = [], self }: StanzaSource, from: string): ReadonlyArray<Place> => {
  const writer = attributes['participant'] ?? ''
  const alt = besides(attributes, 'participant', 'sender')
  const owner = memberAddress(writer, alt)
  if (partyOf(self, owner) !== 'me') {
    return [{ remoteJid: owner.jid, remoteJidAlt: owner.alt, fromMe: false }]
  }
  const places = recipients.flatMap(recipient => {
    const person = address(recipient.jid, recipient.alt)
    return person === undefined || !isPersonJid(person.jid) || partyOf(self, person) === 'me'
      ? []
      : [{ remoteJid: person.jid, remoteJidAlt: person.alt, fromMe: true }]
  })
  // A stanza that names no recipients: the message is kept under the list's own address.
  return places.length > 0 ? places : [{ remoteJid: from, fromMe: true }]
}

const ofPerson = ({ attributes, destination, self }: StanzaSource, from: string): ReadonlyArray<Place> => {
  const alt = besides(attributes, 'sender')
  const fromMe = partyOf(self, address(from, alt) ?? { jid: from }) === 'me'
  if (!fromMe) return [{ remoteJid: from, remoteJidAlt: alt, fromMe }]
  const recipient = chatJid(attributes['recipient'] ?? destination)
  if (recipient === undefined) return [{ remoteJid: from, remoteJidAlt: alt, fromMe }]
  return [{ remoteJid: recipient, remoteJidAlt: besides(attributes, 'recipient', 'peer_recipient'), fromMe }]
}

const placesOf = (source: StanzaSource): ReadonlyArray<Place> => {
  const from = chatJid(source.attributes['from'])
  if (from === undefined) return []
  if (namesWriters(from)) return byMember(source, from)
  if (isBroadcastListJid(from)) return ofList(source, from)
  // A channel writes itself.
  return isPersonJid(from) ? ofPerson(source, from) : [{ remoteJid: from }]
}

/** The message of a stanza without its content, once for each chat that it belongs in; none when it is no message. */
export const infosOfStanza = (source: StanzaSource): ReadonlyArray<AddressedInfo> => {
  const { attributes } = source
  const { id, notify, t } = attributes
  if (id === undefined || id === '') return []
  const broadcast = isBroadcastListJid(chatJid(attributes['from']) ?? '')
  return placesOf(source).map(place => ({
    key: { ...place, id },
    messageTimestamp: Number(t),
    pushName: notify ?? null,
    broadcast
  }))
}

/** Every pair of addresses of one person that the stanza gives. */
export const samePeopleOfStanza = ({
  attributes,
  recipients = []
}: StanzaSource): ReadonlyArray<SamePersonFact> => {
  const at = secondsToMilliseconds(attributes['t'])
  const writer = attributes['participant'] ?? attributes['from']
  return [
    ...samePerson(writer, besides(attributes, 'participant', 'sender'), at),
    ...samePerson(attributes['recipient'], besides(attributes, 'recipient', 'peer_recipient'), at),
    ...recipients.flatMap(({ alt, jid }) => samePerson(jid, alt, at))
  ]
}
