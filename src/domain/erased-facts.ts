// What is not stored again of people who were erased: what they did until then, and what is said of them until they are heard of
// again. What they do afterwards is new.
import { isLidJid } from './jid.ts'
import type { Address, Fact, MessageFact, Party } from './fact.ts'

export interface ErasedPerson {
  /** Milliseconds since 1970. */
  readonly erasedAt: number
  /** Whether something newer has come from them, or was sent to them. */
  readonly hasReturned: boolean
  /** Of a number: whether a LID of theirs is known. With another one, it is somebody else's by now. */
  readonly isLidKnown: boolean
}

/** Whether an address is one of somebody who was erased. */
export type Erased = (jid: string) => ErasedPerson | undefined

export interface Admitted {
  readonly facts: ReadonlyArray<Fact>
  /** Addresses of people who have returned with these facts. */
  readonly returned: ReadonlyArray<string>
  /** Other addresses of people who were erased under one that was known then. */
  readonly learned: ReadonlyArray<{ readonly of: string; readonly jid: string }>
}

export const withoutErased = (facts: ReadonlyArray<Fact>, erased: Erased): Admitted => {
  const returned = new Set<string>()
  const learned: Array<Admitted['learned'][number]> = []
  const find = ({ alt, jid }: Address): ErasedPerson | undefined => {
    const direct = erased(jid)
    const other = alt === undefined ? undefined : erased(alt)
    if (isNextOwner(jid, other, direct) || (alt !== undefined && isNextOwner(alt, direct, other)))
      return undefined
    if (alt !== undefined && direct !== undefined && other === undefined) learned.push({ of: jid, jid: alt })
    if (alt !== undefined && direct === undefined && other !== undefined) learned.push({ of: alt, jid })
    return direct ?? other
  }
  const judge: Judge = {
    isBefore: (who, at, isLive = false) => {
      const person = who === 'me' ? undefined : find(who)
      return person !== undefined && at <= (isLive ? beforeSecondOf(person.erasedAt) : person.erasedAt)
    },
    isAbsent: who => {
      const person = who === 'me' ? undefined : find(who)
      return person !== undefined && !person.hasReturned && !isReturned(who, returned)
    },
    noteReturn: who => {
      if (who === 'me' || find(who) === undefined) return
      for (const jid of [who.jid, who.alt]) if (jid !== undefined) returned.add(jid)
    }
  }
  const kept = facts.flatMap(fact => admitted(fact, judge) ?? [])
  const isKnown = (jid: string): boolean => erased(jid) !== undefined || learned.some(one => one.jid === jid)
  return { facts: kept, returned: [...returned].filter(isKnown), learned }
}

/** Whether a LID that was not erased comes with a number whose erased owner had another one. */
const isNextOwner = (
  jid: string,
  ofNumber: ErasedPerson | undefined,
  ofLid: ErasedPerson | undefined
): boolean => isLidJid(jid) && ofLid === undefined && ofNumber?.isLidKnown === true

const isReturned = (who: Party, returned: ReadonlySet<string>): boolean =>
  who !== 'me' && (returned.has(who.jid) || (who.alt !== undefined && returned.has(who.alt)))

/** The last millisecond before the second of a time. */
const beforeSecondOf = (at: number): number => Math.floor(at / 1000) * 1000 - 1

interface Judge {
  /**
   * Whether somebody was erased at or after this time. WhatsApp tells times in whole seconds: what comes live in the second of the
   * erasure comes after it, or it would have been removed.
   */
  readonly isBefore: (who: Party, at: number, isLive?: boolean) => boolean
  /** Whether somebody was erased and has not been heard of since. */
  readonly isAbsent: (who: Party) => boolean
  readonly noteReturn: (who: Party) => void
}

/** The fact as it may be stored; `undefined`: not at all. */
const admitted = (fact: Fact, judge: Judge): Fact | undefined => {
  const { isAbsent, isBefore, noteReturn } = judge
  switch (fact.kind) {
    case 'message':
      return admittedMessage(fact, judge)
    case 'change': {
      const at = 'at' in fact.change ? fact.change.at : undefined
      const about = [fact.chat, fact.by, fact.target.sender]
      // It does not say whether it came live: within the second of the erasure it did, if there is something new to change.
      const isOld = (who: Party): boolean =>
        at === undefined ? isAbsent(who) : isBefore(who, at, !isAbsent(who))
      if (about.some(isOld)) return undefined
      if (at !== undefined) noteReturn(fact.by)
      return fact
    }
    case 'sealed':
      if ([fact.chat, fact.by, fact.target.sender].some(who => isBefore(who, fact.timestamp, fact.live)))
        return undefined
      noteReturn(fact.by)
      return fact
    case 'receipt':
      return isBefore(fact.chat, fact.at, true) || isBefore(fact.recipient, fact.at, true) ? undefined : fact
    case 'receiptHistory': {
      const people = fact.people.filter(
        one => !isBefore(one.recipient, Math.max(one.deliveredAt ?? 0, one.readAt ?? 0, one.playedAt ?? 0))
      )
      return isAbsent(fact.chat) || people.length === 0 ? undefined : { ...fact, people }
    }
    case 'groupAdmins':
      return { ...fact, people: fact.people.filter(person => !isAbsent(person)) }
    case 'pastParticipants':
      return { ...fact, people: fact.people.filter(({ at, person }) => !isBefore(person, at ?? 0)) }
    case 'numberChanged':
      return [fact.from, fact.to].some(who => isBefore(who, fact.at, fact.live)) ? undefined : fact
    case 'samePerson':
      return isAbsent({ jid: fact.phoneJid, alt: fact.lidJid }) ? undefined : fact
    case 'sameNumber':
      return isAbsent({ jid: fact.written, alt: fact.phoneJid }) ? undefined : fact
    case 'contact':
      return isAbsent(fact.person) ? undefined : fact
    case 'readByMe':
    case 'chat':
    case 'chatSettings':
    case 'labelAssociation':
      return isAbsent(fact.chat) ? undefined : fact
    case 'label':
    case 'leftOut':
    case 'unarchiveChats':
      return fact
  }
}

const admittedMessage = (
  fact: MessageFact,
  { isAbsent, isBefore, noteReturn }: Judge
): MessageFact | undefined => {
  const { chat, event, live, quoted, sender, timestamp } = fact
  if (isBefore(chat, timestamp, live) || isBefore(sender, timestamp, live)) return undefined
  noteReturn(chat)
  noteReturn(sender)
  const people = event?.people.filter(person => !isBefore(person, timestamp, live))
  if (event !== null && event.people.length > 0 && people?.length === 0) return undefined
  // A reply repeats what was written earlier than it.
  const quotesErased =
    quoted?.sender !== undefined && (isBefore(quoted.sender, timestamp) || isAbsent(quoted.sender))
  const mentions = fact.mentions.filter(person => !isBefore(person, timestamp, live))
  const isAsBefore = !quotesErased && mentions.length === fact.mentions.length
  return {
    ...fact,
    mentions,
    event: event && { ...event, people: people ?? [] },
    quoted: quotesErased && quoted !== null ? { whatsAppId: quoted.whatsAppId } : quoted,
    // The protobuf repeats what is quoted, and names who is mentioned.
    raw: isAsBefore ? fact.raw : null,
    reactions: fact.reactions.filter(({ at, by }) => !isBefore(by, at)),
    votes: fact.votes?.filter(({ at, by }) => !isBefore(by, at)),
    eventResponses: fact.eventResponses.filter(one => !isBefore({ jid: one.sender }, one.at))
  }
}
