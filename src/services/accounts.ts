// The one way to an account: its live state, its facts and its commands, by account id and never through an actor
// reference. Where the account's actor runs (this process, one day another machine) is decided by the layer.
import { Context, type Effect, Schema } from 'effect'
import type { AccountCommand } from '../domain/account-command.ts'
import type {
  AccountRecord,
  AccountState,
  Disconnect,
  PairingFailure,
  Restriction,
  Suspension
} from '../domain/account.ts'
import type { CoverageSummary } from '../domain/coverage.ts'
import type { PasskeyOptions } from '../domain/passkey.ts'
import type { SyncProgress } from './history/chunks/pace.ts'
import type { Counts } from './conversations/queries.ts'
import type { DatabaseError } from './database/error.ts'
import type { SessionRefused } from './whatsapp/transfer/refusal.ts'
import type { LinkedSession } from './whatsapp/transfer/session.ts'
import type { TakingOver } from './whatsapp/transfer/transfer.ts'
import type { ShownProxy } from './whatsapp/proxy/account-proxies.ts'

export class AccountNotFound extends Schema.TaggedError<AccountNotFound>()('AccountNotFound', {
  accountId: Schema.String
}) {}

/** The account cannot serve this command in its present state. */
export class CommandRefused extends Schema.TaggedError<CommandRefused>()('CommandRefused', {
  command: Schema.String,
  state: Schema.String
}) {}

/** What a person scans or types on the phone; `expiresAt` in milliseconds since 1970. */
export interface PairingOffer {
  readonly method: 'qr' | 'code'
  readonly text: string
  readonly expiresAt: number
}

/** The passkey that WhatsApp asks for while the account is being linked. */
export interface PasskeyView {
  readonly options: PasskeyOptions
  /** Until when the present step may take, milliseconds since 1970. */
  readonly expiresAt: number
  /** Why WhatsApp did not accept the assertion before. */
  readonly refusal: string | null
  /** What the phone must show, too; `null` when there is nothing to compare. */
  readonly code: string | null
  readonly isConfirmed: boolean
}

/** Facts and live state of an account, as of now. */
export interface AccountView {
  /** The stored facts. */
  readonly record: AccountRecord
  readonly state: AccountState
  /** `online` while connected, `ended` in a state that only a person can leave. Empty before the account has started. */
  readonly tags: ReadonlyArray<string>
  /** Why the last connection ended; `null` before the first end. */
  readonly lastDisconnect: Disconnect | null
  /** The QR or pairing code on offer; `null` when there is none. */
  readonly offer: PairingOffer | null
  /** Set while WhatsApp asks for a passkey. */
  readonly passkey: PasskeyView | null
  /** Why the last pairing ended without a link, if WhatsApp or its deadline said so. */
  readonly pairingFailure: PairingFailure | null
  /** Failed connections in a row. */
  readonly reconnectAttempts: number
  /** Whether a phone is linked. One that is linked may still be offline or ended (`replaced`, `banned`, `locked`, `failed`). */
  readonly isLinked: boolean
  /** The restriction by WhatsApp that is in force now; `record.restriction` may have expired. */
  readonly restriction: Restriction | null
  /** Until when WhatsApp does not let the account log in; `null` when it does. */
  readonly suspension: Suspension | null
  /** Until when a phone that does not answer is not asked for history, milliseconds since 1970; `null` while it answers. */
  readonly phoneSilentUntil: number | null
  /** The client version of the present or last connection since the server started, such as `2.3000.1043857760`. */
  readonly clientVersion: string | null
  /** When WhatsApp was last heard, other than by answers to queries, since the server started; milliseconds since 1970. */
  readonly lastHeardAt: number | null
  /** When a message was last sent since the server started, milliseconds since 1970. */
  readonly lastSentAt: number | null
  /** The proxy in use, without its credentials; `null` connects directly. */
  readonly proxy: ShownProxy | null
  readonly history: SyncProgress
}

/**
 * What WhatsApp made of a session that was taken over: `connected`; `connectedElsewhere`, when another connection with it took over
 * at once; `unlinked`, when the phone does not have the device any more; `pending`, when the connection is not open yet or could
 * not be opened for another reason (see `view.lastDisconnect`).
 */
export type ImportOutcome = 'connected' | 'connectedElsewhere' | 'unlinked' | 'pending'

export interface ImportedAccount {
  readonly view: AccountView
  readonly outcome: ImportOutcome
}

/** How much is stored for an account, and how complete its threads are. */
export interface AccountTotals {
  readonly counts: Counts
  readonly coverage: CoverageSummary
}

/** How far the import of an account's history is. */
export interface ImportProgress {
  readonly sync: SyncProgress
  readonly coverage: CoverageSummary
}

export class Accounts extends Context.Service<
  Accounts,
  {
    /** Takes over a linked session of another server, connects with it, and waits a moment for what WhatsApp says to that. */
    readonly takeOver: (
      session: LinkedSession,
      options: TakingOver
    ) => Effect.Effect<ImportedAccount, SessionRefused | DatabaseError>
    /** `proxy` is the address of the account's own proxy. */
    readonly create: (name: string, proxy?: string | null) => Effect.Effect<AccountView, DatabaseError>
    /** Sets the account's own proxy, or removes it (`null`). An account that is connected connects again. */
    readonly setProxy: (
      accountId: string,
      proxy: string | null
    ) => Effect.Effect<AccountView, AccountNotFound | DatabaseError>
    readonly list: Effect.Effect<ReadonlyArray<AccountView>, DatabaseError>
    readonly state: (accountId: string) => Effect.Effect<AccountView, AccountNotFound | DatabaseError>
    /** Read from the database, more costly than `state`. Zeros for an account that does not exist. */
    readonly totals: (accountId: string) => Effect.Effect<AccountTotals, DatabaseError>
    /** The accounts whose history was being imported within the last half minute. */
    readonly importing: Effect.Effect<ReadonlyArray<string>>
    /** For one of the `importing` accounts; the view of any account has the same as `history`. */
    readonly historyProgress: (accountId: string) => Effect.Effect<ImportProgress, DatabaseError>
    /** Sends a command to the account. Fails with the state if the account cannot serve it in this state. */
    readonly send: (
      accountId: string,
      command: AccountCommand
    ) => Effect.Effect<AccountView, AccountNotFound | CommandRefused | DatabaseError>
    /**
     * Stops the account's actor with its connection and starts it again from the stored facts. An account that was given up
     * (`failed`) connects again.
     */
    readonly restart: (accountId: string) => Effect.Effect<AccountView, AccountNotFound | DatabaseError>
    /** Unlinks the device if it is online, stops the account, and removes everything stored and everything in memory for it. */
    readonly remove: (accountId: string) => Effect.Effect<void, AccountNotFound | DatabaseError>
  }
>()('backscroll/services/Accounts') {}
