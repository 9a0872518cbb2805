// Live calls (`call` stanzas) to facts: a ringing call is a message, its outcome is a change to that message.
import { type BinaryNode, getAllBinaryNodeChildren, getBinaryNodeChild } from '@whiskeysockets/baileys'
import type { Address, Fact } from '../../../domain/fact.ts'
import { isChatJid } from '../../../domain/jid.ts'
import type { Call } from '../../../domain/message.ts'
import { address, partyOf, samePerson, type Self } from './address.ts'
import { callParts } from './content/call.ts'
import { NO_DETAILS_FACT } from './content/parts.ts'
import { type Envelope, pushNameOf } from './envelope.ts'
import { secondsToMilliseconds } from './numbers.ts'

/** The outcome of a call; `terminate` without one of these reasons comes when nobody answered, or after somebody did. */
const OUTCOMES: ReadonlyMap<string, Call['outcome']> = new Map<string, Call['outcome']>([
  ['offer', 'ringing'],
  ['offer_notice', 'ringing'],
  ['accept', 'answered'],
  ['reject', 'declined'],
  ['terminate', 'missed'],
  ['timeout', 'missed']
])

/** Another device of the account answered or declined the call; this one only learns that it is over. */
const ELSEWHERE: ReadonlyMap<string, Call['outcome']> = new Map<string, Call['outcome']>([
  ['accepted_elsewhere', 'answered'],
  ['rejected_elsewhere', 'declined']
])

/** The part of a call stanza that says what happens; transport and latency say nothing about that. */
const signalOf = (stanza: BinaryNode): BinaryNode | undefined =>
  stanza.tag === 'call' ? getAllBinaryNodeChildren(stanza).find(({ tag }) => OUTCOMES.has(tag)) : undefined

export const isCallSignal = (stanza: BinaryNode): boolean => signalOf(stanza) !== undefined

const outcomeOf = ({ attrs, tag }: BinaryNode): Call['outcome'] =>
  (tag === 'terminate' ? ELSEWHERE.get(attrs['reason'] ?? '') : undefined) ?? OUTCOMES.get(tag) ?? 'missed'

/** The conversation a call belongs to: its group, or the other side. */
const chatOf = (self: Self, caller: Address, from: Address | undefined, group: string | undefined) => {
  if (group) return address(group)
  if (partyOf(self, caller) !== 'me') return caller
  return from !== undefined && partyOf(self, from) !== 'me' ? from : undefined
}

export const factsOfCall = (self: Self, stanza: BinaryNode): ReadonlyArray<Fact> => {
  const signal = signalOf(stanza)
  const whatsAppId = signal?.attrs['call-id']
  if (signal === undefined || !whatsAppId) return []
  const { attrs } = signal
  const creator = attrs['call-creator'] ?? attrs['from'] ?? stanza.attrs['from']
  const otherForm = attrs['caller_pn'] ?? attrs['caller_lid']
  const caller = address(creator, otherForm)
  const from = address(stanza.attrs['from'])
  const chat = caller === undefined ? undefined : chatOf(self, caller, from, attrs['group-jid'])
  if (caller === undefined || chat === undefined || !isChatJid(chat.jid)) return []
  const sender = partyOf(self, caller)
  const outcome = outcomeOf(signal)
  const people = samePerson(creator, otherForm, secondsToMilliseconds(stanza.attrs['t']))
  if (outcome !== 'ringing') {
    // Whether it was a video call is known from the offer only.
    const call: Call = { video: getBinaryNodeChild(signal, 'video') !== undefined, outcome, duration: null }
    const by = from === undefined ? sender : partyOf(self, from)
    return [
      ...people,
      { kind: 'change', chat, target: { sender, whatsAppId }, by, change: { to: 'called', call } }
    ]
  }
  const video = getBinaryNodeChild(signal, 'video') !== undefined || attrs['media'] === 'video'
  const envelope: Envelope = {
    chat,
    sender,
    whatsAppId,
    timestamp: secondsToMilliseconds(stanza.attrs['t']),
    pushName: stanza.attrs['notify'],
    live: true,
    broadcast: false
  }
  return [
    ...people,
    ...pushNameOf(envelope),
    {
      kind: 'message',
      ...envelope,
      ...NO_DETAILS_FACT,
      ...callParts({ video, outcome, duration: null }),
      quoted: null,
      status: sender === 'me' ? 'sent' : 'received',
      reactions: [],
      raw: null
    }
  ]
}
