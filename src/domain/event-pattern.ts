// How keys and webhooks name the types of events that they are about.

/** The type of an event, or `message.*` for all types that begin with `message.`. */
export const isEventPattern = (text: string): boolean =>
  text.length <= 100 && /^[a-z][A-Za-z0-9]*(\.[a-z][A-Za-z0-9]*)*(\.\*)?$/.test(text)

/** Whether an event of this type is meant; of a pattern: everything that it means. */
export const matchesEvent = (pattern: string, type: string): boolean =>
  pattern.endsWith('.*') ? type.startsWith(pattern.slice(0, -1)) : pattern === type
