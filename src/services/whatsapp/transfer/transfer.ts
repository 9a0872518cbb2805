// Takes over linked sessions of other servers, and gives one of this server away. Nothing of the source is ever written.
import { Clock, Context, Effect, Layer } from 'effect'
import { SqlClient } from 'effect/sql'
import { isLinked, newAccount } from '../../../domain/account.ts'
import { disconnectRow, OWN_CODES } from '../../../domain/disconnect.ts'
import { newAccountId } from '../../../domain/ids.ts'
import { AccountStore } from '../../conversations/account-store.ts'
import { asDatabaseError, type DatabaseError } from '../../database/error.ts'
import { Vault, type VaultError } from '../../vault/vault.ts'
import { forgetVersions } from '../app-state/collections.ts'
import { noteMove, refuseUsed } from './moves.ts'
import { type OutgoingSession, readOutgoing } from './outgoing.ts'
import { refusal, type SessionRefused } from './refusal.ts'
import type { LinkedSession } from './session.ts'

export interface TakingOver {
  /** The name of a new account. */
  readonly name: string
  /** Takes a copy that was used before: for one that has provably not been used since. */
  readonly again: boolean
}

export class SessionTransfer extends Context.Service<
  SessionTransfer,
  {
    /**
     * Seals a session into the vault, as that of a new account or of the one with this number that has lost its link; answers the
     * account's id. All of it is one transaction.
     */
    readonly takeOver: (
      session: LinkedSession,
      options: TakingOver
    ) => Effect.Effect<string, SessionRefused | DatabaseError>
    /** The session of an account, to be given away; `undefined` when it has none. The account must not be connected. */
    readonly outgoing: (
      accountId: string
    ) => Effect.Effect<OutgoingSession | undefined, SessionRefused | VaultError>
    /** Ends the link of an account whose session was given away, so that it is not used here any more. */
    readonly giveAway: (accountId: string, session: OutgoingSession) => Effect.Effect<void, VaultError>
  }
>()('backscroll/services/whatsapp/SessionTransfer') {
  static readonly layer: Layer.Layer<SessionTransfer, never, AccountStore | SqlClient.SqlClient | Vault> =
    Layer.effect(
      SessionTransfer,
      Effect.gen(function* () {
        const context = Context.pick(...NEEDED)(yield* Effect.context<Dependencies>())
        return SessionTransfer.of({
          takeOver: Effect.fn('SessionTransfer.takeOver')(takeOver, Effect.provideContext(context)),
          outgoing: Effect.fn('SessionTransfer.outgoing')(
            readOutgoing,
            asDatabaseError('reading a session'),
            Effect.provideContext(context)
          ),
          giveAway: Effect.fn('SessionTransfer.giveAway')(giveAway, Effect.provideContext(context))
        })
      })
    )
}

/** What the functions of this service are given. */
const NEEDED = [AccountStore, SqlClient.SqlClient, Vault] as const

type Dependencies = Context.Service.Identifier<(typeof NEEDED)[number]>

/** Secrets are only written here: none of them can fail to open. */
const whenSealed = <A, E, R>(work: Effect.Effect<A, E | VaultError, R>) =>
  Effect.catchTag(work, 'SealBroken', Effect.die)

/** The account that gets the session: the one with its number, or a new one. */
const accountFor = Effect.fnUntraced(function* (session: LinkedSession, name: string, now: number) {
  const accounts = yield* AccountStore
  const known = (yield* accounts.list).find(({ jid }) => jid === session.jid)
  if (known !== undefined && isLinked(known))
    return yield* refusal(
      'alreadyHere',
      `The account ${known.accountId} of this server has this number, and is linked`,
      { accountId: known.accountId }
    )
  if (known !== undefined) return { accountId: known.accountId, isNew: false }
  const record = newAccount({ accountId: newAccountId(), name, createdAt: now })
  yield* accounts.create(record)
  return { accountId: record.accountId, isNew: true }
})

const inTransaction = <A, E, R>(work: Effect.Effect<A, E, R>) =>
  Effect.flatMap(SqlClient.SqlClient, sql => sql.withTransaction(work))

const takeOver = Effect.fnUntraced(
  function* (session: LinkedSession, { again, name }: TakingOver) {
    const accounts = yield* AccountStore
    const sql = yield* SqlClient.SqlClient
    const vault = yield* Vault
    const now = yield* Clock.currentTimeMillis
    const { accountId, isNew } = yield* accountFor(session, name, now)
    if (!again) yield* refuseUsed(sql, session.mark)
    yield* vault.erase(accountId)
    yield* forgetVersions(sql, accountId)
    yield* vault.writeKeys(accountId, session.keys, session.credentials)
    yield* accounts.update(accountId, {
      jid: session.jid,
      lid: session.lid,
      wanted: true,
      ended: null,
      lastDisconnect: null,
      suspension: null,
      // What an account of this server missed meanwhile was delivered elsewhere: as after an absence that WhatsApp's queue does not
      // bridge. The phone sends no history by itself, as it does after linking.
      ...(isNew ? {} : { linkedAt: null, onlineAt: 0 })
    })
    yield* noteMove(sql, session.mark, 'imported', now)
    return accountId
  },
  inTransaction,
  asDatabaseError('taking over a session'),
  whenSealed
)

const EXPORTED = { source: 'server', code: OWN_CODES.exported } as const

const giveAway = Effect.fnUntraced(
  function* (accountId: string, { mark }: OutgoingSession) {
    const accounts = yield* AccountStore
    const sql = yield* SqlClient.SqlClient
    const vault = yield* Vault
    const now = yield* Clock.currentTimeMillis
    yield* vault.erase(accountId)
    yield* accounts.update(accountId, {
      wanted: false,
      ended: 'loggedOut',
      lastDisconnect: { ...EXPORTED, condition: null, reason: disconnectRow(EXPORTED).reason, at: now }
    })
    yield* noteMove(sql, mark, 'exported', now)
  },
  inTransaction,
  asDatabaseError('giving a session away')
)
