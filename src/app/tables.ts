// Every table of the database, by the wings that own them. Removing an account goes through them in this order: what the
// conversations' rows are found by is removed last of theirs.
import { accessTables } from '../services/access/tables.ts'
import { conversationTables } from '../services/conversations/tables.ts'
import { migrationTables } from '../services/database/migrations.ts'
import type { OwnedTable } from '../services/database/tables.ts'
import { eventTables } from '../services/events/tables.ts'
import { firestoreTables } from '../services/firestore/tables.ts'
import { historyTables } from '../services/history/tables.ts'
import { incidentTables } from '../services/incidents/tables.ts'
import { journalTables } from '../services/journal/tables.ts'
import { mediaTables } from '../services/media/tables.ts'
import { outboxTables } from '../services/outbox/tables.ts'
import { personalDataTables } from '../services/personal-data/tables.ts'
import { retentionTables } from '../services/retention/tables.ts'
import { vaultTables } from '../services/vault/tables.ts'
import { webhookTables } from '../services/webhooks/tables.ts'
import { appStateTables } from '../services/whatsapp/app-state/tables.ts'
import { versionTables } from '../services/whatsapp/version/tables.ts'
import { numberTables } from '../services/whatsapp/numbers/tables.ts'
import { transferTables } from '../services/whatsapp/transfer/tables.ts'

export const TABLES: ReadonlyArray<OwnedTable> = [
  ...conversationTables,
  ...eventTables,
  ...incidentTables,
  ...accessTables,
  ...outboxTables,
  ...mediaTables,
  ...historyTables,
  ...journalTables,
  ...vaultTables,
  ...appStateTables,
  ...versionTables,
  ...numberTables,
  ...transferTables,
  ...webhookTables,
  ...retentionTables,
  ...personalDataTables,
  ...firestoreTables,
  ...migrationTables
]
