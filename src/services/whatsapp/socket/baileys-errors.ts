// What the errors of Baileys mean: whether they are faults, how a connection ended, and the text for it.
import { ProxyFailed } from '../proxy/agent.ts'
import { ConnectionOver } from './runtime.ts'
import { type ConnectionEnd, OWN_CODES } from '../../../domain/disconnect.ts'

/**
 * Whether something is broken inside Baileys. Errors of the protocol (Boom) and of the network are no faults: a query that
 * nobody waits for fails that way when a connection ends.
 */
export const isFault = (reason: unknown): boolean =>
  reason instanceof Error &&
  !(reason instanceof ConnectionOver) &&
  !('isBoom' in reason) &&
  !('code' in reason)

/** The name of an error, for the log; its message may hold addresses. */
export const nameOf = (cause: unknown): string => (cause instanceof Error ? cause.name : '')

/** The code that Baileys gives an error; 0 when it has none. */
const statusCodeOf = (error: unknown): number => {
  if (typeof error !== 'object' || error === null || !('output' in error)) return 0
  const { output } = error
  return typeof output === 'object' &&
    output !== null &&
    'statusCode' in output &&
    typeof output.statusCode === 'number'
    ? output.statusCode
    : 0
}

/** The error of the WebSocket that Baileys packed into its own. */
const webSocketError = (error: unknown): Error | undefined =>
  typeof error === 'object' && error !== null && 'data' in error && error.data instanceof Error
    ? error.data
    : undefined

/** The network's error when WhatsApp could not be reached, TLS included. */
export const networkTrouble = (error: unknown): string | undefined => {
  const cause = webSocketError(error)
  if (cause instanceof ProxyFailed) return cause.message
  return cause !== undefined && 'code' in cause && typeof cause.code === 'string'
    ? `WhatsApp cannot be reached (${cause.code})`
    : undefined
}

/** Baileys' own number for a connection that timed out or was lost. */
const LOST = 408
/** With this number, Baileys itself ends a connection only after a logout that it was asked for. */
const LOGGED_OUT = 401

/**
 * How a connection ended that WhatsApp said nothing about. Baileys gives what TLS refuses, and other trouble of the
 * WebSocket, a number that means something else in the mouth of WhatsApp.
 */
export const endOfError = (error: unknown): ConnectionEnd => {
  const cause = webSocketError(error)
  if (cause instanceof ProxyFailed) return { source: 'proxy', code: cause.status }
  if (cause !== undefined) return { source: 'network', code: LOST }
  const code = statusCodeOf(error)
  return code === LOGGED_OUT ? { source: 'server', code: OWN_CODES.logout } : { source: 'network', code }
}

/** The code with which WhatsApp refused a query that sending needed, such as the members of a group. */
export const refusalCodeOf = (error: unknown): number | undefined =>
  typeof error === 'object' && error !== null && 'data' in error && typeof error.data === 'number'
    ? error.data
    : undefined

const REFUSALS: Readonly<Record<number, string>> = {
  403: 'WhatsApp does not let this account write there',
  404: 'WhatsApp knows no such recipient',
  429: 'WhatsApp answers no questions at the moment, because this account has asked too many',
  503: 'WhatsApp does not answer at the moment'
}

/** Why WhatsApp did not accept a message. */
export const refusal = (code: number): string =>
  REFUSALS[code] ??
  (code === 463
    ? 'WhatsApp does not let this account start new conversations at the moment'
    : `WhatsApp refused the message (code ${code})`)
