// What the stores of conversations are asked for, and what they answer.
import type { Message, Receipt } from '../../domain/message.ts'
import type { Cursor, SearchCursor } from '../../domain/page.ts'
import type { Hit, MessageFilter, ThreadFilter } from '../../domain/reading.ts'
import type { SearchQuery } from '../../domain/search-query.ts'
import type { Thread } from '../../domain/thread.ts'

export interface Counts {
  readonly threads: number
  readonly messages: number
}

export interface Page {
  readonly limit: number
  readonly before?: Cursor | undefined
  readonly after?: Cursor | undefined
}

export interface MessageQuery extends Page, MessageFilter {}
export interface ThreadQuery extends Page, ThreadFilter {}

/** Newest first, whichever direction is paged; where older and newer ones begin. `older` is `null` when there are none. */
export interface MessagePage {
  readonly messages: ReadonlyArray<Message>
  readonly older: Cursor | null
  readonly newer: Cursor | null
}

/** Most recently active first, whichever direction is paged. */
export interface ThreadPage {
  readonly threads: ReadonlyArray<Thread>
  readonly older: Cursor | null
  readonly newer: Cursor | null
}

/** A stored message as an anchor to ask WhatsApp for others around it. */
export interface EdgeMessage {
  readonly messageId: string
  readonly whatsAppId: string
  readonly fromMe: boolean
  /** Milliseconds since 1970. */
  readonly at: number
}

/** A stretch of time, neither end included. Milliseconds since 1970. */
export interface TimeRange {
  readonly after?: number | undefined
  readonly before?: number | undefined
}

/** `unknown` until WhatsApp has sent the list of the group's admins. */
export type GroupRole = 'admin' | 'member' | 'unknown'

export interface SearchRequest extends MessageFilter {
  readonly query: SearchQuery
  readonly order: 'newest' | 'relevance'
  /** In one thread; in all when it is not given. */
  readonly threadId?: string | undefined
  readonly limit: number
  readonly cursor?: SearchCursor | undefined
}

export interface SearchPage {
  readonly hits: ReadonlyArray<Hit>
  readonly next: SearchCursor | null
}

/** A message with its receipts and its row number, which never changes. */
export interface ExportedMessage {
  readonly row: number
  readonly message: Message
  readonly receipts: ReadonlyArray<Receipt>
}

/** Messages of a thread, oldest first, after a place, of those in rows up to `upTo`. */
export interface ExportQuery extends Pick<MessageFilter, 'since' | 'until'> {
  readonly upTo: number
  readonly after?: { readonly time: number; readonly row: number } | undefined
  readonly limit: number
}
