// Versions of WhatsApp's web client, as a connection introduces itself: 2.3000 and the revision of the page.
import { DEFAULT_CONNECTION_CONFIG } from '@whiskeysockets/baileys'

export type Version = readonly [number, number, number]

/** The version that this release of Baileys was made for. */
export const BUILT_IN: Version = DEFAULT_CONNECTION_CONFIG.version

export const formatVersion = (version: Version): string => version.join('.')

/** WhatsApp keeps each part in 32 bits. */
const LARGEST = 2 ** 32 - 1

/** The version of a page with this revision; `undefined` when it cannot be one. */
export const versionOfRevision = (digits: string): Version | undefined => {
  const revision = /^\d{1,10}$/.test(digits) ? Number(digits) : Number.NaN
  return revision > 0 && revision <= LARGEST ? [2, 3000, revision] : undefined
}

export const parseVersion = (text: string): Version | undefined => {
  const [, revision] = /^2\.3000\.(\d{1,10})$/.exec(text) ?? []
  return revision === undefined ? undefined : versionOfRevision(revision)
}

export const isNewer = (version: Version, than: Version): boolean => {
  const place = version.findIndex((number, index) => number !== than[index])
  return place >= 0 && (version[place] ?? 0) > (than[place] ?? 0)
}

export const newest = (first: Version, ...others: ReadonlyArray<Version>): Version =>
  others.reduce((best, version) => (isNewer(version, best) ? version : best), first)
