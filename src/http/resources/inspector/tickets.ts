// Tickets for the inspector's stream. A browser cannot send headers with a WebSocket, and the API key in a URL would end
// up in logs: a ticket opens one connection and expires soon.
import { randomBytes } from 'node:crypto'
import { Context, Layer } from 'effect'

export interface Ticket {
  readonly ticket: string
  /** Milliseconds since 1970. */
  readonly expiresAt: number
}

const LIFETIME_MS = 30_000
/** Unused tickets that are kept; a new one replaces the oldest. */
const MOST = 100

const makeTickets = (): InspectorTickets['Service'] => {
  const issued = new Map<string, number>()
  return {
    issue: now => {
      const [oldest] = issued.keys()
      if (issued.size >= MOST && oldest !== undefined) issued.delete(oldest)
      const ticket = randomBytes(24).toString('base64url')
      const expiresAt = now + LIFETIME_MS
      issued.set(ticket, expiresAt)
      return { ticket, expiresAt }
    },
    redeem: (ticket, now) => {
      const expiresAt = issued.get(ticket)
      issued.delete(ticket)
      return expiresAt !== undefined && now <= expiresAt
    }
  }
}

export class InspectorTickets extends Context.Service<
  InspectorTickets,
  {
    readonly issue: (now: number) => Ticket
    /** Whether the ticket is valid. It is used up by this. */
    readonly redeem: (ticket: string, now: number) => boolean
  }
>()('backscroll/http/InspectorTickets') {
  static readonly layer: Layer.Layer<InspectorTickets> = Layer.sync(InspectorTickets, makeTickets)
}
