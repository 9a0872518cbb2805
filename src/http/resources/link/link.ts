// What the page of a link is told and may do: all of it for the one account of its ticket.
import { Clock, Effect } from 'effect'
import QRCode from 'qrcode'
import type { PasskeyAssertion } from '../../../domain/passkey.ts'
import type { AccountView, PasskeyView } from '../../../services/accounts.ts'
import { findAccount } from '../../lookup.ts'
import { NotFound, WrongState } from '../../problems.ts'
import { command, pairingCommand } from '../accounts/commands.ts'
import type { PairingRequest } from '../accounts/contract.ts'
import { assertPasskey, confirmPasskey, type PasskeyStep, passkeyStepOf } from '../passkey/passkey.ts'
import { LinkTickets } from './tickets.ts'

const isOnline = ({ state }: AccountView): boolean => state === 'open' || state === 'backfilling'

/** An account that can be linked: one that has no link, or lost it. */
const isLinkable = ({ isLinked, state }: AccountView): boolean => !isLinked || state.startsWith('pairing')

export const issueTicket = Effect.fnUntraced(function* (accountId: string) {
  const view = yield* findAccount(accountId)
  if (!isLinkable(view)) {
    const detail = 'The account is linked already; logout unlinks it'
    return yield* new WrongState({ state: view.state, detail })
  }
  const tickets = yield* LinkTickets
  const { expiresAt, ticket } = tickets.issue(accountId, yield* Clock.currentTimeMillis)
  return { ticket, path: `/link/${ticket}`, expiresAt }
})

/** The account that a ticket is for. */
const accountOf = Effect.fnUntraced(function* (ticket: string) {
  const tickets = yield* LinkTickets
  const found = tickets.find(ticket, yield* Clock.currentTimeMillis)
  if (found !== undefined) return found.accountId
  return yield* new NotFound({ detail: 'This link has expired, or was used already. Ask for a new one' })
})

const stepOf = (view: AccountView) => {
  const { isLinked, offer, passkey, state } = view
  if (isOnline(view)) return 'linked'
  if (passkey !== null) return 'passkey'
  if (offer !== null) return 'offered'
  if (state === 'connecting' || (state === 'reconnecting' && isLinked)) return 'linking'
  return state === 'pairing' || state === 'reconnecting' ? 'waiting' : 'ready'
}

/** Why the last attempt failed: which kind of failure, and the server's words. */
const problemOf = ({ lastDisconnect, pairingFailure, state }: AccountView) => {
  if (pairingFailure !== null) return { problemKind: pairingFailure.kind, problem: pairingFailure.reason }
  const isOver = state === 'stopped' || state === 'loggedOut'
  return isOver && lastDisconnect !== null
    ? { problemKind: 'disconnected' as const, problem: lastDisconnect.reason }
    : { problemKind: null, problem: null }
}

const svgOf = (text: string) => Effect.promise(() => QRCode.toString(text, { type: 'svg', margin: 2 }))

const passkeyShown = ({ code, isConfirmed, options, refusal }: PasskeyView, step: PasskeyStep) => ({
  step,
  options,
  refusal,
  code,
  isConfirmed
})

/** The ticket ends with the answer that the account is linked. */
const linkState = Effect.fnUntraced(function* (view: AccountView) {
  const { offer, passkey, record } = view
  const tickets = yield* LinkTickets
  if (isOnline(view)) tickets.revoke(record.accountId)
  const step = passkeyStepOf(view)
  return {
    step: stepOf(view),
    name: record.name,
    qr: offer?.method === 'qr' ? yield* svgOf(offer.text) : null,
    code: offer?.method === 'code' ? offer.text : null,
    passkey: passkey === null || step === undefined ? null : passkeyShown(passkey, step),
    expiresAt: passkey?.expiresAt ?? offer?.expiresAt ?? null,
    ...problemOf(view)
  } as const
})

export const readLink = (ticket: string) =>
  accountOf(ticket).pipe(Effect.flatMap(findAccount), Effect.flatMap(linkState))

/** What the page does, and how far the linking is afterwards. */
const act = <A, E, R>(ticket: string, action: (accountId: string) => Effect.Effect<A, E, R>) =>
  Effect.flatMap(accountOf(ticket), action).pipe(Effect.andThen(readLink(ticket)))

export const pairByLink = (ticket: string, request: PairingRequest) =>
  act(ticket, accountId => Effect.flatMap(pairingCommand(request), given => command(accountId, given)))

export const assertByLink = (ticket: string, assertion: PasskeyAssertion) =>
  act(ticket, accountId => assertPasskey(accountId, assertion))

export const confirmByLink = (ticket: string) => act(ticket, confirmPasskey)

export const abandonByLink = (ticket: string) =>
  act(ticket, accountId => command(accountId, { type: 'command.disconnect' }))
