// The HTTP contract of accounts: creating, linking and controlling them.
import { Schema } from 'effect'
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema } from 'effect/http-api'
import { AccountState, Disconnect, PairingFailure, Restriction, Suspension } from '../../../domain/account.ts'
import { CoverageSummary } from '../../../domain/coverage.ts'
import { SYNC_FIELDS } from '../../../domain/sync-progress.ts'
import { proxyUrl } from '../../../domain/proxy.ts'
import { administers, lists, operates, reads } from '../../auth/access.ts'
import { Authorization } from '../../auth/authorization.ts'
import { accountPath } from '../../fields.ts'
import { operation } from '../../operation.ts'
import { importEndpoint } from './import-contract.ts'
import { BadField, NotFound, PairingRefused, StoreUnavailable, WrongState } from '../../problems.ts'
import { Time, Whole } from '../../../domain/whole.ts'

/** An account as the API shows it. Times are milliseconds since 1970. */
export const Account = Schema.Struct({
  accountId: Schema.String,
  name: Schema.String,
  createdAt: Time,
  state: AccountState,
  tags: Schema.Array(Schema.String),
  jid: Schema.NullOr(Schema.String),
  lid: Schema.NullOr(Schema.String),
  lastDisconnect: Schema.NullOr(Disconnect),
  /** What WhatsApp currently does not allow the account, and until when. */
  restriction: Schema.NullOr(Restriction),
  /** Until when WhatsApp does not let the account log in, and why. */
  suspension: Schema.NullOr(Suspension),
  /** Why the last pairing ended without a link; `null` when it did not, and from the next `pair` on. */
  pairingFailure: Schema.NullOr(PairingFailure),
  reconnectAttempts: Whole,
  /** Of the present or last connection since the server started, such as `2.3000.1043857760`; `null` before the first. */
  clientVersion: Schema.NullOr(Schema.String),
  /** When WhatsApp last sent anything but the answer to a query, since the server started; `null` before. */
  lastHeardAt: Schema.NullOr(Time),
  /** When a message was last sent, since the server started; `null` before. */
  lastSentAt: Schema.NullOr(Time),
  /** The proxy in use, its credentials as `***`; `null` when connections are direct. */
  proxy: Schema.NullOr(
    Schema.Struct({
      address: Schema.String,
      /** Whether it is the account's own, or the one of WHATSAPP_PROXY_URL. */
      source: Schema.Literals(['account', 'default'])
    })
  ),
  sync: Schema.Struct({
    ...SYNC_FIELDS,
    /** Until when a phone that does not answer is not asked again; `null` while it answers. */
    phoneSilentUntil: Schema.NullOr(Time)
  }).annotate({ identifier: 'SyncProgress' }),
  /** How many threads are complete, partial, or unknown. */
  coverage: CoverageSummary,
  counts: Schema.Struct({ threads: Whole, messages: Whole })
}).annotate({ identifier: 'Account' })

/** What is scanned (`qr`) or typed on the phone (`code`), and until when. */
export const PairingOffer = Schema.Struct({
  method: Schema.Literals(['qr', 'code']),
  qr: Schema.NullOr(Schema.String),
  code: Schema.NullOr(Schema.String),
  expiresAt: Time
}).annotate({ identifier: 'PairingOffer' })

export const Name = Schema.Trim.check(
  Schema.isMinLength(1),
  Schema.isMaxLength(100),
  // Control and direction characters, and single surrogates.
  Schema.isPattern(/^[^\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]*$/u, {
    message: 'Expected a name without control characters and incomplete characters'
  })
)

const Proxy = Schema.String.check(
  Schema.makeFilter(text => proxyUrl(text) !== undefined, {
    message:
      'Expected an http://, https:// or socks5:// address without a path: socks5://user:password@host:1080'
  })
)

const PhoneNumber = Schema.String.check(
  Schema.isPattern(/^\+?[1-9]\d{6,14}$/u, {
    message: 'Expected a phone number with country code, digits only: +4915112345678'
  })
)

export const PairingRequest = Schema.Struct({
  method: Schema.Literals(['qr', 'code']),
  /** Required by `code`: the number of the phone. */
  phoneNumber: Schema.optionalKey(PhoneNumber)
}).annotate({ identifier: 'PairingRequest' })
export type PairingRequest = typeof PairingRequest.Type

const accountErrors = [NotFound, StoreUnavailable] as const
const commandErrors = [NotFound, WrongState, StoreUnavailable] as const
const offerErrors = [NotFound, WrongState, PairingRefused, StoreUnavailable] as const
const accepted = Account.pipe(HttpApiSchema.status(202))

const command = <const Name extends string>(name: Name, summary: string, description: string) =>
  HttpApiEndpoint.post(name, `/:accountId/${name}`, {
    params: accountPath,
    success: accepted,
    error: commandErrors
  }).annotateMerge(operation({ access: operates('path'), summary, description }))

export class AccountsGroup extends HttpApiGroup.make('accounts')
  .add(
    HttpApiEndpoint.post('create', '/', {
      payload: Schema.Struct({ name: Name, proxy: Schema.optionalKey(Schema.NullOr(Proxy)) }).annotate({
        identifier: 'NewAccount'
      }),
      success: Account.pipe(HttpApiSchema.status(201)),
      error: StoreUnavailable
    }).annotateMerge(
      operation({
        access: operates('all'),
        summary: 'Create an account',
        description:
          'The account is not linked to a phone yet: `pair` links it. `proxy` is the proxy for everything that goes to WhatsApp.'
      })
    ),
    importEndpoint(Account, Name),
    HttpApiEndpoint.get('list', '/', {
      success: Schema.Struct({ accounts: Schema.Array(Account) }).annotate({ identifier: 'AccountList' }),
      error: StoreUnavailable
    }).annotateMerge(
      operation({
        access: lists,
        summary: 'List accounts',
        description: 'With a limited key or an ID token, only the accounts that it grants.'
      })
    ),
    HttpApiEndpoint.get('get', '/:accountId', {
      params: accountPath,
      success: Account,
      error: accountErrors
    }).annotateMerge(
      operation({
        access: reads('path'),
        summary: 'Get an account',
        description: 'Its state, last disconnect, history sync progress, coverage and counts.'
      })
    ),
    HttpApiEndpoint.patch('change', '/:accountId', {
      params: accountPath,
      payload: Schema.Struct({ proxy: Schema.NullOr(Proxy) }).annotate({ identifier: 'AccountChange' }),
      success: Account,
      error: accountErrors
    }).annotateMerge(
      operation({
        access: operates('path'),
        summary: 'Change an account',
        description:
          '`proxy` sets its proxy, and `null` removes it. If the account is connected, it connects again. The credentials of a proxy are never returned.'
      })
    ),
    HttpApiEndpoint.delete('remove', '/:accountId', {
      params: accountPath,
      success: HttpApiSchema.NoContent,
      error: accountErrors
    }).annotateMerge(
      operation({
        access: administers,
        summary: 'Delete an account',
        description: 'Unlinks the device if it is online and deletes everything stored for the account.'
      })
    ),
    HttpApiEndpoint.post('pair', '/:accountId/pair', {
      params: accountPath,
      payload: PairingRequest,
      success: accepted,
      error: [...commandErrors, BadField]
    }).annotateMerge(
      operation({
        access: operates('path'),
        summary: 'Link a phone',
        description: 'Starts linking by QR code or by pairing code; `qr` returns the code.'
      })
    ),
    HttpApiEndpoint.get('qr', '/:accountId/qr', {
      params: accountPath,
      success: PairingOffer,
      error: offerErrors
    }).annotateMerge(
      operation({
        access: operates('path'),
        summary: 'Get the QR code or pairing code',
        description: 'JSON, or an image if the header Accept asks for image/png or image/svg+xml.'
      })
    ),
    HttpApiEndpoint.get('qrPng', '/:accountId/qr.png', {
      params: accountPath,
      success: Schema.Uint8Array.pipe(HttpApiSchema.asUint8Array({ contentType: 'image/png' })),
      error: offerErrors
    }).annotateMerge(operation({ access: operates('path'), summary: 'Get the QR code as PNG' })),
    HttpApiEndpoint.get('qrSvg', '/:accountId/qr.svg', {
      params: accountPath,
      success: Schema.String.pipe(HttpApiSchema.asText({ contentType: 'image/svg+xml' })),
      error: offerErrors
    }).annotateMerge(operation({ access: operates('path'), summary: 'Get the QR code as SVG' })),
    command('connect', 'Connect an account', 'Goes online and stays online, also after a restart.'),
    command('disconnect', 'Disconnect an account', 'Goes offline until it is connected again.'),
    command('logout', 'Log out of WhatsApp', 'Unlinks this device; what is stored stays.'),
    command(
      'restart',
      'Restart an account',
      'Works in every state, also `failed`; other accounts are not affected.'
    )
  )
  .middleware(Authorization)
  .prefix('/v1/accounts') {}
