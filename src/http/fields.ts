// What several paths have in their addresses: ids, cursors, limits, filters; and filters as the store takes them.
import { Effect, Schema } from 'effect'
import { recipientJid } from '../domain/jid.ts'
import { isMessageType, MESSAGE_TYPES, type MessageFilter, timeOf } from '../domain/reading.ts'
import { type BadField, badField } from './problems.ts'

export const AccountId = Schema.String.check(Schema.isMaxLength(100))
export const ThreadId = Schema.String.check(Schema.isMaxLength(256))
export const CursorText = Schema.String.check(Schema.isMaxLength(512))

export const limit = (most: number) =>
  Schema.optionalKey(
    Schema.NumberFromString.check(
      Schema.isInt({ message: `Expected a whole number from 1 to ${most}` }),
      Schema.isBetween(
        { minimum: 1, maximum: most },
        { message: `Expected a whole number from 1 to ${most}` }
      )
    )
  )

const filterText = (most: number, description: string) =>
  Schema.optionalKey(Schema.String.check(Schema.isMaxLength(most)).annotate({ description }))

/** Between two times. */
export const timeFields = {
  since: filterText(
    40,
    'Written at this time or later: milliseconds since 1970, or ISO 8601 (without a zone it is UTC)'
  ),
  until: filterText(40, 'Written before this time; written like `since`')
}

export const messageFilterFields = {
  ...timeFields,
  sender: filterText(
    128,
    'Who wrote it: a phone number with country code, any address of the person, or `me` for the account'
  ),
  type: filterText(400, `One or several of ${MESSAGE_TYPES.join(', ')}, parted by commas`)
}

const time = (field: 'since' | 'until', text: string | undefined) => {
  const found = text === undefined ? undefined : timeOf(text)
  return text !== undefined && found === undefined
    ? Effect.fail(
        badField(
          'query',
          field,
          'Expected milliseconds since 1970 or ISO 8601, such as 2026-01-31 or 2026-01-31T09:00:00Z'
        )
      )
    : Effect.succeed(found)
}

const sender = (text: string | undefined) => {
  if (text === undefined || text === 'me') return Effect.succeed(text)
  // A "+" in an address arrives as a space.
  const jid = recipientJid(text.trim())
  return jid === undefined
    ? Effect.fail(
        badField('query', 'sender', 'Expected a phone number with country code, the jid of a person, or "me"')
      )
    : Effect.succeed(jid)
}

const types = (text: string | undefined) => {
  const all = text?.split(',').map(type => type.trim())
  const unknown = all?.find(type => !isMessageType(type))
  return unknown === undefined
    ? Effect.succeed(all)
    : Effect.fail(
        badField('query', 'type', `Expected one or several of ${MESSAGE_TYPES.join(', ')}, parted by commas`)
      )
}

interface FilterQuery {
  readonly since?: string
  readonly until?: string
  readonly sender?: string
  readonly type?: string
}

export const messageFilter = (query: FilterQuery): Effect.Effect<MessageFilter, BadField> =>
  Effect.all({
    since: time('since', query.since),
    until: time('until', query.until),
    sender: sender(query.sender),
    types: types(query.type)
  }).pipe(
    Effect.filterOrFail(
      ({ since, until }) => since === undefined || until === undefined || since < until,
      () => badField('query', 'until', 'Expected a time after `since`')
    )
  )

/** The cursor in a field, if there is one; `decode` tells whether it is one of ours. */
export const cursorIn = <A>(
  field: string,
  text: string | undefined,
  decode: (text: string) => A | undefined
): Effect.Effect<A | undefined, BadField> => {
  const cursor = text === undefined ? undefined : decode(text)
  return text !== undefined && cursor === undefined
    ? Effect.fail(badField('query', field, 'Expected a cursor of an earlier answer, as it was given'))
    : Effect.succeed(cursor)
}
