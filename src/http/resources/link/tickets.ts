// Tickets for the page on which the owner of a phone links an account, without the API key. They are kept as hashes, each for one
// account, and end when the account is linked.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { Context, Effect, Layer } from 'effect'
import { AccountMemory } from '../../../services/process/account-memory.ts'

export interface LinkTicket {
  readonly ticket: string
  /** Milliseconds since 1970. */
  readonly expiresAt: number
}

interface Issued {
  readonly hash: Buffer
  readonly expiresAt: number
}

const LIFETIME_MS = 15 * 60_000

const hashOf = (ticket: string): Buffer => createHash('sha256').update(ticket).digest()

const makeTickets = (issued: Map<string, Issued>): LinkTickets['Service'] => ({
  issue: (accountId, now) => {
    for (const [other, { expiresAt }] of issued) if (expiresAt < now) issued.delete(other)
    const ticket = randomBytes(24).toString('base64url')
    const expiresAt = now + LIFETIME_MS
    issued.set(accountId, { hash: hashOf(ticket), expiresAt })
    return { ticket, expiresAt }
  },
  find: (ticket, now) => {
    const hash = hashOf(ticket)
    for (const [accountId, one] of issued)
      if (timingSafeEqual(one.hash, hash) && now <= one.expiresAt)
        return { accountId, expiresAt: one.expiresAt }
    return undefined
  },
  revoke: accountId => void issued.delete(accountId)
})

export class LinkTickets extends Context.Service<
  LinkTickets,
  {
    /** A new ticket for the account; one that it had before is void. */
    readonly issue: (accountId: string, now: number) => LinkTicket
    /** The account of a valid ticket, and until when it is valid. */
    readonly find: (
      ticket: string,
      now: number
    ) => { readonly accountId: string; readonly expiresAt: number } | undefined
    readonly revoke: (accountId: string) => void
  }
>()('backscroll/http/LinkTickets') {
  static readonly layer: Layer.Layer<LinkTickets, never, AccountMemory> = Layer.effect(
    LinkTickets,
    Effect.map(AccountMemory, memory =>
      makeTickets(memory.register('http.linkTickets', new Map<string, Issued>()))
    )
  )
}
