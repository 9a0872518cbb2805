// The filters of messages in a query: as fields of the contract, and decoded for the services.
import { Effect, Schema } from 'effect'
import { recipientJid } from '../domain/jid.ts'
import { isMessageType, MESSAGE_TYPES, type MessageFilter, timeOf } from '../domain/reading.ts'
import { type BadField, badField } from './problems.ts'

const filterText = (most: number, description: string) =>
  Schema.optionalKey(Schema.String.check(Schema.isMaxLength(most)).annotate({ description }))

const TYPES = `one or more of ${MESSAGE_TYPES.join(', ')}, separated by commas`

/** A range of time. */
export const timeFields = {
  since: filterText(
    40,
    'Sent at this time or later: milliseconds since 1970, or ISO 8601 (UTC when it has no time zone)'
  ),
  until: filterText(40, 'Sent before this time; same format as `since`')
}

export const messageFilterFields = {
  ...timeFields,
  sender: filterText(
    128,
    'The sender: a phone number with country code, any address of the person, or `me` for the account'
  ),
  type: filterText(400, `The type: ${TYPES}`)
}

export interface MessageFilterQuery {
  readonly since?: string
  readonly until?: string
  readonly sender?: string
  readonly type?: string
}

const decodeTime = (field: 'since' | 'until', text: string | undefined) => {
  const time = text === undefined ? undefined : timeOf(text)
  return text !== undefined && time === undefined
    ? Effect.fail(
        badField(
          'query',
          field,
          'Expected milliseconds since 1970 or ISO 8601, such as 2026-01-31 or 2026-01-31T09:00:00Z'
        )
      )
    : Effect.succeed(time)
}

const decodeSender = (text: string | undefined) => {
  if (text === undefined || text === 'me') return Effect.succeed(text)
  // A "+" in a query is decoded as a space.
  const jid = recipientJid(text.trim())
  return jid === undefined
    ? Effect.fail(
        badField('query', 'sender', 'Expected a phone number with country code, the jid of a person, or "me"')
      )
    : Effect.succeed(jid)
}

const decodeTypes = (text: string | undefined) => {
  const types = text?.split(',').map(type => type.trim())
  const unknown = types?.find(type => !isMessageType(type))
  return unknown === undefined
    ? Effect.succeed(types)
    : Effect.fail(badField('query', 'type', `Expected ${TYPES}`))
}

export const messageFilter = (query: MessageFilterQuery): Effect.Effect<MessageFilter, BadField> =>
  Effect.all({
    since: decodeTime('since', query.since),
    until: decodeTime('until', query.until),
    sender: decodeSender(query.sender),
    types: decodeTypes(query.type)
  }).pipe(
    Effect.filterOrFail(
      ({ since, until }) => since === undefined || until === undefined || since < until,
      () => badField('query', 'until', 'Expected a time after `since`')
    )
  )
