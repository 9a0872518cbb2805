// How long texts may be that others write. WhatsApp's own clients keep far below; what is longer was made to do harm.

/** Characters (UTF-16 units). */
export const LONGEST = {
  /** WhatsApp lets people write 65,536. */
  body: 100_000,
  /** The earlier bodies of a message together, and what the changes of a poll say. */
  edits: 400_000,
  /** Of people, chats, files, places, polls and their options. */
  name: 1000,
  /** What a button or a change of a group carries. */
  value: 10_000,
  /** An emoji of several parts has fewer than forty. */
  emoji: 100,
  number: 100,
  vcard: 100_000,
  /** All cards of a message together. */
  vcards: 400_000,
  path: 4000
} as const

/** The beginning of a text that has at most so many characters (UTF-16 units), without half of a surrogate pair. */
export const beginningOf = (text: string, most: number): string =>
  text.length <= most ? text : text.slice(0, most).replace(/[\ud800-\udbff]$/, '')

/** A name of a person, chat or label as it is kept. */
export const boundedName = <A extends string | null | undefined>(name: A): A | string =>
  typeof name === 'string' ? beginningOf(name, LONGEST.name) : name
