// Colours for a terminal, and text of others made harmless for it.

/** What a text is drawn as; without colours the text itself. */
export interface Style {
  readonly bold: (text: string) => string
  readonly faint: (text: string) => string
  readonly good: (text: string) => string
  readonly bad: (text: string) => string
  readonly warning: (text: string) => string
}

const inColour =
  (code: number) =>
  (text: string): string =>
    text === '' ? '' : `\u001B[${code}m${text}\u001B[0m`

const asItIs = (text: string): string => text

export const styleFor = (hasColours: boolean): Style =>
  hasColours
    ? { bold: inColour(1), faint: inColour(2), good: inColour(32), bad: inColour(31), warning: inColour(33) }
    : { bold: asItIs, faint: asItIs, good: asItIs, bad: asItIs, warning: asItIs }

/** Controls could move the cursor or forge lines; marks of direction could turn what follows around. */
// oxlint-disable-next-line no-control-regex
const CONTROLS = /[\u0000-\u001F\u007F-\u009F\u200E\u200F\u2028\u2029\u202A-\u202E\u2066-\u2069]+/g

/** Text from outside in one line, without anything that a terminal would obey. */
export const plain = (text: string): string => text.replaceAll(CONTROLS, ' ').trim()

const twoDigits = (number: number): string => String(number).padStart(2, '0')

/** Milliseconds since 1970 in the time zone of this machine, to the second: `2026-11-29 22:50:56`. */
export const localTime = (ms: number): string => {
  const date = new Date(ms)
  const day = [date.getFullYear(), twoDigits(date.getMonth() + 1), twoDigits(date.getDate())].join('-')
  return `${day} ${[date.getHours(), date.getMinutes(), date.getSeconds()].map(twoDigits).join(':')}`
}

/** Milliseconds since 1970, or `-`. */
export const timeOr = (ms: number | null): string => (ms === null ? '-' : localTime(ms))

const UNITS = ['KiB', 'MiB', 'GiB', 'TiB']

/** A size for people: `1.5 GiB`. */
export const sizeText = (bytes: number): string => {
  if (bytes < 1024) return `${bytes} bytes`
  const unit = Math.min(UNITS.length, Math.floor(Math.log2(bytes) / 10))
  const value = bytes / 1024 ** unit
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${UNITS[unit - 1] ?? ''}`
}
