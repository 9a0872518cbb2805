// How WhatsApp ends a connection, read from the stanza itself: Baileys keeps no attribute of it but a code, and makes a 500 of
// what has none.
import type { IncomingMessage } from 'node:http'
import type { BinaryNode, WASocket } from '@whiskeysockets/baileys'
import { type Suspension, unspecifiedSuspension } from '../../../domain/account.ts'
import type { ConnectionEnd } from '../../../domain/disconnect.ts'

/** An end by WhatsApp; `suspension` when it suspends the account. */
export interface WhatsAppEnd extends ConnectionEnd {
  readonly suspension?: Suspension
}

/**
 * Calls back when WhatsApp ends the connection, before Baileys handles it; and when something answers with an HTTP status
 * instead of a connection: Baileys ignores this, and would wait until the connection times out.
 */
export const followEnds = (socket: WASocket, onEnd: (end: WhatsAppEnd) => void, now: () => number): void => {
  const follow = (name: string, endOf: (stanza: BinaryNode) => WhatsAppEnd) =>
    socket.ws.prependListener(name, (stanza: BinaryNode) => onEnd(endOf(stanza)))
  socket.ws.on('unexpected-response', (_request: unknown, response: IncomingMessage) =>
    onEnd({ source: 'http', code: response.statusCode ?? 0 })
  )
  follow('CB:failure', stanza => failureEnd(stanza, now()))
  follow('CB:stream:error', streamErrorEnd)
  follow('CB:xmlstreamend', () => ({ source: 'streamError', code: CLOSED, condition: 'xmlstreamend' }))
  follow('CB:ib,,downgrade_webclient', () => ({
    source: 'streamError',
    code: MULTI_DEVICE_MISMATCH,
    condition: 'downgrade_webclient'
  }))
}

/** The numbers of Baileys for what WhatsApp says without one. */
const CLOSED = 428
const MULTI_DEVICE_MISMATCH = 411

const SUSPENDED = 402

/** A longer suspension than this is no number of seconds. */
const LONGEST_SUSPENSION_S = 10 * 366 * 24 * 60 * 60

/** Why WhatsApp suspends an account for a time, by its code. */
const SUSPENSION_REASONS: ReadonlyMap<number, string> = new Map([
  [101, 'Too many messages to people who do not have this account in their address book'],
  [102, 'Too many people have blocked this account'],
  [103, 'Too many groups with people who do not have this account in their address book'],
  [104, 'The same message to too many people'],
  [106, 'Too many messages to broadcast lists']
])

/** A refused login. */
export const failureEnd = ({ attrs }: BinaryNode, now: number): WhatsAppEnd => {
  const code = numberIn(attrs['reason'], MOST_DIGITS) ?? 0
  return code === SUSPENDED
    ? { source: 'failure', code, suspension: suspensionIn(attrs, now) }
    : { source: 'failure', code }
}

const suspensionIn = (attrs: BinaryNode['attrs'], now: number): Suspension => {
  const code = numberIn(attrs['code'], MOST_DIGITS)
  const reason = code === undefined ? undefined : SUSPENSION_REASONS.get(code)
  const seconds = numberIn(attrs['expire'], MOST_DIGITS_OF_TIME) ?? 0
  return {
    ...unspecifiedSuspension(now),
    ...(code === undefined ? {} : { code }),
    ...(reason === undefined ? {} : { reason }),
    ...(seconds > 0 && seconds <= LONGEST_SUSPENSION_S ? { until: now + seconds * 1000 } : {})
  }
}

/** A stream error: with a code, with a child that says what is wrong, with both, or with neither. */
export const streamErrorEnd = ({ attrs, content }: BinaryNode): WhatsAppEnd => {
  const [child] = Array.isArray(content) ? content : []
  const condition = child?.tag === 'conflict' ? (child.attrs['type'] ?? child.tag) : child?.tag
  const code = numberIn(attrs['code'], MOST_DIGITS) ?? 0
  return condition === undefined
    ? { source: 'streamError', code }
    : { source: 'streamError', code, condition: wordOf(condition) }
}

const MOST_DIGITS = 5
const MOST_DIGITS_OF_TIME = 12

const numberIn = (text: string | undefined, digits: number): number | undefined =>
  text !== undefined && text.length <= digits && /^\d+$/.test(text) ? Number(text) : undefined

/** A condition is a word; whatever else stands there is not shown. */
const wordOf = (condition: string): string =>
  /^[a-z][\w:-]{0,39}$/i.test(condition) ? condition : 'unreadable'
