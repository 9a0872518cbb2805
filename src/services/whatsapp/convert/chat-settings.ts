// What a person sets for a chat, as history and the settings shared by all devices write it.
import { FOR_EVER } from '../../../domain/thread.ts'
import { numberOf } from './numbers.ts'

/** Phones give these times in seconds or in milliseconds. */
const FIRST_MILLISECONDS = 100_000_000_000
const milliseconds = (time: number): number => (time < FIRST_MILLISECONDS ? time * 1000 : time)

/** Until when a chat is muted, `null` when it is not; `undefined` when the source does not say. */
export const mutedUntil = (end: unknown): number | null | undefined => {
  const time = numberOf(end)
  // Some phones write "for ever" as a number that is too large for a date.
  if (time === null) return end == null ? undefined : FOR_EVER
  return time === 0 ? null : time < 0 ? FOR_EVER : milliseconds(time)
}

/** When a chat was pinned, `null` when it is not; `undefined` when the source does not say. */
export const pinnedAt = (given: unknown): number | null | undefined => {
  const time = numberOf(given)
  return time === null ? undefined : time <= 0 ? null : milliseconds(time)
}
