// Every store of conversations, on SQL, with the transactions that their writes share.
import { Effect, Layer } from 'effect'
import { SqlClient, type SqlError } from 'effect/sql'
import type { SqlBulk } from '../database/bulk.ts'
import type { StoredVersions } from '../database/stored-versions.ts'
import type { AccountMemory } from '../process/account-memory.ts'
import type { Wakes } from '../process/wakes.ts'
import type { Tables } from '../database/tables.ts'
import { Transaction } from '../database/transaction.ts'
import type { EventLog } from '../events/event-log.ts'
import { AccountStore } from './account-store.ts'
import { ContactStore } from './contact-store.ts'
import { ExportStore } from './export-store.ts'
import { GroupStore } from './group-store.ts'
import { LabelStore } from './label-store.ts'
import { MessageSearch } from './message-search.ts'
import { MessageStore } from './message-store.ts'
import { OldMessages } from './old-messages.ts'
import { PersonalMessages } from './personal-messages.ts'
import { ReceiptStore } from './receipt-store.ts'
import { SealedAddOnStore } from './sealed-add-on-store.ts'
import { reindexIfOutdated } from './sql/search-index.ts'
import { ThreadStore } from './thread-store.ts'

/** To be run on an upgraded database before anything is stored. */
export const currentSearchIndex: Layer.Layer<never, SqlError.SqlError, SqlClient.SqlClient> =
  Layer.effectDiscard(Effect.flatMap(SqlClient.SqlClient, reindexIfOutdated))

export type Stores =
  | AccountStore
  | ContactStore
  | ExportStore
  | GroupStore
  | LabelStore
  | MessageSearch
  | MessageStore
  | OldMessages
  | PersonalMessages
  | ReceiptStore
  | SealedAddOnStore
  | ThreadStore
  | Transaction

export const layer: Layer.Layer<
  Stores,
  never,
  AccountMemory | EventLog | SqlClient.SqlClient | SqlBulk | StoredVersions | Tables | Wakes
> = Layer.mergeAll(
  AccountStore.layer,
  ContactStore.layer,
  ExportStore.layer,
  GroupStore.layer,
  LabelStore.layer,
  MessageSearch.layer,
  MessageStore.layer,
  OldMessages.layer,
  PersonalMessages.layer,
  ReceiptStore.layer,
  SealedAddOnStore.layer,
  ThreadStore.layer
).pipe(Layer.provideMerge(Transaction.layer))
