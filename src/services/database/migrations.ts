// The database's numbered upgrades, one file each. Append; never edit one that has been released.
import { Layer } from 'effect'
import { Migrator, type SqlClient, type SqlError } from 'effect/sql'
import type { OwnedTable } from './tables.ts'
import { foundation } from './migrations/0001-foundation.ts'
import { nothingLost } from './migrations/0002-nothing-lost.ts'
import { coverage } from './migrations/0003-coverage.ts'
import { search } from './migrations/0004-search.ts'
import { media } from './migrations/0005-media.ts'
import { fewerIndexes } from './migrations/0006-fewer-indexes.ts'
import { incidents } from './migrations/0007-incidents.ts'
import { lighterSearch } from './migrations/0008-lighter-search.ts'
import { traces } from './migrations/0009-traces.ts'
import { incidentPlaces } from './migrations/0010-incident-places.ts'
import { searchFolding } from './migrations/0011-search-folding.ts'
import { dryJobs } from './migrations/0012-dry-jobs.ts'
import { firestore } from './migrations/0013-firestore.ts'
import { messageRows } from './migrations/0014-message-rows.ts'
import { sealedAddOns } from './migrations/0015-sealed-add-ons.ts'
import { appState } from './migrations/0016-app-state.ts'
import { people } from './migrations/0017-people.ts'
import { whatPhonesGive } from './migrations/0019-what-phones-give.ts'
import { messageLinks } from './migrations/0020-message-links.ts'
import { suspensions } from './migrations/0021-suspensions.ts'
import { broadcastMark } from './migrations/0022-broadcast-mark.ts'
import { network } from './migrations/0026-network.ts'
import { rightAddress } from './migrations/0027-right-address.ts'
import { peerMessages } from './migrations/0028-peer-messages.ts'

/** Every upgrade by its number and name. */
export const MIGRATIONS = {
  '0001_foundation': foundation,
  '0002_nothing_lost': nothingLost,
  '0003_coverage': coverage,
  '0004_search': search,
  '0005_media': media,
  '0006_fewer_indexes': fewerIndexes,
  '0007_incidents': incidents,
  '0008_lighter_search': lighterSearch,
  '0009_traces': traces,
  '0010_incident_places': incidentPlaces,
  '0011_search_folding': searchFolding,
  '0012_dry_jobs': dryJobs,
  '0013_firestore': firestore,
  '0014_message_rows': messageRows,
  '0015_sealed_add_ons': sealedAddOns,
  '0016_app_state': appState,
  '0017_people': people,
  '0019_what_phones_give': whatPhonesGive,
  '0020_message_links': messageLinks,
  '0021_suspensions': suspensions,
  '0022_broadcast_mark': broadcastMark,
  '0026_network': network,
  '0027_right_address': rightAddress,
  '0028_peer_messages': peerMessages
}

const TABLE = 'migrations'

/** The table of the upgrades that a database has. */
export const migrationTables: ReadonlyArray<OwnedTable> = [{ name: TABLE }]

/** Runs the upgrades that a database does not have yet, in order, each in a transaction of its own. */
export const upgrade = (migrations: Partial<typeof MIGRATIONS>) =>
  Migrator.make({})({ table: TABLE, loader: Migrator.fromRecord(migrations) })

/** Brings the database up to date. */
export const layer: Layer.Layer<never, Migrator.MigrationError | SqlError.SqlError, SqlClient.SqlClient> =
  Layer.effectDiscard(upgrade(MIGRATIONS))
