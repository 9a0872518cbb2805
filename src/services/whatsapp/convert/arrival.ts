// What a journal entry means, by when it arrived: a stanza without a usable time is dated by its arrival.
import type { MessageFact } from '../../../domain/fact.ts'
import { type ConvertedEntry, convertEntry, type Journaled } from './journaled.ts'
import type { StanzaJson } from './stanza-json.ts'

type Attributes = Readonly<Record<string, string>>

const attributesOf = (entry: Journaled): Attributes =>
  'stanza' in entry ? entry.stanza.attrs : entry.kind === 'channel' ? {} : entry.attributes

/** Posts of channels carry times of their own. */
const hasUsableTime = (entry: Journaled): boolean =>
  entry.kind === 'channel' || Number(attributesOf(entry)['t']) > 0

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

/** `receivedAt` in milliseconds since 1970. */
export const convertArrival = (entry: Journaled, receivedAt: number): ConvertedEntry => {
  if (hasUsableTime(entry)) return convertEntry(entry)
  const converted = convertEntry(withTime(entry, receivedAt))
  const tsClaimed = claimedTime(attributesOf(entry)['t'])
  if (tsClaimed === undefined) return converted
  const withClaim = (fact: MessageFact): MessageFact => (fact.live ? { ...fact, tsClaimed } : fact)
  return {
    ...converted,
    facts: converted.facts.map(fact => (fact.kind === 'message' ? withClaim(fact) : fact))
  }
}
