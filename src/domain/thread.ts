// A conversation as applications read it.
import { Schema } from 'effect'

/** A thread document. Times are milliseconds since 1970; `lastMessage*` follow the newest message whatever order messages arrive in. */
export const Thread = Schema.Struct({
  accountId: Schema.String,
  threadId: Schema.String,
  /** The address the other side was first seen under; other addresses of the same chat are aliases of this thread. */
  clientJid: Schema.String,
  kind: Schema.Literals(['direct', 'group']),
  displayName: Schema.NullOr(Schema.String),
  lastMessageAt: Schema.NullOr(Schema.Finite),
  lastMessageText: Schema.NullOr(Schema.String),
  lastMessageDirection: Schema.NullOr(Schema.Literals(['inbound', 'outbound'])),
  unreadCount: Schema.Finite,
  archived: Schema.Boolean,
  /** Seconds after which messages of this chat disappear on phones; 0 is never. What is stored here stays. */
  ephemeralSeconds: Schema.Finite,
  createdAt: Schema.Finite
})
export type Thread = typeof Thread.Type
