// Events and calls that people plan in a chat. (Events of a chat itself are in chat-event.ts.)
import type { proto } from '@whiskeysockets/baileys'
import { millisecondsOf, secondsToMilliseconds } from '../numbers.ts'
import { pinned } from './location.ts'
import { type Family, lines, type Parts } from './parts.ts'

const LATEST_DATE = 8_640_000_000_000_000

const written = (milliseconds: number | undefined): string | undefined =>
  milliseconds === undefined || milliseconds === 0
    ? undefined
    : `${new Date(Math.min(milliseconds, LATEST_DATE)).toISOString().replace('T', ' ').slice(0, -8)} UTC`

const span = (start: number, end: number): string | undefined =>
  [written(start), written(end)].filter(time => time !== undefined).join(' – ')

/** Where an event takes place. Most have only the name of a place, which is in the body. */
const placeOf = ({ location }: proto.Message.IEventMessage): Parts['location'] =>
  location?.degreesLatitude || location?.degreesLongitude ? pinned(location).location : null

export const APPOINTMENT: Family = {
  eventMessage: event => ({
    type: 'event',
    body: lines(
      event.isCanceled === true ? 'Cancelled' : undefined,
      event.name,
      span(secondsToMilliseconds(event.startTime), secondsToMilliseconds(event.endTime)),
      event.location?.name ?? event.location?.address,
      event.description,
      event.joinLink
    ),
    location: placeOf(event) ?? null
  }),
  scheduledCallCreationMessage: call => ({
    type: 'event',
    body: lines(call.title ?? 'Scheduled call', written(millisecondsOf(call.scheduledTimestampMs)))
  }),
  scheduledCallEditMessage: () => ({ type: 'event', body: 'Scheduled call cancelled' })
}
