// Mentions stand in a body as "@" and the user part of an address. Body and list of a message name people by the same address.
import { userOf } from './jid.ts'

/** A mention as it was written, and the person who is meant; both are addresses. */
export interface Mention {
  readonly written: string
  readonly person: string
}

/** Histories are long: nothing is made for messages that mention nobody. */
const NOBODY: ReadonlyArray<never> = []

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\-]/g, '\\$&')

/** The body with each mention written as the address of its person. */
export const bodyNaming = (body: string | null, mentions: ReadonlyArray<Mention>): string | null => {
  if (mentions.length === 0) return body
  const names = new Map(mentions.map(({ person, written }) => [userOf(written), userOf(person)]))
  const changed = [...names].filter(([written, person]) => written !== person)
  if (body === null || changed.length === 0) return body
  // The longest first: one number may begin with another.
  const tokens = changed.map(([written]) => escaped(written)).sort((a, b) => b.length - a.length)
  const mention = new RegExp(`@(${tokens.join('|')})(?![A-Za-z0-9_])`, 'g')
  return body.replace(mention, (_, written: string) => `@${names.get(written) ?? written}`)
}

/** The people who are mentioned, each once. */
export const peopleIn = (mentions: ReadonlyArray<Mention>): ReadonlyArray<string> =>
  mentions.length === 0 ? NOBODY : [...new Set(mentions.map(({ person }) => person))]
