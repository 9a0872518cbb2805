// Events and calls that people plan.
import { test } from 'vitest'
import { isShown, type Row } from './shown.ts'

const rows: ReadonlyArray<Row> = [
  [
    'an event',
    {
      eventMessage: {
        name: 'Picnic',
        description: 'Bring bread',
        startTime: 1_767_225_600,
        endTime: 1_767_229_200,
        location: { degreesLatitude: 1, degreesLongitude: 2, name: 'Park' },
        joinLink: 'https://call.whatsapp.com/x'
      }
    },
    {
      type: 'event',
      body: 'Picnic\n2026-01-01 00:00 UTC – 2026-01-01 01:00 UTC\nPark\nBring bread\nhttps://call.whatsapp.com/x',
      location: { latitude: 1, longitude: 2, name: 'Park' }
    }
  ],
  [
    'a cancelled event',
    { eventMessage: { name: 'Picnic', isCanceled: true } },
    { body: 'Cancelled\nPicnic' }
  ],
  [
    'an event at the end of time',
    { eventMessage: { startTime: Number.MAX_SAFE_INTEGER } },
    { type: 'event', location: null }
  ],
  [
    'a planned call',
    { scheduledCallCreationMessage: { title: 'Weekly', scheduledTimestampMs: 1_767_225_600_000 } },
    { type: 'event', body: 'Weekly\n2026-01-01 00:00 UTC' }
  ],
  [
    'a planned call at no possible time',
    { scheduledCallCreationMessage: { scheduledTimestampMs: Number.MAX_SAFE_INTEGER } },
    { type: 'event' }
  ],
  ['a cancelled call', { scheduledCallEditMessage: {} }, { body: 'Scheduled call cancelled' }]
]

test.each(rows)('%s is shown', isShown)
