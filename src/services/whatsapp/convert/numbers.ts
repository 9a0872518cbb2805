// protobufjs hands 64-bit numbers over as Long, number or nothing; here they become plain numbers.

/** A Long; as any other object it would become a number through its decimal text. */
const isLong = (value: unknown): value is { readonly toNumber: () => number } =>
  typeof value === 'object' && value !== null && 'toNumber' in value && typeof value.toNumber === 'function'

/** A plain number, or `null` when there is none that JavaScript can hold exactly. */
export const numberOf = (value: unknown): number | null => {
  if (value === null || value === undefined) return null
  const number = typeof value === 'number' ? value : isLong(value) ? value.toNumber() : Number(value)
  return Number.isSafeInteger(number) ? number : null
}

/** Milliseconds, of a field that is given in milliseconds; zero means "not set". */
export const millisecondsOf = (value: unknown): number | undefined => {
  const number = numberOf(value)
  return number === null || number <= 0 ? undefined : number
}

/** Milliseconds, of a field that WhatsApp gives in seconds. */
export const secondsToMilliseconds = (value: unknown): number => {
  const seconds = numberOf(value) ?? 0
  // Beyond this there is no valid Date; such a time is wrong and is clamped later.
  return Math.min(Math.max(0, seconds) * 1000, 8_640_000_000_000_000)
}
