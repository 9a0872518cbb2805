// Facts on their way between threads, in parts: no thread has to stop for long to pack or unpack them.
import { deserialize, serialize } from 'node:v8'
import type { Fact, MessageFact } from '../../../domain/fact.ts'
import { NO_DETAILS_FACT } from '../convert/content/parts.ts'

/** Facts as bytes, and how many they are. */
export interface PackedPart {
  readonly bytes: Uint8Array
  /** The protobufs of messages, one after the other. */
  readonly raws: Uint8Array
  readonly facts: number
}

const MOST_IN_A_PART = 100

/** A message of a history that has no other details than these, without the names of its fields: those are most of its bytes. */
type PackedMessage = readonly [
  chat: MessageFact['chat'],
  sender: MessageFact['sender'],
  whatsAppId: string,
  timestamp: number,
  pushName: string | undefined,
  type: string,
  body: string | null,
  media: MessageFact['media'],
  quoted: MessageFact['quoted'],
  reactions: MessageFact['reactions'],
  status: MessageFact['status'],
  starred: boolean | undefined,
  broadcast: boolean,
  /** Of its protobuf, which comes after that of the message before; -1 without one. */
  rawLength: number
]

type Packed = PackedMessage | Exclude<Fact, MessageFact> | MessageFact

const isPackedMessage = (packed: Packed): packed is PackedMessage => Array.isArray(packed)

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

const unpackedMessage = (packed: PackedMessage, raw: Uint8Array | null): Unpacked => ({
  kind: 'message',
  chat: packed[0],
  sender: packed[1],
  whatsAppId: packed[2],
  timestamp: packed[3],
  pushName: packed[4],
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
  starred: packed[11],
  votes: undefined,
  raw,
  live: false
})

const packed = (facts: ReadonlyArray<Fact>): PackedPart => {
  const raws: Array<Uint8Array> = []
  const items = facts.map((fact): Packed => {
    if (fact.kind !== 'message' || !isPackable(fact)) return fact
    if (fact.raw !== null) raws.push(fact.raw)
    return [
      fact.chat,
      fact.sender,
      fact.whatsAppId,
      fact.timestamp,
      fact.pushName,
      fact.type,
      fact.body,
      fact.media,
      fact.quoted,
      fact.reactions,
      fact.status,
      fact.starred,
      fact.broadcast,
      fact.raw?.length ?? -1
    ]
  })
  return { bytes: serialize(items), raws: joined(raws), facts: facts.length }
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

export const unpackFacts = ({ bytes, raws }: PackedPart): ReadonlyArray<Fact> => {
  let at = 0
  // Packed by this server a moment ago.
  const items = deserialize(bytes) as ReadonlyArray<Packed>
  return items.map(item => {
    if (!isPackedMessage(item)) return item
    const length = item[13]
    if (length < 0) return unpackedMessage(item, null)
    at += length
    return unpackedMessage(item, raws.subarray(at - length, at))
  })
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
