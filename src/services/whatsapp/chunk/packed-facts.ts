// Facts on their way between threads, in parts: no thread has to stop for long to pack or unpack them.
import { deserialize, serialize } from 'node:v8'
import type { Address, Fact, MessageFact, ReceiptHistoryFact } from '../../../domain/fact.ts'
import { NO_DETAILS_FACT } from '../convert/content/parts.ts'

/** Facts as bytes, in one buffer that goes to another thread whole. */
export interface PackedPart {
  /** JSON in UTF-8 (`Packed`), the facts that it leaves out, and the protobufs of messages, one after the other. */
  readonly bytes: Uint8Array
  /** How many of the bytes are JSON. */
  readonly json: number
  /** How many of them are facts that JSON leaves out. */
  readonly others: number
  readonly facts: number
}

const MOST_IN_A_PART = 100

/** A part without the protobufs. Node writes and reads JSON in half of the time that it takes for the form of its own. */
interface Packed {
  /** Everybody in the part, once: a conversation has few people and many messages. */
  readonly addresses: ReadonlyArray<Address>
  readonly items: ReadonlyArray<PackedItem>
}

/** `null` stands for the next of the facts that are left out. */
type PackedItem = PackedMessage | PackedReceipts | null

/** The place of an address in the part. */
type Place = number

/** The account itself has no place. */
const ME: Place = -1

/** A message of a history that has no other details than these, without the names of its fields: those are most of its bytes. */
type PackedMessage = readonly [
  chat: Place,
  sender: Place,
  whatsAppId: string,
  timestamp: number,
  pushName: string | null,
  type: string,
  body: string | null,
  media: MessageFact['media'],
  quoted: MessageFact['quoted'],
  reactions: MessageFact['reactions'],
  status: MessageFact['status'],
  starred: boolean | null,
  broadcast: boolean,
  /** Of its protobuf, which comes after that of the message before; -1 without one. */
  rawLength: number
]

/** The receipts of a message, which nearly every message of the account itself has. */
type PackedReceipts = readonly [
  chat: Place,
  whatsAppId: string,
  people: ReadonlyArray<readonly [Place, number | null, number | null, number | null]>
]

const isReceipts = (item: PackedMessage | PackedReceipts): item is PackedReceipts => item.length === 3

/** Whether nothing is lost in a `PackedMessage`. */
const isPackable = (fact: MessageFact): boolean =>
  !fact.live &&
  fact.location === null &&
  fact.contacts.length === 0 &&
  fact.poll === null &&
  fact.call === null &&
  fact.answer === null &&
  fact.event === null &&
  fact.eventResponses.length === 0 &&
  fact.mentions.length === 0 &&
  !fact.viewOnce &&
  fact.forwarded === null &&
  fact.album === null &&
  fact.association === null &&
  fact.sharedBy === null &&
  fact.shortened.length === 0 &&
  fact.parentSender === undefined &&
  fact.tsClaimed === undefined &&
  fact.statusReason === undefined &&
  fact.editedAt === undefined &&
  fact.votes === undefined

/** All fields of a message: one that is new has to be packed, or to be one of those that make a message not packable. */
type Unpacked = { readonly [Field in Exclude<keyof MessageFact, 'tsClaimed'>]-?: MessageFact[Field] }

const unpackedMessage = (
  packed: PackedMessage,
  addressAt: (place: Place) => Address,
  raw: Uint8Array | null
): Unpacked => ({
  kind: 'message',
  chat: addressAt(packed[0]),
  sender: packed[1] === ME ? 'me' : addressAt(packed[1]),
  whatsAppId: packed[2],
  timestamp: packed[3],
  pushName: packed[4] ?? undefined,
  type: packed[5],
  body: packed[6],
  media: packed[7],
  location: NO_DETAILS_FACT.location,
  contacts: NO_DETAILS_FACT.contacts,
  poll: NO_DETAILS_FACT.poll,
  call: NO_DETAILS_FACT.call,
  answer: NO_DETAILS_FACT.answer,
  event: NO_DETAILS_FACT.event,
  eventResponses: NO_DETAILS_FACT.eventResponses,
  mentions: NO_DETAILS_FACT.mentions,
  viewOnce: NO_DETAILS_FACT.viewOnce,
  forwarded: NO_DETAILS_FACT.forwarded,
  broadcast: packed[12],
  album: NO_DETAILS_FACT.album,
  association: NO_DETAILS_FACT.association,
  sharedBy: NO_DETAILS_FACT.sharedBy,
  shortened: NO_DETAILS_FACT.shortened,
  quoted: packed[8],
  parentSender: undefined,
  status: packed[10],
  statusReason: undefined,
  editedAt: undefined,
  reactions: packed[9],
  starred: packed[11] ?? undefined,
  votes: undefined,
  raw,
  live: false
})

const unpackedReceipts = (
  [chat, whatsAppId, people]: PackedReceipts,
  addressAt: (place: Place) => Address
): ReceiptHistoryFact => ({
  kind: 'receiptHistory',
  chat: addressAt(chat),
  whatsAppId,
  people: people.map(([recipient, deliveredAt, readAt, playedAt]) => ({
    recipient: addressAt(recipient),
    deliveredAt,
    readAt,
    playedAt
  }))
})

/** Gives each address a place. */
const makePlaces = () => {
  const addresses: Array<Address> = []
  const places = new Map<string, Place>()
  return {
    addresses,
    of: (address: Address): Place => {
      const forms = address.alt === undefined ? address.jid : `${address.jid} ${address.alt}`
      const known = places.get(forms)
      if (known !== undefined) return known
      places.set(forms, addresses.length)
      return addresses.push(address) - 1
    }
  }
}

const packed = (facts: ReadonlyArray<Fact>): PackedPart => {
  const places = makePlaces()
  const raws: Array<Uint8Array> = []
  const others: Array<Fact> = []
  const items = facts.map((fact): PackedItem => {
    if (fact.kind === 'receiptHistory')
      return [
        places.of(fact.chat),
        fact.whatsAppId,
        fact.people.map(one => [places.of(one.recipient), one.deliveredAt, one.readAt, one.playedAt])
      ]
    if (fact.kind !== 'message' || !isPackable(fact)) {
      others.push(fact)
      return null
    }
    if (fact.raw !== null) raws.push(fact.raw)
    return [
      places.of(fact.chat),
      fact.sender === 'me' ? ME : places.of(fact.sender),
      fact.whatsAppId,
      fact.timestamp,
      fact.pushName ?? null,
      fact.type,
      fact.body,
      fact.media,
      fact.quoted,
      fact.reactions,
      fact.status,
      fact.starred ?? null,
      fact.broadcast,
      fact.raw?.length ?? -1
    ]
  })
  const content: Packed = { addresses: places.addresses, items }
  const json = Buffer.from(JSON.stringify(content))
  const rest = others.length === 0 ? undefined : serialize(others)
  return {
    bytes: joined(rest === undefined ? [json, ...raws] : [json, rest, ...raws]),
    json: json.length,
    others: rest?.length ?? 0,
    facts: facts.length
  }
}

/** Not in Node's pool of small buffers: a buffer goes to another thread whole. */
const joined = (parts: ReadonlyArray<Uint8Array>): Uint8Array => {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

/** What is packed need not stay in memory, if it is made while it is iterated. */
export const packFacts = (facts: Iterable<Fact>): ReadonlyArray<PackedPart> => {
  const parts: Array<PackedPart> = []
  let some: Array<Fact> = []
  for (const fact of facts) {
    some.push(fact)
    if (some.length < MOST_IN_A_PART) continue
    parts.push(packed(some))
    some = []
  }
  if (some.length > 0) parts.push(packed(some))
  return parts
}

export const unpackFacts = ({ bytes, json, others: othersLength }: PackedPart): ReadonlyArray<Fact> => {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  let at = json + othersLength
  // Packed by this server a moment ago.
  const { addresses, items } = JSON.parse(buffer.toString('utf8', 0, json)) as Packed
  const others = (othersLength === 0 ? [] : deserialize(buffer.subarray(json, at))) as ReadonlyArray<Fact>
  const addressAt = (place: Place): Address => addresses[place] ?? missing('person')
  let other = 0
  return items.map(item => {
    if (item === null) return others[other++] ?? missing('fact')
    if (isReceipts(item)) return unpackedReceipts(item, addressAt)
    const length = item[13]
    if (length < 0) return unpackedMessage(item, addressAt, null)
    at += length
    return unpackedMessage(item, addressAt, bytes.subarray(at - length, at))
  })
}

const missing = (what: string): never => {
  throw new Error(`A packed part lacks a ${what}`)
}

/** Facts that stay packed until they are iterated. */
export class PackedFacts implements Iterable<Fact> {
  readonly parts: ReadonlyArray<PackedPart>

  constructor(parts: ReadonlyArray<PackedPart>) {
    this.parts = parts
  }

  *[Symbol.iterator](): Generator<Fact> {
    for (const part of this.parts) yield* unpackFacts(part)
  }
}

export const packedPartsOf = (facts: Iterable<Fact>): ReadonlyArray<PackedPart> =>
  facts instanceof PackedFacts ? facts.parts : packFacts(facts)

export const countFacts = (facts: Iterable<Fact>): number =>
  facts instanceof PackedFacts ? facts.parts.reduce((sum, part) => sum + part.facts, 0) : [...facts].length
