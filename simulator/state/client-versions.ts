// Which versions of linked devices WhatsApp still accepts, and which one its web page tells.
import type { proto } from '@whiskeysockets/baileys'

/** The three numbers of a version, as clients send them. */
export type ClientVersion = readonly [number, number, number]

export const formatVersion = (version: ClientVersion): string => version.join('.')

const isBelow = (version: ClientVersion, other: ClientVersion): boolean => {
  for (const [place, number] of version.entries()) {
    const limit = other[place] ?? 0
    if (number !== limit) return number < limit
  }
  return false
}

/** What a client says about itself when it connects. */
export const versionIn = ({ userAgent }: proto.ClientPayload): ClientVersion => {
  const { primary, secondary, tertiary } = userAgent?.appVersion ?? {}
  return [primary ?? 0, secondary ?? 0, tertiary ?? 0]
}

const withRevision = (revision: number): ClientVersion => [2, 3000, revision]

export class ClientVersions {
  /** The last number of the version that the web page tells. */
  live = 1_050_123_456
  /** Below this last number, everybody's logins are refused. */
  least = 0
  /** Whether the quotes in the page are escaped. */
  escaped = true

  /** Whether a device with this version may log in to an account that needs at least `least`. */
  accepts(version: ClientVersion, least = 0): boolean {
    return !isBelow(version, withRevision(Math.max(this.least, least)))
  }
}
