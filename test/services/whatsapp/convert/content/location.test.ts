// Places.
import { test } from 'vitest'
import { isShown, type Row } from './shown.ts'

const rows: ReadonlyArray<Row> = [
  [
    'a named place',
    {
      locationMessage: {
        degreesLatitude: 52.5,
        degreesLongitude: 13.4,
        name: 'Berlin',
        address: 'Alexanderplatz 1'
      }
    },
    {
      type: 'location',
      body: 'Berlin (52.5,13.4)',
      location: {
        latitude: 52.5,
        longitude: 13.4,
        name: 'Berlin',
        address: 'Alexanderplatz 1',
        live: false,
        accuracy: null
      }
    }
  ],
  [
    'a live place',
    { liveLocationMessage: { degreesLatitude: 1, degreesLongitude: 2, accuracyInMeters: 12 } },
    { type: 'location', body: '1,2', location: { live: true, accuracy: 12, name: null } }
  ],
  [
    'a live place with words',
    { liveLocationMessage: { degreesLatitude: 1, degreesLongitude: 2, caption: 'Here' } },
    { body: 'Here (1,2)' }
  ],
  [
    'a place that is none, by its name only',
    { locationMessage: { degreesLatitude: Number.NaN, degreesLongitude: 2, name: 'Nowhere' } },
    { type: 'location', body: 'Nowhere', location: null }
  ]
]

test.each(rows)('%s is shown', isShown)
