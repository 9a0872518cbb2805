// A conversation as applications read it.
import { Schema } from 'effect'
import { Time, Whole } from './whole.ts'

/** A thread document. Times are milliseconds since 1970; `lastMessage*` follow the newest message whatever order messages arrive in. */
export const Thread = Schema.Struct({
  accountId: Schema.String,
  threadId: Schema.String,
  /** The address the other side was first seen under; other addresses of the same chat are aliases of this thread. */
  clientJid: Schema.String,
  kind: Schema.Literals(['direct', 'group', 'channel', 'status', 'list']),
  displayName: Schema.NullOr(Schema.String),
  lastMessageAt: Schema.NullOr(Time),
  lastMessageText: Schema.NullOr(Schema.String),
  lastMessageDirection: Schema.NullOr(Schema.Literals(['inbound', 'outbound'])),
  unreadCount: Whole,
  /** The owner has marked it as unread. */
  markedUnread: Schema.Boolean,
  archived: Schema.Boolean,
  /** When it was pinned on the phone; `null` when it is not. */
  pinnedAt: Schema.NullOr(Time),
  /** Until when it is muted on the phone; -1 is for ever, `null` not at all. */
  mutedUntil: Schema.NullOr(Whole),
  /** Seconds after which messages of this chat disappear on phones; 0 is never. What is stored here stays. */
  ephemeralSeconds: Whole,
  /** When the owner last removed its messages, or the whole chat, on the phone; `null` if never. What is stored here stays. */
  clearedAt: Schema.NullOr(Time),
  deletedAt: Schema.NullOr(Time),
  /** The ids of its labels. */
  labels: Schema.Array(Schema.String),
  createdAt: Time
}).annotate({ identifier: 'Thread' })
export type Thread = typeof Thread.Type

/** How long phones show a status; seconds. */
export const STATUS_SECONDS = 86_400

/** Muted until somebody ends it. */
export const FOR_EVER = -1

/** Somebody who was in a group once. `leftAt` in milliseconds since 1970. */
export const PastParticipant = Schema.Struct({
  jid: Schema.String,
  reason: Schema.Literals(['left', 'removed']),
  leftAt: Schema.NullOr(Time)
}).annotate({ identifier: 'PastParticipant' })
export type PastParticipant = typeof PastParticipant.Type
