// Settings of a chat that all devices of an account share. Each has a time: of two reports the later one counts, whichever
// way they came.

/** The settings by name; the value is a number or `null`. */
export const CHAT_SETTINGS = [
  /** 1 or 0. */
  'archived',
  /** When it was pinned, milliseconds since 1970; `null`: it is not. */
  'pinned',
  /** Until when it is muted, milliseconds since 1970 or `FOR_EVER`; `null`: it is not. */
  'muted',
  /** 1 or 0: the owner marked it as unread. */
  'markedUnread',
  /** The owner has read everything up to this time, milliseconds since 1970. */
  'readUpTo',
  /** The owner removed all messages up to this time, milliseconds since 1970. */
  'cleared',
  /** The same, without the starred ones. */
  'clearedExceptStarred',
  /** The owner deleted the chat, whose newest message was of this time, milliseconds since 1970. */
  'deleted'
] as const
export type ChatSettingName = (typeof CHAT_SETTINGS)[number]

export interface ChatSetting {
  readonly setting: ChatSettingName
  readonly value: number | null
  /** When it was set, milliseconds since 1970; `undefined` where the source does not say: as it was when the account was linked. */
  readonly at: number | undefined
}
