// Events of a chat: the same for a live notification and for the phone's history.
import type { Address, ContentFact } from '../../../domain/fact.ts'
import { NO_DETAILS_FACT } from './content/parts.ts'

type Words = (people: number, value: string | null) => string

const happened =
  (what: string): Words =>
  people =>
    people === 1
      ? `1 person was ${what}`
      : people === 0
        ? `Somebody was ${what}`
        : `${people} people were ${what}`

const did =
  (what: string): Words =>
  people =>
    people <= 1 ? `1 person ${what}` : `${people} people ${what}`

const choice =
  (on: string, off: string): Words =>
  (_, value) =>
    value === 'off' ? off : on

const WORDS = {
  create: (_, value) => (value === null ? 'The group was created' : `Group "${value}" was created`),
  delete: () => 'The group was deleted',
  subject: (_, value) => (value === null ? 'Subject removed' : `Subject changed to "${value}"`),
  description: (_, value) => (value === null ? 'Description removed' : `Description changed to "${value}"`),
  icon: (_, value) => (value === 'off' ? 'Group picture removed' : 'Group picture changed'),
  add: happened('added'),
  remove: happened('removed'),
  join: did('joined'),
  leave: did('left'),
  promote: happened('made admin'),
  demote: happened('dismissed as admin'),
  number: did('changed their phone number'),
  ephemeral: (_, value) => disappearing(Number(value ?? 0)),
  announce: choice('Only admins can send messages', 'Everybody can send messages'),
  lock: choice('Only admins can change the group’s info', 'Everybody can change the group’s info'),
  invite: () => 'The invite link was reset',
  addMode: (_, value) =>
    value === 'all_member_add' ? 'Everybody can add members' : 'Only admins can add members',
  approval: choice('Admins must approve who joins', 'Nobody needs approval to join'),
  request: (people, value) =>
    value === 'rejected'
      ? 'A request to join was rejected'
      : value === 'revoked'
        ? 'A request to join was withdrawn'
        : did('asked to join')(people, value),
  link: () => 'The group was linked to a community',
  unlink: () => 'The group was unlinked from its community',
  pin: () => 'A message was pinned',
  unpin: () => 'A message was unpinned',
  keep: () => 'A message was kept',
  unkeep: () => 'A message is no longer kept',
  numberRequested: () => 'The phone number was requested',
  numberShared: () => 'The phone number was shared',
  historyShared: (_, value) =>
    value === null
      ? 'Earlier messages were shared with new members'
      : `${value} earlier messages were shared with new members`,
  memberLabel: (_, value) => (value === null ? 'Member label removed' : `Member label: "${value}"`),
  chatPrivacy: choice('Advanced chat privacy is on', 'Advanced chat privacy is off'),
  handover: (_, value) => value ?? 'The conversation was handed over',
  statusMention: () => 'A status mentions this chat',
  statusAddition: () => 'Somebody added to a status',
  statusReshare: () => 'Somebody reshared a status',
  statusUsed: () => 'Somebody used a status',
  statusSticker: () => 'A sticker as a reaction to a status'
} satisfies Record<string, Words>

export type EventKind = keyof typeof WORDS

const UNITS = [
  [86_400, 'day'],
  [3600, 'hour'],
  [60, 'minute'],
  [1, 'second']
] as const

/** A time after which messages disappear, in the largest unit that gives a whole number. */
const disappearing = (seconds: number): string => {
  const [length, unit] = UNITS.find(([one]) => seconds >= one && seconds % one === 0) ?? [1, 'second']
  const count = seconds / length
  return Number.isFinite(count) && count > 0
    ? `Disappearing messages: ${count} ${unit}${count === 1 ? '' : 's'}`
    : 'Disappearing messages are off'
}

/** More than the largest group has; limits the size of the document of one notification. */
const MOST_PEOPLE = 5000
const LONGEST_VALUE = 4096

const described = (kind: string, body: string, people: ReadonlyArray<Address>, value: string | null) =>
  ({
    ...NO_DETAILS_FACT,
    type: 'system',
    body,
    event: { kind, people: people.slice(0, MOST_PEOPLE), value },
    quoted: null
  }) satisfies ContentFact

/** An event as the content of a message. `value` is what it is now: a subject, seconds, `on` or `off`. */
export const chatEvent = (
  kind: EventKind,
  people: ReadonlyArray<Address> = [],
  value?: string | null
): ContentFact => {
  const short = value ? value.slice(0, LONGEST_VALUE) : null
  const words: Words = WORDS[kind]
  return described(kind, words(people.length, short), people, short)
}

/** An event that this server does not know: stored under WhatsApp's own name. */
export const unnamedEvent = (tag: string, people: ReadonlyArray<Address>): ContentFact => {
  const name = tag.slice(0, 64)
  return described(name, `Group event: ${name.replaceAll('_', ' ')}`, people, null)
}

/** Seconds as an event's value; an expiration that is missing or no number means that nothing disappears. */
export const secondsOf = (value: unknown): number => {
  const seconds = Number(value ?? 0)
  return Number.isSafeInteger(seconds) && seconds > 0 ? seconds : 0
}

export const onOrOff = (value: string | null | undefined): 'on' | 'off' =>
  value === 'off' || value === 'false' ? 'off' : 'on'
