// The types of events that a request names: those that there are, and their beginnings.
import { Schema } from 'effect'
import { EVENT_KINDS } from '../domain/events/catalogue.ts'
import { OPENED_TYPE, TEST_TYPE } from '../domain/events/server-events.ts'
import { FEED_KINDS } from '../domain/feed.ts'
import { wordsLike } from '../domain/spelling.ts'

/** `message.stored`, and `message.*` for all that begin so. */
const withBeginnings = (kinds: ReadonlyArray<string>): ReadonlyArray<string> =>
  [...new Set([...kinds, ...kinds.map(kind => `${kind.split('.')[0]}.*`)])].toSorted()

/** Nobody asks for these: they come whatever is asked for. */
const UNASKED: ReadonlySet<string> = new Set([OPENED_TYPE, TEST_TYPE])

/** Those of the log: what is told as it happens is not delivered to webhooks. */
export const DELIVERED_TYPES = withBeginnings(FEED_KINDS)
export const STREAMED_TYPES = withBeginnings(EVENT_KINDS.filter(kind => !UNASKED.has(kind)))
/** One of a webhook: it comes when somebody tries it, and cannot be asked for otherwise. */
const TEST_TYPES = withBeginnings([TEST_TYPE])
/** One of a WebSocket, as it begins. */
const OPENED_TYPES = withBeginnings([OPENED_TYPE])

const MOST_DIFFERENT = 3
const LONGEST_SHOWN = 100

/** What is wrong with a type of event; `undefined` when there is such a one. The list of all is not repeated for each wrong one. */
export const typeRefusal = (text: string, types: ReadonlyArray<string>): string | undefined => {
  if (types.includes(text)) return undefined
  if (TEST_TYPES.includes(text))
    return `${text} cannot be asked for: a webhook gets it with POST /v1/webhooks/{webhookId}/test`
  if (OPENED_TYPES.includes(text))
    return `${text} cannot be asked for: every WebSocket of GET /v1/events/socket begins with it`
  if (STREAMED_TYPES.includes(text))
    return `${text} is transient: it is told as it happens and not kept, on streams only (GET /v1/events and its WebSocket)`
  const like = wordsLike(text.slice(0, LONGEST_SHOWN), types, MOST_DIFFERENT)
  const meant = like.length === 0 ? '' : ` Was ${like.slice(0, 3).join(' or ')} meant?`
  return `There is no type of event ${JSON.stringify(text.slice(0, LONGEST_SHOWN))}.${meant} GET /events/schemas lists all; message.* means those that begin so`
}

export const eventTypeOf = (types: ReadonlyArray<string>) =>
  Schema.String.check(Schema.makeFilter(text => typeRefusal(text, types) ?? true))
