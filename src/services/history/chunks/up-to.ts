// A conversation without what lies before a time: a job that asks for nothing older stores nothing older, although pages
// come whole.
import type { Fact, MessageFact } from '../../../domain/fact.ts'
import type { ReadConversation } from '../../whatsapp/chunk/reader.ts'
import type { RawMessage } from '../../whatsapp/convert/chunk.ts'

/** `until` in milliseconds since 1970; `null`: everything is wanted. */
export const upTo = (until: number | null, conversation: ReadConversation): ReadConversation => {
  const { beginning, oldest } = conversation
  if (until === null || oldest === undefined || oldest.at >= until) return conversation
  const facts = [...conversation.facts]
  const dropped = new Set(
    facts
      .filter(isMessage)
      .filter(({ timestamp }) => timestamp < until)
      .map(idOf)
  )
  const kept = facts.filter(fact => !isAbout(dropped, fact))
  const first = kept.find(isMessage)
  return {
    ...conversation,
    facts: kept,
    oldest: first === undefined ? undefined : rawMessage(first),
    newest: first === undefined ? undefined : conversation.newest,
    // What was left out is older than what is stored now.
    beginning: beginning === 'reached' ? 'more' : beginning
  }
}

const isMessage = (fact: Fact): fact is MessageFact => fact.kind === 'message'
const idOf = ({ whatsAppId }: Pick<MessageFact, 'whatsAppId'>): string => whatsAppId

const isAbout = (ids: ReadonlySet<string>, fact: Fact): boolean => {
  if (fact.kind === 'message' || fact.kind === 'receiptHistory') return ids.has(fact.whatsAppId)
  return fact.kind === 'change' && ids.has(fact.target.whatsAppId)
}

const rawMessage = ({ sender, timestamp, whatsAppId }: MessageFact): RawMessage => ({
  whatsAppId,
  fromMe: sender === 'me',
  at: timestamp
})
