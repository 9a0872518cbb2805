// An event that people plan in a chat and answer whether they come. Answers are encrypted with the secret of its message.
import { Clock, Effect, Schema } from 'effect'
import { line, Time } from '../fields.ts'
import { refuse } from '../errors.ts'
import { timeOf } from '../schedule.ts'
import { defineKind, newMessage } from './kind.ts'
import { optionalText, quoted, visibleText } from './parts.ts'

const Latitude = Schema.Finite.check(Schema.isBetween({ minimum: -90, maximum: 90 }))
const Longitude = Schema.Finite.check(Schema.isBetween({ minimum: -180, maximum: 180 }))

const Request = Schema.Struct({
  name: line(100),
  description: Schema.optionalKey(line(2048)),
  location: Schema.optionalKey(
    Schema.Struct({
      name: line(256),
      address: Schema.optionalKey(line(512)),
      /** Both or neither. */
      latitude: Schema.optionalKey(Latitude),
      longitude: Schema.optionalKey(Longitude)
    })
  ),
  startAt: Time,
  endAt: Schema.optionalKey(Time),
  /** Whether people may say that they bring others along. */
  extraGuests: Schema.optionalKey(Schema.Boolean)
})

const Stored = Schema.Struct({
  kind: Schema.Literal('event'),
  name: Schema.String,
  description: optionalText,
  place: Schema.optionalKey(
    Schema.Struct({
      name: Schema.String,
      address: optionalText,
      latitude: Schema.optionalKey(Schema.Finite),
      longitude: Schema.optionalKey(Schema.Finite)
    })
  ),
  /** Milliseconds since 1970. */
  startAt: Schema.Finite,
  endAt: Schema.optionalKey(Schema.Finite),
  extraGuests: Schema.Boolean,
  quoted
})

/** Times that are checked: an event in the past is a mistake, as one that ends before it starts is. */
const times = Effect.fnUntraced(function* (asked: Pick<typeof Request.Type, 'startAt' | 'endAt'>) {
  const startAt = yield* timeOf('event.startAt', asked.startAt)
  const endAt = yield* timeOf('event.endAt', asked.endAt)
  if (startAt === undefined || startAt <= (yield* Clock.currentTimeMillis)) {
    return yield* refuse('event.startAt', 'Expected a time to come, in milliseconds')
  }
  if (endAt !== undefined && endAt <= startAt) {
    return yield* refuse('event.endAt', 'Expected a time after event.startAt')
  }
  return { startAt, ...(endAt === undefined ? {} : { endAt }) }
})

const checkPlace = Effect.fnUntraced(function* (place: NonNullable<(typeof Request.Type)['location']>) {
  yield* visibleText('event.location.name', place.name)
  if (place.address !== undefined) yield* visibleText('event.location.address', place.address)
  return (place.latitude === undefined) === (place.longitude === undefined)
    ? place
    : yield* refuse('event.location', 'Expected both latitude and longitude, or neither')
})

const compose = Effect.fnUntraced(function* (asked: typeof Request.Type) {
  const { description, extraGuests = false, location } = asked
  return {
    kind: 'event' as const,
    name: yield* visibleText('event.name', asked.name),
    ...(description === undefined
      ? {}
      : { description: yield* visibleText('event.description', description) }),
    ...(location === undefined ? {} : { place: yield* checkPlace(location) }),
    ...(yield* times(asked)),
    extraGuests
  }
})

const seconds = (milliseconds: number): number => Math.floor(milliseconds / 1000)

export const event = defineKind(Stored, {
  ...newMessage,
  canMention: false,
  request: Request,
  compose,
  wire: ({ description, endAt, extraGuests, name, place, startAt }, { accompanying }) => ({
    as: 'message',
    message: {
      eventMessage: {
        name,
        ...(description === undefined ? {} : { description }),
        ...(place === undefined
          ? {}
          : {
              location: {
                name: place.name,
                ...(place.address === undefined ? {} : { address: place.address }),
                ...(place.latitude === undefined ? {} : { degreesLatitude: place.latitude }),
                ...(place.longitude === undefined ? {} : { degreesLongitude: place.longitude })
              }
            }),
        startTime: seconds(startAt),
        ...(endAt === undefined ? {} : { endTime: seconds(endAt) }),
        isCanceled: false,
        extraGuestsAllowed: extraGuests,
        ...accompanying
      }
    }
  }),
  stanza: () => ({ meta: { event_type: 'creation' } }),
  redact: ({ extraGuests, startAt }) => ({ kind: 'event', name: '', startAt, extraGuests })
})
