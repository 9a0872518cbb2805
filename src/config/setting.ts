// What a setting is, and how the texts of the environment become values. A decoder answers `undefined` for what is not allowed.

/** One setting as a person sees it: `decode` answers the value or, as text, what would be allowed. */
export interface Setting<A> {
  readonly default: string
  readonly allowed: string
  readonly meaning: string
  /** Whether nobody is shown its value. */
  readonly isSecret?: boolean
  readonly decode: (text: string) => A | undefined
}

export const setting = <A>(definition: Setting<A>): Setting<A> => definition

export const whole = (minimum: number, maximum: number) => (text: string) => {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
  return Number.isSafeInteger(value) && value >= minimum && value <= maximum ? value : undefined
}

export const oneOf =
  <const A extends string>(...values: ReadonlyArray<A>) =>
  (text: string): A | undefined =>
    values.find(value => value === text)

export const bytes32 = (text: string): Uint8Array | undefined => {
  if (!/^[A-Za-z0-9+/_-]{43}=?$/.test(text)) return undefined
  const value = Buffer.from(text, 'base64')
  return value.length === 32 ? new Uint8Array(value) : undefined
}

export const emptyOr =
  <A>(decode: (text: string) => A | undefined) =>
  (text: string): A | undefined | '' =>
    text === '' ? '' : decode(text)

export const webSocketUrl = (text: string): URL | undefined => {
  const url = URL.parse(text)
  return url !== null && (url.protocol === 'ws:' || url.protocol === 'wss:') ? url : undefined
}

export const webPage = (text: string): URL | undefined => {
  const url = URL.parse(text)
  return url !== null && (url.protocol === 'http:' || url.protocol === 'https:') ? url : undefined
}

export const mediaUrl = (text: string): URL | undefined => {
  const url = URL.parse(text)
  return url !== null && (url.protocol === 'http:' || url.protocol === 'https:') && url.pathname === '/'
    ? url
    : undefined
}

export const duration = (text: string): number | undefined => {
  const match = /^(\d{1,9})(ms|s|m|h)$/.exec(text)
  if (match === null) return undefined
  const unit = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[match[2] ?? '']
  const value = unit === undefined ? Number.NaN : Number(match[1]) * unit
  return value <= LONGEST_TIMER_MS ? value : undefined
}

/** An age, not a wait: no timer runs for it. */
export const age = (text: string): number | undefined => {
  const days = /^(\d{1,5})d$/.exec(text)?.[1]
  return days === undefined ? positiveDuration(text) : Number(days) * 86_400_000 || undefined
}

/** How long something is kept, in hours or days; empty: for good. */
export const keeping = (text: string): number | undefined | '' => (text === '' ? '' : ageInHours(text))

const ageInHours = (text: string): number | undefined => {
  const [, number, unit] = /^(\d{1,7})(h|d)$/.exec(text) ?? []
  const hours = Number(number) * (unit === 'd' ? 24 : 1)
  return hours > 0 && hours <= MOST_DAYS * 24 ? hours * 3_600_000 : undefined
}

const MOST_DAYS = 99_999

export const KEEPING = 'a whole number with its unit, 12h or 365d, at most 99999d; empty: for good'

/** Beyond this a timer of Node's fires at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** A deadline or a delay that must not be nothing. */
export const positiveDuration = (text: string): number | undefined => duration(text) || undefined

export const boolean = (text: string): boolean | undefined =>
  text === 'true' ? true : text === 'false' ? false : undefined

/** Values with commas between them. None of them is allowed when one is not. */
export const listOf =
  (isAllowed: (text: string) => boolean) =>
  (text: string): ReadonlyArray<string> | undefined => {
    const values = text
      .split(',')
      .map(value => value.trim())
      .filter(value => value !== '')
    return values.every(isAllowed) ? values : undefined
  }

/** As browsers write them: a scheme and a host, without a path. */
export const isOrigin = (text: string): boolean => /^[a-z][a-z0-9+.-]*:\/\/[a-z0-9.:[\]-]+$/.test(text)

export const DURATION = 'a whole number with its unit, 500ms, 30s, 5m or 1h, at most 596h'
