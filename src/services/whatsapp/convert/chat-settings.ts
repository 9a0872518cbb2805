// What a person sets for a chat, as history and the settings shared by all devices write it.
import type { proto } from '@whiskeysockets/baileys'
import type { ChatSetting, ChatSettingName } from '../../../domain/chat-setting.ts'
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

/**
 * The settings in a conversation of a history chunk. They are as old as the account's link, but whether the chat is marked as unread
 * is as of `madeAt` (milliseconds since 1970) where that is given: phones say it with each page that they are asked for.
 */
export const settingsOf = (
  conversation: proto.IConversation,
  madeAt?: number
): ReadonlyArray<ChatSetting> => {
  const { archived, markedAsUnread } = conversation
  const settings: ReadonlyArray<readonly [ChatSettingName, number | null | undefined]> = [
    ['archived', archived == null ? undefined : Number(archived)],
    ['pinned', pinnedAt(conversation.pinned)],
    ['muted', mutedUntil(conversation.muteEndTime)],
    ['markedUnread', markedAsUnread == null ? undefined : Number(markedAsUnread)]
  ]
  return settings.flatMap(([setting, value]) =>
    value === undefined ? [] : [{ setting, value, at: setting === 'markedUnread' ? madeAt : undefined }]
  )
}
