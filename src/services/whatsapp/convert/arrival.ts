// What a journal entry means, by when it arrived: a stanza without a usable time is dated by its arrival, and so is one from the future.
import { datedChange } from '../../../domain/bounded-change.ts'
import type { Fact, MessageFact } from '../../../domain/fact.ts'
import { isInFuture, plausibleTime } from '../../../domain/message.ts'
import { chatJid } from '../../../domain/jid.ts'
import { type ConvertedEntry, convertEntry, type FaultyStanza, type Journaled } from './journaled.ts'
import type { StanzaJson } from './stanza-json.ts'

type Attributes = Readonly<Record<string, string>>

const attributesOf = (entry: Journaled | typeof FaultyStanza.Type): Attributes =>
  'stanza' in entry ? entry.stanza.attrs : entry.kind === 'channel' ? {} : entry.attributes

/** Who sent it; empty when it names nobody. */
export const senderOf = (entry: Journaled | typeof FaultyStanza.Type): string => {
  const { from, participant } = attributesOf(entry)
  return chatJid(participant) ?? chatJid(from) ?? ''
}

/** Posts of channels carry times of their own. */
const hasUsableTime = (entry: Journaled, receivedAt: number): boolean => {
  if (entry.kind === 'channel') return true
  const seconds = Number(attributesOf(entry)['t'])
  return seconds > 0 && !isInFuture(seconds * 1000, receivedAt)
}

const stanzaAt = ({ attrs, content, tag }: StanzaJson, t: string): StanzaJson =>
  content === undefined ? { tag, attrs: { ...attrs, t } } : { tag, attrs: { ...attrs, t }, content }

const withTime = (entry: Journaled, milliseconds: number): Journaled => {
  const t = String(Math.floor(milliseconds / 1000))
  if ('stanza' in entry) return { ...entry, stanza: stanzaAt(entry.stanza, t) }
  return entry.kind === 'channel' ? entry : { ...entry, attributes: { ...entry.attributes, t } }
}

/** Milliseconds; `undefined` when the stanza's time is no number. */
const claimedTime = (t: string | undefined): number | undefined => {
  const milliseconds = t === undefined || t.trim() === '' ? Number.NaN : Number(t) * 1000
  return Number.isSafeInteger(milliseconds) ? milliseconds : undefined
}

/** What a phone claims to have happened in the far future happened when it arrived: otherwise nothing could replace it for years. */
const changedBy = (fact: Fact, receivedAt: number): Fact => {
  if (fact.kind === 'receipt') return { ...fact, at: plausibleTime(fact.at, receivedAt) }
  return fact.kind === 'change' ? { ...fact, change: datedChange(fact.change, receivedAt) } : fact
}

/** `receivedAt` in milliseconds since 1970. */
export const convertArrival = (entry: Journaled, receivedAt: number): ConvertedEntry => {
  const isUsable = hasUsableTime(entry, receivedAt)
  const converted = convertEntry(isUsable ? entry : withTime(entry, receivedAt))
  const tsClaimed = isUsable ? undefined : claimedTime(attributesOf(entry)['t'])
  const withClaim = (fact: MessageFact): MessageFact =>
    fact.live && tsClaimed !== undefined ? { ...fact, tsClaimed } : fact
  return {
    ...converted,
    facts: converted.facts.map(fact =>
      fact.kind === 'message' ? withClaim(fact) : changedBy(fact, receivedAt)
    )
  }
}
