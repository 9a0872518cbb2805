// The database with all its upgrades, and what everything on it shares: wakes, the memory of accounts, and the log of events.
import { join } from 'node:path'
import { Layer } from 'effect'
import type { Config } from '../../config.ts'
import * as Migrations from '../../services/database/migrations.ts'
import { Generation } from '../../services/database/generation.ts'
import * as NewestTime from '../../services/database/newest-time.ts'
import { Tables } from '../../services/database/tables.ts'
import { DATABASE } from '../../services/database/sqlite/folder-inspection.ts'
import * as QuickCheck from '../../services/database/sqlite/quick-check.ts'
import * as NodeSqlite from '../../services/database/sqlite/node-sqlite.ts'
import { EventLog } from '../../services/events/event-log.ts'
import * as ConversationStores from '../../services/conversations/layer.ts'
import * as Firestore from '../../services/firestore/layer.ts'
import { TABLES } from '../tables.ts'
import { AccountMemory } from '../../services/process/account-memory.ts'
import { Wakes } from '../../services/process/wakes.ts'

/** Holds the time to what is stored. To be built before anything is dated. */
export const newestTime = NewestTime.layer

const MEBIBYTE = 1024 * 1024

/** The database file of a data folder, up to date; `isTracked` notes for Firestore what changes. */
export const layer = (
  { DATABASE_CHECK_MAX_MB, DATA_DIR }: Pick<Config, 'DATABASE_CHECK_MAX_MB' | 'DATA_DIR'>,
  isTracked: boolean
) => {
  const file = join(DATA_DIR, DATABASE)
  return EventLog.layer.pipe(
    Layer.provideMerge(isTracked ? Firestore.tracked : Firestore.untracked),
    Layer.provideMerge(Tables.layer(TABLES)),
    Layer.provideMerge(ConversationStores.currentSearchIndex),
    Layer.provideMerge(Generation.layer(DATA_DIR)),
    Layer.provideMerge(Migrations.layer),
    Layer.provideMerge(QuickCheck.layer({ file, upToBytes: DATABASE_CHECK_MAX_MB * MEBIBYTE })),
    Layer.provideMerge(NodeSqlite.layer(file)),
    Layer.provideMerge(Layer.mergeAll(AccountMemory.layer, Wakes.layer))
  )
}
