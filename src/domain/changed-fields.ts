// Which fields of a message an application sees change, and what kind of change that is to it.
import { isDeepStrictEqual } from 'node:util'
import type { Held } from './change.ts'
import type { FeedKind } from './feed.ts'
import { filesOf } from './message.ts'

/** The fields of a message document that show what is held; what is not here cannot be seen. */
const SHOWN_AS: Readonly<Partial<Record<keyof Held, string>>> = {
  type: 'type',
  body: 'body',
  media: 'media',
  location: 'location',
  contacts: 'contacts',
  poll: 'poll',
  votes: 'poll',
  pollChanges: 'poll',
  call: 'call',
  answer: 'answer',
  event: 'event',
  eventResponses: 'eventResponses',
  mentions: 'mentions',
  reactions: 'reactions',
  edits: 'edits',
  status: 'status',
  statusReason: 'statusReason',
  tsClient: 'tsClient',
  starred: 'starred',
  deletedForMeAt: 'deletedForMeAt',
  unreadable: 'unreadableAddOns',
  shortened: 'shortened',
  viewOnce: 'viewOnce',
  association: 'association',
  album: 'album'
}

const isKey = (key: string): key is keyof Held => key in SHOWN_AS

const isNothing = (value: unknown): boolean =>
  value === undefined || value === null || (Array.isArray(value) && value.length === 0)

/** By value: what is made anew with the same content has not changed. */
const isSame = (one: unknown, other: unknown): boolean =>
  (isNothing(one) && isNothing(other)) || isDeepStrictEqual(one, other)

/** In alphabetical order. */
export const changedFields = (before: Held, after: Held): ReadonlyArray<string> => {
  const names = Object.keys(SHOWN_AS)
    .filter(isKey)
    .filter(key => !isSame(before[key], after[key]))
    .flatMap(key => SHOWN_AS[key] ?? [])
  return [...new Set(names)].toSorted()
}

const OF_STATUS: ReadonlySet<string> = new Set(['status', 'statusReason', 'tsClient'])

const hasStoredFile = ({ media }: Held): boolean =>
  filesOf(media).some(({ fetched }) => fetched?.state === 'stored')

export interface ShownChange {
  readonly kind: Extract<FeedKind, `message.${string}` | `call.${string}`>
  readonly changed: ReadonlyArray<string>
}

/** `undefined` when nothing of it can be seen. */
export const shownChange = (before: Held, after: Held): ShownChange | undefined => {
  const changed = changedFields(before, after)
  const [only] = changed
  if (only === undefined) return undefined
  if (changed.every(name => OF_STATUS.has(name))) return { kind: 'message.status', changed }
  if (changed.length > 1) return { kind: 'message.changed', changed }
  if (only === 'call') return { kind: 'call.ended', changed }
  if (only === 'reactions') return { kind: 'message.reaction', changed }
  if (only === 'poll' && !isSame(before.votes, after.votes)) return { kind: 'message.vote', changed }
  if (only === 'media' && !hasStoredFile(before) && hasStoredFile(after))
    return { kind: 'message.media', changed }
  return { kind: 'message.changed', changed }
}
