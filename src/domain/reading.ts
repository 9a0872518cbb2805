// What a reader may ask for: filters, and times as people and programs write them.
import { Schema } from 'effect'
import { Message } from './message.ts'
import type { Thread } from './thread.ts'

/** Which messages of a thread or account; what is left out does not matter. */
export interface MessageFilter {
  /** Written at this time or later, in milliseconds since 1970. */
  readonly since?: number | undefined
  /** Written before this time. */
  readonly until?: number | undefined
  /** `me`, or any address of a person. */
  readonly sender?: string | undefined
  readonly types?: ReadonlyArray<string> | undefined
}

export interface ThreadFilter {
  readonly archived?: boolean | undefined
  /** Deleted on the phone with nothing newer since; left out unless asked for. */
  readonly deleted?: boolean | undefined
  /** The id of a label. */
  readonly label?: string | undefined
  readonly unread?: boolean | undefined
  readonly kind?: Thread['kind'] | undefined
  /** Words in the thread's name, or digits of its number. */
  readonly text?: string | undefined
}

/** A message's type as a filter names it: every `unsupported:<kind>` is also found by `unsupported`. */
export const MESSAGE_TYPES = [
  'text',
  'image',
  'video',
  'audio',
  'voice',
  'document',
  'sticker',
  'stickerPack',
  'album',
  'contact',
  'location',
  'poll',
  'event',
  'product',
  'order',
  'payment',
  'invite',
  'call',
  'system',
  'revoked',
  'undecryptable',
  'unsupported'
] as const

const UNSUPPORTED = /^unsupported:\w{1,64}$/

export const isMessageType = (text: string): boolean =>
  MESSAGE_TYPES.some(type => type === text) || UNSUPPORTED.test(text)

const ISO = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?)?$/

/** Milliseconds since 1970, from that number or ISO 8601 (without a zone it is UTC); `undefined` when it is neither. */
export const timeOf = (text: string): number | undefined => {
  if (/^\d{1,14}$/.test(text)) return Number(text)
  // A "+" in an address arrives as a space.
  const iso = text.replace(/ (?=\d{2}:?\d{2}$)/, '+')
  const match = ISO.exec(iso)
  if (match === null) return undefined
  const time = Date.parse(match[1] === undefined || match[4] !== undefined ? iso : `${iso}Z`)
  return Number.isNaN(time) || time < 0 ? undefined : time
}

/** A piece of a text that was found; `match` marks what was looked for. */
export const Segment = Schema.Struct({ text: Schema.String, match: Schema.Boolean })

/** A message that was found, where it stands, and the pieces of it that show why. */
export const Hit = Schema.Struct({
  message: Message,
  threadId: Schema.String,
  threadName: Schema.NullOr(Schema.String),
  /** Plain text in pieces, in their order: escape each before it becomes HTML. */
  highlights: Schema.Array(
    Schema.Struct({ field: Schema.Literals(['body', 'fileName']), segments: Schema.Array(Segment) })
  )
}).annotate({ identifier: 'SearchHit' })
export type Hit = typeof Hit.Type
