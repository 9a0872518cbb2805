// The content of an entry on the wire, with what accompanies it: the people it mentions, the message it answers or changes,
// and when the chat's messages disappear.
import { Clock, Effect } from 'effect'
import { isStatusJid } from '../../domain/jid.ts'
import { MessageStore } from '../conversations/message-store.ts'
import type { Self } from '../whatsapp/convert/address.ts'
import { contextOf, type Destination } from '../whatsapp/convert/outgoing.ts'
import { kindOf, type OutboxContent } from './kinds/index.ts'

export interface WireSource {
  readonly threadId: string
  readonly toJid: string
  readonly content: OutboxContent
  /** After how long messages of the thread disappear; 0: they stay. */
  readonly ephemeralSeconds: number
}

/** What the entry is on the wire, and where it is sent. */
export const wireOf = Effect.fnUntraced(function* (
  { content, ephemeralSeconds, threadId, toJid }: WireSource,
  self: Self
) {
  const messages = yield* MessageStore
  const destination: Destination = {
    toJid,
    selfJid: self.jid,
    now: yield* Clock.currentTimeMillis,
    // Statuses disappear by themselves.
    ephemeralSeconds: isStatusJid(toJid) ? 0 : ephemeralSeconds
  }
  const protobufOf = (messageId: string | undefined) =>
    messageId === undefined ? Effect.undefined : messages.protobuf(threadId, messageId)
  const quoted = yield* protobufOf('quoted' in content ? content.quoted?.messageId : undefined)
  const changed = yield* protobufOf(content.kind === 'edit' ? content.target.messageId : undefined)
  const references =
    'quoted' in content || 'mentions' in content || 'forwardingScore' in content ? content : {}
  const contextInfo = contextOf(references, destination, quoted)
  const wire = kindOf(content).wire({
    destination,
    accompanying: contextInfo === undefined ? {} : { contextInfo },
    changed
  })
  return { wire, destination }
})
