// Tickets for the inspector's stream. A browser sends no header of ours with a WebSocket, and the API key in an address
// would end up in logs: a ticket opens one connection, soon.
import { randomBytes } from 'node:crypto'

export interface Ticket {
  readonly ticket: string
  /** Milliseconds since 1970. */
  readonly expiresAt: number
}

export interface Tickets {
  readonly issue: (now: number) => Ticket
  /** Whether the ticket is good; it is not any more afterwards. */
  readonly redeem: (ticket: string, now: number) => boolean
}

const LIFETIME_MS = 30_000
const MOST = 100

export const makeTickets = (): Tickets => {
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
