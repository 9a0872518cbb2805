// The HTTP contract of the page on which the owner of a phone links an account: the ticket, and what the page asks with it.
import { Schema } from 'effect'
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema } from 'effect/http-api'
import { PairingFailure } from '../../../domain/account.ts'
import { PasskeyAssertion, PasskeyOptions } from '../../../domain/passkey.ts'
import { everyone, operates } from '../../auth/access.ts'
import { Authorization } from '../../auth/authorization.ts'
import { accountPath, Id } from '../../fields.ts'
import { operation } from '../../operation.ts'
import { BadField, NotFound, PairingRefused, StoreUnavailable, WrongState } from '../../problems.ts'
import { LinkAuditing } from './auditing.ts'
import { PairingRequest } from '../accounts/contract.ts'
import { Time } from '../../../domain/whole.ts'

/** Opens the page at `path` until `expiresAt` (milliseconds since 1970), or until the account is linked. */
export const LinkTicket = Schema.Struct({
  ticket: Schema.String,
  path: Schema.String,
  expiresAt: Time
}).annotate({ identifier: 'LinkTicket' })

export class LinkTicketsGroup extends HttpApiGroup.make('linkTickets')
  .add(
    HttpApiEndpoint.post('linkTicket', '/:accountId/link-tickets', {
      params: accountPath,
      success: LinkTicket.pipe(HttpApiSchema.status(201)),
      error: [NotFound, WrongState, StoreUnavailable]
    }).annotateMerge(
      operation({
        access: operates('path'),
        summary: 'Create a link for the phone’s owner',
        description:
          'A page on which the owner links the account, without an API key: QR code, pairing code, passkey. Valid for 15 minutes, for this account only; a new ticket replaces the one before.'
      })
    )
  )
  .middleware(Authorization)
  .prefix('/v1/accounts') {}

/** How far the linking is, as its page shows it. Times are milliseconds since 1970. */
export const LinkState = Schema.Struct({
  step: Schema.Literals(['ready', 'waiting', 'offered', 'passkey', 'linking', 'linked']),
  /** The name of the account. */
  name: Schema.String,
  /** The QR code as SVG. */
  qr: Schema.NullOr(Schema.String),
  code: Schema.NullOr(Schema.String),
  passkey: Schema.NullOr(
    Schema.Struct({
      step: Schema.Literals(['requested', 'submitted', 'confirming']),
      options: PasskeyOptions,
      refusal: Schema.NullOr(Schema.String),
      code: Schema.NullOr(Schema.String),
      isConfirmed: Schema.Boolean
    })
  ),
  /** Until when what is shown is valid. */
  expiresAt: Schema.NullOr(Time),
  /** Why the last attempt failed, in English. */
  problem: Schema.NullOr(Schema.String),
  problemKind: Schema.NullOr(Schema.Literals([...PairingFailure.fields.kind.literals, 'disconnected']))
}).annotate({ identifier: 'LinkState' })

const ticketPath = { ticket: Id }
const errors = [NotFound, WrongState, PairingRefused, StoreUnavailable] as const

const step = <const Name extends string>(name: Name, summary: string) =>
  HttpApiEndpoint.post(name, `/${name}`, {
    params: ticketPath,
    success: LinkState,
    error: errors
  }).annotateMerge(operation({ access: everyone, summary }))

/** The ticket in the path stands in for a credential. */
export class LinkGroup extends HttpApiGroup.make('link')
  .add(
    HttpApiEndpoint.get('state', '/state', {
      params: ticketPath,
      success: LinkState,
      error: errors
    }).annotateMerge(operation({ access: everyone, summary: 'Get how far the linking is' })),
    HttpApiEndpoint.post('pair', '/pair', {
      params: ticketPath,
      payload: PairingRequest,
      success: LinkState,
      error: [...errors, BadField]
    }).annotateMerge(operation({ access: everyone, summary: 'Begin linking' })),
    HttpApiEndpoint.post('assertion', '/assertion', {
      params: ticketPath,
      payload: PasskeyAssertion,
      success: LinkState,
      error: [...errors, BadField]
    }).annotateMerge(operation({ access: everyone, summary: 'Give the passkey assertion' })),
    step('confirm', 'Confirm that the phone shows the same code'),
    step('abandon', 'Stop linking')
  )
  .middleware(LinkAuditing)
  .prefix('/link/:ticket') {}
