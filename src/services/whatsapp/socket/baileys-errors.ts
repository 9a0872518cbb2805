// What the errors of Baileys mean: whether they are faults, which code WhatsApp gave, and the text for it.

/**
 * Whether something is broken inside Baileys. Errors of the protocol (Boom) and of the network are no faults: a query that
 * nobody waits for fails that way when a connection ends.
 */
export const isFault = (reason: unknown): boolean =>
  reason instanceof Error && !('isBoom' in reason) && !('code' in reason)

/** The name of an error, for the log; its message may hold addresses. */
export const nameOf = (cause: unknown): string => (cause instanceof Error ? cause.name : '')

/** The code that Baileys gives an error; 0 when it has none. */
export const statusCodeOf = (error: unknown): number => {
  if (typeof error !== 'object' || error === null || !('output' in error)) return 0
  const { output } = error
  return typeof output === 'object' &&
    output !== null &&
    'statusCode' in output &&
    typeof output.statusCode === 'number'
    ? output.statusCode
    : 0
}

/** The network's error when WhatsApp could not be reached. */
export const networkTrouble = (error: unknown): string | undefined => {
  if (typeof error !== 'object' || error === null || !('data' in error)) return undefined
  const { data } = error
  return typeof data === 'object' && data !== null && 'code' in data && typeof data.code === 'string'
    ? `WhatsApp cannot be reached (${data.code})`
    : undefined
}

/** The code with which WhatsApp refused a query that sending needed, such as the members of a group. */
export const refusalCodeOf = (error: unknown): number | undefined =>
  typeof error === 'object' && error !== null && 'data' in error && typeof error.data === 'number'
    ? error.data
    : undefined

const REFUSALS: Readonly<Record<number, string>> = {
  403: 'WhatsApp does not let this account write there',
  404: 'WhatsApp knows no such recipient'
}

/** Why WhatsApp did not accept a message. */
export const refusal = (code: number): string =>
  REFUSALS[code] ??
  (code === 463
    ? 'WhatsApp does not let this account start new conversations at the moment'
    : `WhatsApp refused the message (code ${code})`)
