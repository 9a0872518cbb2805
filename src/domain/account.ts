// What an account is, as applications and operators see it: the stored facts, and the words for its states.
import { Schema } from 'effect'

/** The leaf states of the account machine: the product's own words, used in HTTP, logs and documents alike. */
export const ACCOUNT_STATES = [
  'stopped',
  'pairing',
  'connecting',
  'open',
  'backfilling',
  'loggingOut',
  'reconnecting',
  'loggedOut',
  'replaced',
  'banned',
  'failed'
] as const
export const AccountState = Schema.Literals(ACCOUNT_STATES)
export type AccountState = typeof AccountState.Type

/** Ends that need a person. They survive a restart of the server: an account in one of them does not connect by itself. */
export const ENDED_STATES = ['loggedOut', 'replaced', 'banned', 'failed'] as const
export const EndedState = Schema.Literals(ENDED_STATES)
export type EndedState = typeof EndedState.Type

/** Why a connection ended: WhatsApp's status code and the words a person reads. `at` is in milliseconds since 1970. */
export const Disconnect = Schema.Struct({ code: Schema.Finite, reason: Schema.String, at: Schema.Finite })
export type Disconnect = typeof Disconnect.Type

/**
 * What WhatsApp does not let this account do for a time: start conversations (`reachout`, error 463) or start more of
 * them than it allows a month (`capping`). Existing conversations go on. `until` is in milliseconds since 1970.
 */
export const Restriction = Schema.Struct({
  kind: Schema.Literals(['reachout', 'capping']),
  reason: Schema.String,
  until: Schema.Finite
})
export type Restriction = typeof Restriction.Type

/** The durable facts of an account. Its first state after a start is derived from these alone. */
export const AccountRecord = Schema.Struct({
  accountId: Schema.String,
  name: Schema.String,
  createdAt: Schema.Finite,
  /** Whether a person wants it online; `disconnect` clears it, `connect` and `pair` set it. */
  wanted: Schema.Boolean,
  jid: Schema.NullOr(Schema.String),
  lid: Schema.NullOr(Schema.String),
  ended: Schema.NullOr(EndedState),
  lastDisconnect: Schema.NullOr(Disconnect),
  restriction: Schema.NullOr(Restriction),
  /** When the present link began, and when it was last known to be online. */
  linkedAt: Schema.NullOr(Schema.Finite),
  onlineAt: Schema.NullOr(Schema.Finite)
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
    'wanted' | 'jid' | 'lid' | 'ended' | 'lastDisconnect' | 'restriction' | 'linkedAt' | 'onlineAt'
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
  linkedAt: null,
  onlineAt: null
})

/** Whether a phone is linked. A linked account may still be offline, or ended in another way than by a logout. */
export const isLinked = ({ ended, jid }: Pick<AccountRecord, 'ended' | 'jid'>): boolean =>
  jid !== null && ended !== 'loggedOut'

/** The restriction by WhatsApp that is in force at a time (milliseconds since 1970); `null` when there is none. */
export const restrictionAt = (
  { restriction }: Pick<AccountRecord, 'restriction'>,
  at: number
): Restriction | null => (restriction !== null && restriction.until > at ? restriction : null)
