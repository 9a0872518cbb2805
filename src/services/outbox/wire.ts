// The content of an entry on the wire, with the people it mentions and the message it answers.
import { Clock, Effect } from 'effect'
import { MessageStore } from '../conversations/message-store.ts'
import type { Self } from '../whatsapp/convert/address.ts'
import { contextOf, type Destination } from '../whatsapp/convert/outgoing.ts'
import { kindOf, type OutboxContent } from './kinds/index.ts'

export interface WireSource {
  readonly threadId: string
  readonly toJid: string
  readonly content: OutboxContent
}

/** What the entry is on the wire, where it is sent, and the protobuf of the message it answers. */
export const wireOf = Effect.fnUntraced(function* ({ content, threadId, toJid }: WireSource, self: Self) {
  const messages = yield* MessageStore
  const destination: Destination = { toJid, selfJid: self.jid, now: yield* Clock.currentTimeMillis }
  const target = 'quoted' in content ? content.quoted : undefined
  const quoted = target === undefined ? undefined : yield* messages.protobuf(threadId, target.messageId)
  const references = 'quoted' in content || 'mentions' in content ? content : {}
  const contextInfo = contextOf(references, destination, quoted)
  const wire = kindOf(content).wire({
    destination,
    accompanying: contextInfo === undefined ? {} : { contextInfo }
  })
  return { wire, destination, quoted }
})
