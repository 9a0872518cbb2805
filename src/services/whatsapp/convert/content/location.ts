// Locations, pinned or live.
import type { proto } from '@whiskeysockets/baileys'
import type { Location } from '../../../../domain/message.ts'
import type { Family, Parts } from './parts.ts'

interface Coordinates {
  degreesLatitude?: number | null
  degreesLongitude?: number | null
  accuracyInMeters?: number | null
}

const location = (
  { accuracyInMeters, degreesLatitude, degreesLongitude }: Coordinates,
  named: Pick<Location, 'name' | 'address' | 'live'>
): Location | null => {
  const latitude = degreesLatitude ?? 0
  const longitude = degreesLongitude ?? 0
  // The protobuf can carry any number, NaN and infinity among them: those are no coordinates.
  if (!(Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180)) return null
  return { latitude, longitude, ...named, accuracy: accuracyInMeters ?? null }
}

const written = (place: Location | null, label: string | null | undefined): string | null => {
  if (place === null) return label || null
  const coordinates = `${place.latitude},${place.longitude}`
  return label ? `${label} (${coordinates})` : coordinates
}

/** The location in a message or in a part of one. */
export const pinned = (place: proto.Message.ILocationMessage): Parts => {
  const { address = null, isLive, name = null } = place
  const where = location(place, { name, address, live: isLive === true })
  return { type: 'location', body: written(where, name), location: where }
}

export const LOCATION: Family = {
  locationMessage: pinned,
  liveLocationMessage: place => {
    const where = location(place, { name: null, address: null, live: true })
    return { type: 'location', body: written(where, place.caption), location: where }
  }
}
