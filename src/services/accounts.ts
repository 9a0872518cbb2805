// The one way to reach an account: `send` and `state` by id, never through an actor reference. Where the account's
// actor lives (this process, one day another machine) is the business of whoever provides this service.
import { Context, type Effect, Schema, type Stream } from 'effect'
import type { AccountRecord, AccountState, Disconnect } from '../domain/account.ts'
import type { Pairing } from '../domain/connection.ts'
import type { SyncProgress } from './history/chunks/pace.ts'
import type { DatabaseError } from './database/error.ts'

export type AccountCommand =
  | { readonly type: 'command.pair'; readonly pairing: Pairing }
  | { readonly type: 'command.connect' }
  | { readonly type: 'command.disconnect' }
  | { readonly type: 'command.logout' }

export class AccountNotFound extends Schema.TaggedError<AccountNotFound>()('AccountNotFound', {
  accountId: Schema.String
}) {}

/** The account cannot do this in its present state. */
export class CommandRefused extends Schema.TaggedError<CommandRefused>()('CommandRefused', {
  command: Schema.String,
  state: Schema.String
}) {}

/** What a person scans or types on the phone, and until when (milliseconds since 1970). */
export interface PairingOffer {
  readonly method: 'qr' | 'code'
  readonly text: string
  readonly expiresAt: number
}

/** Facts and live state of an account, as of now. */
export interface AccountView {
  readonly record: AccountRecord
  readonly state: AccountState
  readonly tags: ReadonlyArray<string>
  readonly lastDisconnect: Disconnect | null
  readonly offer: PairingOffer | null
  readonly reconnectAttempts: number
  readonly history: SyncProgress
}

/** An account is in another state than before. */
export interface AccountMove {
  readonly accountId: string
  readonly state: AccountState
  /** `null` at the start of the server. */
  readonly from: AccountState | null
  /** Milliseconds since 1970. */
  readonly at: number
}

export class Accounts extends Context.Service<
  Accounts,
  {
    readonly create: (name: string) => Effect.Effect<AccountView, DatabaseError>
    readonly list: Effect.Effect<ReadonlyArray<AccountView>, DatabaseError>
    readonly state: (accountId: string) => Effect.Effect<AccountView, AccountNotFound | DatabaseError>
    /** Every change of state from now on, as it happens; who cannot keep up misses the oldest. */
    readonly moves: Stream.Stream<AccountMove>
    /** Hands a command to the account, or refuses it with the state that cannot serve it. */
    readonly send: (
      accountId: string,
      command: AccountCommand
    ) => Effect.Effect<AccountView, AccountNotFound | CommandRefused | DatabaseError>
    /**
     * Ends the account's actor with its connection and starts it anew from its facts; one that was given up (`failed`)
     * goes online again.
     */
    readonly restart: (accountId: string) => Effect.Effect<AccountView, AccountNotFound | DatabaseError>
    /** Unlinks the device if it is online, stops the account and removes everything stored for it. */
    readonly remove: (accountId: string) => Effect.Effect<void, AccountNotFound | DatabaseError>
  }
>()('backscroll/services/Accounts') {}
