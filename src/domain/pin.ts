// Messages that stand at the top of their chat for a time.
import { Schema } from 'effect'
import { Message } from './message.ts'
import { Time } from './whole.ts'

/** How many WhatsApp shows in a chat: one more ends the oldest. */
export const MOST_PINNED = 3

/** How long WhatsApp lets a message stay pinned: a day, a week, thirty days. */
export const PIN_SECONDS = [86_400, 604_800, 2_592_000] as const
/** What phones suggest. */
export const USUALLY_PINNED_SECONDS = 604_800
export const LONGEST_PINNED_SECONDS = 2_592_000

/** A pinned message. Times are milliseconds since 1970. */
export const Pin = Schema.Struct({ message: Message, pinnedAt: Time, until: Time }).annotate({
  identifier: 'Pin'
})
export type Pin = typeof Pin.Type
