// A place on the map.
import { Effect, Schema } from 'effect'
import { line } from '../fields.ts'
import { defineKind, newMessage } from './kind.ts'
import { optionalText, quoted, visibleText } from './parts.ts'

const Request = Schema.Struct({
  latitude: Schema.Finite.check(Schema.isBetween({ minimum: -90, maximum: 90 })),
  longitude: Schema.Finite.check(Schema.isBetween({ minimum: -180, maximum: 180 })),
  name: Schema.optionalKey(line(256)),
  address: Schema.optionalKey(line(512))
})

const Stored = Schema.Struct({
  kind: Schema.Literal('location'),
  latitude: Schema.Finite,
  longitude: Schema.Finite,
  name: optionalText,
  address: optionalText,
  quoted
})

const compose = Effect.fnUntraced(function* (asked: typeof Request.Type) {
  if (asked.name !== undefined) yield* visibleText('location.name', asked.name)
  if (asked.address !== undefined) yield* visibleText('location.address', asked.address)
  return { kind: 'location' as const, ...asked }
})

export const location = defineKind(Stored, {
  ...newMessage,
  canMention: false,
  request: Request,
  compose,
  wire: (content, { accompanying }) => ({
    as: 'message',
    message: {
      locationMessage: {
        degreesLatitude: content.latitude,
        degreesLongitude: content.longitude,
        name: content.name ?? null,
        address: content.address ?? null,
        ...accompanying
      }
    }
  }),
  redact: () => ({ kind: 'location', latitude: 0, longitude: 0 })
})
