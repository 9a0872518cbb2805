// Events of accounts: what state they are in, how they are linked, how far their history is.
import { Schema } from 'effect'
import { AccountState, Restriction, Suspension } from '../account.ts'
import { CoverageSummary } from '../coverage.ts'
import { ACCOUNT_ID, AT } from '../examples.ts'
import { PasskeyOptions } from '../passkey.ts'
import { SYNC_FIELDS } from '../sync-progress.ts'
import { Time } from '../whole.ts'
import { durable, transient } from './event-type.ts'

export const AccountData = Schema.Struct({ accountId: Schema.String, name: Schema.String }).annotate({
  identifier: 'AccountEventData'
})

export const LinkedData = Schema.Struct({
  accountId: Schema.String,
  jid: Schema.String,
  lid: Schema.NullOr(Schema.String)
}).annotate({ identifier: 'LinkedEventData' })

export const StateData = Schema.Struct({
  accountId: Schema.String,
  state: AccountState,
  /** The state before; `null` for the first since the server started or the account was created. */
  from: Schema.NullOr(AccountState),
  /** Until when WhatsApp does not let the account log in; `null` when it does. */
  suspension: Schema.NullOr(Suspension),
  at: Time
}).annotate({ identifier: 'AccountStateEventData' })
export type StateData = typeof StateData.Type

/** What a person scans or types on the phone. */
export const Offer = Schema.Struct({
  method: Schema.Literals(['qr', 'code']),
  text: Schema.String,
  expiresAt: Time
})
export type Offer = typeof Offer.Type

export const PairingData = Schema.Struct({
  accountId: Schema.String,
  /** As it is when the event is delivered; `null` when nothing is on offer any more. */
  offer: Schema.NullOr(Offer)
}).annotate({ identifier: 'PairingEventData' })

/** The passkey that WhatsApp asks for while the account is being linked. */
export const PasskeyRequest = Schema.Struct({
  options: PasskeyOptions,
  expiresAt: Time,
  /** Why WhatsApp did not accept the assertion before. */
  refusal: Schema.NullOr(Schema.String),
  /** What the phone must show, too; `null` when there is nothing to compare. */
  code: Schema.NullOr(Schema.String),
  /** A person has compared it. */
  isConfirmed: Schema.Boolean
})
export type PasskeyRequest = typeof PasskeyRequest.Type

export const PasskeyData = Schema.Struct({
  accountId: Schema.String,
  /** As it is when the event is delivered; `null` when none is asked for any more. */
  passkey: Schema.NullOr(PasskeyRequest)
}).annotate({ identifier: 'PasskeyEventData' })

export const RestrictionData = Schema.Struct({
  accountId: Schema.String,
  /** `null`: it is over. */
  restriction: Schema.NullOr(Restriction)
}).annotate({ identifier: 'RestrictionEventData' })

export const SyncData = Schema.Struct({
  accountId: Schema.String,
  sync: Schema.Struct(SYNC_FIELDS),
  coverage: CoverageSummary
}).annotate({ identifier: 'SyncEventData' })

export const ACCOUNT_EVENTS = {
  'account.created': durable('An account is created', AccountData, { accountId: ACCOUNT_ID, name: 'Shop' }),
  'account.linked': durable('A phone is linked', LinkedData, {
    accountId: ACCOUNT_ID,
    jid: '15550100300@s.whatsapp.net',
    lid: '112003004005006@lid'
  }),
  'account.state': durable('The state of an account changes', StateData, {
    accountId: ACCOUNT_ID,
    state: 'open',
    from: 'connecting',
    suspension: null,
    at: AT
  }),
  'account.pairing': durable(
    'A QR code or a pairing code is on offer, or another one. What the log has of it is not the code',
    PairingData,
    { accountId: ACCOUNT_ID, offer: { method: 'code', text: 'K7QX2M9P', expiresAt: AT + 180_000 } },
    { role: 'operator' }
  ),
  'account.passkey': durable(
    'WhatsApp asks for a passkey while an account is being linked, or shows a code to compare',
    PasskeyData,
    {
      accountId: ACCOUNT_ID,
      passkey: {
        options: { challenge: 'c29tZS1jaGFsbGVuZ2U', rpId: 'whatsapp.com' },
        expiresAt: AT + 60_000,
        refusal: null,
        code: null,
        isConfirmed: false
      }
    },
    { role: 'operator' }
  ),
  'account.restriction': durable(
    'WhatsApp does not let an account start conversations for a time, or lets it again',
    RestrictionData,
    {
      accountId: ACCOUNT_ID,
      restriction: {
        kind: 'reachout',
        reason: 'WhatsApp does not let this account start new conversations',
        until: AT + 3_600_000
      }
    }
  ),
  'account.removed': durable('An account and everything stored of it is removed', AccountData, {
    accountId: ACCOUNT_ID,
    name: 'Shop'
  }),
  'sync.progress': transient('Once a second while history comes in, and once at its end', SyncData, {
    accountId: ACCOUNT_ID,
    sync: {
      chunksDone: 3,
      chunksPending: 1,
      chunksFailed: 0,
      messages: 12_000,
      percent: 60,
      messagesPerSecond: 4000,
      secondsLeft: 2
    },
    coverage: { complete: 40, partial: 2, unknown: 1 }
  })
} as const
