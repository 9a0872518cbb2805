// What an account is, as applications and operators see it: the stored facts, and the words for its states.
import { Schema } from 'effect'
import { DisconnectSource } from './disconnect.ts'
import { Time, Whole } from './whole.ts'

/** The states of the account machine: the product's own words, used in HTTP, logs and documents alike. */
export const ACCOUNT_STATES = [
  'stopped',
  'pairing',
  'pairing.passkey.requested',
  'pairing.passkey.submitted',
  'pairing.passkey.confirming',
  'connecting',
  'open',
  'backfilling',
  'loggingOut',
  'reconnecting',
  'suspended',
  'loggedOut',
  'replaced',
  'banned',
  'locked',
  'failed'
] as const
export const AccountState = Schema.Literals(ACCOUNT_STATES).annotate({ identifier: 'AccountState' })
export type AccountState = typeof AccountState.Type

/** Ends that need a person. They survive a restart of the server: an account in one of them does not connect by itself. */
export const ENDED_STATES = ['loggedOut', 'replaced', 'banned', 'locked', 'failed'] as const
export const EndedState = Schema.Literals(ENDED_STATES)
export type EndedState = typeof EndedState.Type

/** Why a connection ended: who ended it, with which code, and the words a person reads. `at` is in milliseconds since 1970. */
export const Disconnect = Schema.Struct({
  /** 0 when there was none. */
  code: Whole,
  /** `null` for connections that ended before this was recorded. */
  source: Schema.NullOr(DisconnectSource),
  /** What WhatsApp named besides a code, such as `ack` or `replaced`. */
  condition: Schema.NullOr(Schema.String),
  reason: Schema.String,
  at: Time
}).annotate({ identifier: 'Disconnect' })
export type Disconnect = typeof Disconnect.Type

/** Why a pairing ended without a link; `reason` says what to do. */
export const PairingFailure = Schema.Struct({
  kind: Schema.Literals(['codeRefused', 'passkeyRefused', 'passkeyExpired']),
  reason: Schema.String
}).annotate({ identifier: 'PairingFailure' })
export type PairingFailure = typeof PairingFailure.Type

/** WhatsApp does not let the account log in for a time. Afterwards it connects by itself. */
export const Suspension = Schema.Struct({
  /** WhatsApp's code of the cause; `null` when it gave none. */
  code: Schema.NullOr(Whole),
  reason: Schema.String,
  /** Milliseconds since 1970; `null` when WhatsApp did not say when it ends. */
  until: Schema.NullOr(Time),
  /** When WhatsApp said it, milliseconds since 1970. */
  since: Time
}).annotate({ identifier: 'Suspension' })
export type Suspension = typeof Suspension.Type

/**
 * What WhatsApp does not let this account do for a time: start conversations (`reachout`, error 463) or start more of
 * them than it allows a month (`capping`). Existing conversations go on. `until` is in milliseconds since 1970.
 */
export const Restriction = Schema.Struct({
  kind: Schema.Literals(['reachout', 'capping']),
  reason: Schema.String,
  until: Time
}).annotate({ identifier: 'Restriction' })
export type Restriction = typeof Restriction.Type

/** The durable facts of an account. Its first state after a start is derived from these alone. */
export const AccountRecord = Schema.Struct({
  accountId: Schema.String,
  name: Schema.String,
  createdAt: Time,
  /** Whether a person wants it online; `disconnect` clears it, `connect` and `pair` set it. */
  wanted: Schema.Boolean,
  jid: Schema.NullOr(Schema.String),
  lid: Schema.NullOr(Schema.String),
  ended: Schema.NullOr(EndedState),
  lastDisconnect: Schema.NullOr(Disconnect),
  restriction: Schema.NullOr(Restriction),
  suspension: Schema.NullOr(Suspension),
  /** When the present link began, and when it was last known to be online. */
  linkedAt: Schema.NullOr(Time),
  onlineAt: Schema.NullOr(Time),
  /** Whether 1:1 chats of this account are addressed by LID; `null` while WhatsApp has not said it. */
  lidMigrated: Schema.NullOr(Schema.Boolean)
})
export type AccountRecord = typeof AccountRecord.Type

/** The addresses an account has itself, as messages name it; empty before it was ever linked. */
export const ownAddresses = (
  account: Pick<AccountRecord, 'jid' | 'lid'> | undefined
): { readonly jid: string; readonly lid?: string | undefined } => ({
  jid: account?.jid ?? '',
  lid: account?.lid ?? undefined
})

export type AccountFacts = Partial<
  Pick<
    AccountRecord,
    | 'wanted'
    | 'jid'
    | 'lid'
    | 'ended'
    | 'lastDisconnect'
    | 'restriction'
    | 'suspension'
    | 'linkedAt'
    | 'onlineAt'
    | 'lidMigrated'
  >
>

/** An account that was never linked. Times are milliseconds since 1970. */
export const newAccount = (
  given: Pick<AccountRecord, 'accountId' | 'name' | 'createdAt'>
): AccountRecord => ({
  ...given,
  wanted: false,
  jid: null,
  lid: null,
  ended: null,
  lastDisconnect: null,
  restriction: null,
  suspension: null,
  linkedAt: null,
  onlineAt: null,
  lidMigrated: null
})

/** Whether a phone is linked. A linked account may still be offline, or ended in another way than by a logout. */
export const isLinked = ({ ended, jid }: Pick<AccountRecord, 'ended' | 'jid'>): boolean =>
  jid !== null && ended !== 'loggedOut'

/** The restriction by WhatsApp that is in force at a time (milliseconds since 1970); `null` when there is none. */
export const restrictionAt = (
  { restriction }: Pick<AccountRecord, 'restriction'>,
  at: number
): Restriction | null => (restriction !== null && restriction.until > at ? restriction : null)

/** A suspension of which WhatsApp says nothing. */
export const unspecifiedSuspension = (since: number): Suspension => ({
  code: null,
  reason: 'WhatsApp does not say why',
  until: null,
  since
})

/** When WhatsApp does not say how long a suspension lasts, the account tries to connect again after this. */
const UNSPECIFIED_SUSPENSION_MS = 60 * 60_000

/** When a suspended account connects again, milliseconds since 1970. */
export const suspensionEnd = ({ since, until }: Suspension): number =>
  until ?? since + UNSPECIFIED_SUSPENSION_MS

/** The suspension that lasts at a time (milliseconds since 1970); `null` when there is none. */
export const suspensionAt = (suspension: Suspension | null, at: number): Suspension | null =>
  suspension !== null && suspensionEnd(suspension) > at ? suspension : null
