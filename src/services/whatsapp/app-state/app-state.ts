// App state as this server has taken it in: its keys, and collections whose version moves on only in the transaction that
// stores what the records say. A kill in between loses nothing: the same patches are fetched again.
import { Clock, Context, Effect, Layer } from 'effect'
import { SqlClient } from 'effect/sql'
import type { Fact } from '../../../domain/fact.ts'
import { Conversations } from '../../conversations/apply.ts'
import { SqlBulk } from '../../database/bulk.ts'
import { asDatabaseError, type DatabaseError } from '../../database/error.ts'
import { joinTransaction } from '../../database/transaction.ts'
import { EventLog } from '../../events/event-log.ts'
import { Incidents } from '../../incidents/incidents.ts'
import { topic, Wakes } from '../../process/wakes.ts'
import { count } from '../../telemetry/metrics.ts'
import { Vault, type VaultError } from '../../vault/vault.ts'
import type { Self } from '../convert/address.ts'
import {
  endsWithItsRecord,
  factsOfMutation,
  type Mutation,
  mutationKind,
  TOKEN_SALT
} from '../convert/app-state.ts'
import { storeSalt } from '../tokens/privacy-tokens.ts'
import { type AppStateKey, decodeSyncKey, encodeSyncKeys, SYNC_KEY_KIND } from '../socket/auth-state.ts'
import {
  changeRecords,
  type Collection,
  type CollectionChanged,
  forgetVersions,
  NEW_COLLECTION,
  readCollections,
  readIndexes,
  readValueMacs,
  removeRecords,
  requireSameVersion,
  writeCollection
} from './collections.ts'
import type { DecodedRecords, KeysById } from './decode.ts'
import { unreadableRecords } from './incidents.ts'
import { expandSyncKey, type RecordKeys } from './records.ts'
import { decodeRecovery, keyIdsOf, type RecoveryAnswer, recordsOf } from './recovery.ts'

/** Something happened that lets collections of an account be read on. */
export const APP_STATE = topic('appState')

/** What is stored of a collection: the records after `collection`, which are all that it has in a `snapshot`. */
export interface CollectionUpdate {
  readonly collection: Collection
  readonly decoded: DecodedRecords
  readonly isSnapshot: boolean
}

export class AppState extends Context.Service<
  AppState,
  {
    /** Every collection that was read, or could not be. */
    readonly collections: (accountId: string) => Effect.Effect<ReadonlyMap<string, Collection>, DatabaseError>
    /** Writes down what is the matter with a collection, if its version is still the same. */
    readonly write: (
      accountId: string,
      collection: Collection
    ) => Effect.Effect<void, DatabaseError | CollectionChanged>
    readonly valueMacs: (
      accountId: string,
      collection: string,
      indexMacs: ReadonlyArray<string>
    ) => Effect.Effect<ReadonlyMap<string, Uint8Array>, DatabaseError>
    /** Those of the keys that are known, by their ids in base64. */
    readonly keys: (accountId: string, ids: ReadonlyArray<string>) => Effect.Effect<KeysById, VaultError>
    /** Stores what the records say together with the collection's new version, if the one they follow is still the same. */
    readonly apply: (
      accountId: string,
      self: Self,
      update: CollectionUpdate
    ) => Effect.Effect<void, DatabaseError | CollectionChanged>
    /** Stores keys that the phone has shared; joins the caller's transaction. */
    readonly storeKeys: (
      accountId: string,
      keys: ReadonlyArray<AppStateKey>
    ) => Effect.Effect<void, VaultError>
    /** Takes a collection over as the phone has it, unless it is older than what is known; joins the caller's transaction. */
    readonly recover: (
      accountId: string,
      self: Self,
      answer: RecoveryAnswer
    ) => Effect.Effect<void, VaultError>
    /** Forgets how far collections were read: a new link has other keys. */
    readonly restart: (accountId: string) => Effect.Effect<void, DatabaseError>
  }
>()('backscroll/services/whatsapp/AppState') {
  static readonly layer: Layer.Layer<
    AppState,
    never,
    Conversations | EventLog | Incidents | SqlBulk | SqlClient.SqlClient | Vault | Wakes
  > = Layer.effect(
    AppState,
    Effect.gen(function* () {
      const dependencies: Dependencies = {
        bulk: yield* SqlBulk,
        conversations: yield* Conversations,
        eventLog: yield* EventLog,
        incidents: yield* Incidents,
        sql: yield* SqlClient.SqlClient,
        vault: yield* Vault,
        wakes: yield* Wakes
      }
      const { sql } = dependencies
      const named = asDatabaseError('app state')
      const apply = applyUpdate(dependencies)
      return AppState.of({
        collections: accountId =>
          readCollections(sql, accountId).pipe(
            Effect.map(rows => new Map(rows.map(row => [row.name, row]))),
            named
          ),
        write: (accountId, collection) =>
          requireSameVersion(sql, accountId, collection).pipe(
            Effect.andThen(writeCollection(sql, accountId, collection)),
            joinTransaction(sql),
            Effect.asVoid,
            named
          ),
        valueMacs: (accountId, collection, indexMacs) =>
          readValueMacs(sql, accountId, collection, indexMacs).pipe(named),
        keys: readKeys(dependencies),
        apply,
        storeKeys: storeKeys(dependencies),
        recover: recover(dependencies, apply),
        restart: accountId => forgetVersions(sql, accountId).pipe(Effect.asVoid, named)
      })
    })
  )
}

interface Dependencies {
  readonly bulk: SqlBulk['Service']
  readonly conversations: Conversations['Service']
  readonly eventLog: EventLog['Service']
  readonly incidents: Incidents['Service']
  readonly sql: SqlClient.SqlClient
  readonly vault: Vault['Service']
  readonly wakes: Wakes['Service']
}

const readKeys = ({ vault }: Dependencies) =>
  Effect.fnUntraced(function* (accountId: string, ids: ReadonlyArray<string>) {
    const stored = yield* vault.readKeys(accountId, SYNC_KEY_KIND, ids)
    const keys = new Map<string, RecordKeys>()
    for (const [id, bytes] of stored) {
      const data = decodeSyncKey(bytes)
      if (data !== undefined) keys.set(id, expandSyncKey(data))
    }
    return keys
  })

const storeKeys = ({ sql, vault, wakes }: Dependencies) =>
  Effect.fnUntraced(function* (accountId: string, keys: ReadonlyArray<AppStateKey>) {
    if (keys.length === 0) return
    yield* vault.writeKeys(accountId, encodeSyncKeys(keys))
    yield* Effect.logDebug('The phone has shared keys of app state')
    yield* sql.afterCommit(wakes.wake(APP_STATE, accountId))
  })

interface Converted {
  readonly facts: ReadonlyArray<Fact>
  readonly unknown: ReadonlyArray<string>
  readonly unreadable: number
}

const converted = (self: Self, mutations: ReadonlyArray<Mutation>, now: number): Converted => {
  const facts: Array<Fact> = []
  const unknown: Array<string> = []
  let unreadable = 0
  for (const mutation of mutations) {
    const outcome = factsOfMutation(self, mutation, now)
    if (outcome === 'unknown') unknown.push(mutationKind(mutation))
    else if (outcome === 'unreadable') unreadable += 1
    else facts.push(...outcome)
  }
  return { facts, unknown, unreadable }
}

/** Records that are known and not in the snapshot were removed, by a patch that was missed or while there was no link. */
const removalsIn = (known: ReadonlyArray<string>, { changes }: DecodedRecords): ReadonlyArray<Mutation> => {
  const present = new Set(changes.map(({ recordIndex }) => recordIndex))
  return known.flatMap((json): ReadonlyArray<Mutation> => {
    if (present.has(json)) return []
    const index: unknown = JSON.parse(json)
    const parts = Array.isArray(index) ? index.map(String) : []
    return endsWithItsRecord(parts) ? [{ operation: 'remove', index: parts, value: {} }] : []
  })
}

/** The salt of the account's own tokens, if it was changed; removed with its record. */
const storeSaltIn = Effect.fnUntraced(
  function* (vault: Vault['Service'], accountId: string, mutations: ReadonlyArray<Mutation>) {
    const last = mutations.findLast(({ index }) => index[0] === TOKEN_SALT)
    if (last === undefined) return
    const salt = last.operation === 'remove' ? null : last.tokenSalt
    if (salt !== undefined) yield* storeSalt(vault, accountId, salt)
  },
  Effect.catchTag('SealBroken', error => Effect.logWarning('The salt of tokens could not be stored', error))
)

/** Contacts that come at once, of each of which others are told; of more, that they came. */
const MOST_CONTACTS_TOLD = 100

const applyUpdate = (dependencies: Dependencies) => {
  const { bulk, conversations, eventLog, incidents, sql, vault } = dependencies
  const named = asDatabaseError('app state')

  const settle = Effect.fnUntraced(function* (accountId: string, update: CollectionUpdate, contacts: number) {
    const { collection, decoded, isSnapshot } = update
    yield* requireSameVersion(sql, accountId, collection)
    yield* storeSaltIn(vault, accountId, decoded.mutations)
    if (contacts > MOST_CONTACTS_TOLD)
      yield* eventLog.append(accountId, [{ kind: 'contact.imported', facts: { contacts } }])
    // What does not prove to be whole is taken for what it is worth, but nothing is built on it.
    if (!decoded.isComplete) return
    if (isSnapshot) yield* removeRecords(sql, accountId, collection.name)
    yield* changeRecords(sql, bulk, accountId, collection.name, decoded.changes)
    yield* writeCollection(sql, accountId, { ...NEW_COLLECTION, ...decoded.state, name: collection.name })
  }, named)

  return Effect.fn('AppState.apply')(function* (accountId: string, self: Self, update: CollectionUpdate) {
    const { collection, decoded, isSnapshot } = update
    const { name } = collection
    const now = yield* Clock.currentTimeMillis
    const gone =
      isSnapshot && decoded.isComplete
        ? removalsIn(yield* readIndexes(sql, accountId, name).pipe(named), decoded)
        : []
    const { facts, unknown, unreadable } = converted(self, [...gone, ...decoded.mutations], now)
    const contacts = facts.filter(({ kind }) => kind === 'contact').length
    yield* conversations.apply(accountId, facts, {
      settle: settle(accountId, update, contacts),
      areContactsMany: contacts > MOST_CONTACTS_TOLD
    })
    yield* count.unknownMutations(unknown)
    if (decoded.unreadable + unreadable > 0) yield* incidents.report(unreadableRecords(accountId, name))
  })
}

const recover = (dependencies: Dependencies, apply: AppState['Service']['apply']) =>
  Effect.fn('AppState.recover')(function* (accountId: string, self: Self, answer: RecoveryAnswer) {
    const { sql, wakes } = dependencies
    const recovery = yield* decodeRecovery(answer)
    if (recovery === undefined)
      return yield* Effect.logWarning('The phone sent a collection that cannot be read')
    const known = (yield* readCollections(sql, accountId).pipe(asDatabaseError('app state'))).find(
      ({ name }) => name === recovery.collection
    )
    if (known === undefined || known.trouble === null) return
    if (recovery.state.version <= known.version) return
    const keys = yield* readKeys(dependencies)(accountId, keyIdsOf(recovery))
    const decoded = recordsOf(recovery, keys)
    yield* apply(accountId, self, { collection: known, decoded, isSnapshot: true }).pipe(
      // It was looked at in this transaction.
      Effect.catchTag('CollectionChanged', Effect.die)
    )
    if (!decoded.isComplete) return
    yield* Effect.logInfo('The phone has sent a new copy of a collection of app state')
    // What has changed since is fetched as patches.
    const recovered: Collection = {
      ...NEW_COLLECTION,
      ...recovery.state,
      name: known.name,
      trouble: 'recovered'
    }
    yield* writeCollection(sql, accountId, recovered).pipe(asDatabaseError('app state'))
    yield* sql.afterCommit(wakes.wake(APP_STATE, accountId))
  })
