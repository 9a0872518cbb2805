// The table of the journal.
import { OF_ACCOUNT, type OwnedTable } from '../database/tables.ts'

export const journalTables: ReadonlyArray<OwnedTable> = [
  {
    name: 'journal',
    account: OF_ACCOUNT,
    // Of what could not be read. What waits goes through intake, which leaves out who was erased.
    people: ['sender'],
    written: { column: 'received_at', order: 'entry_id' },
    queue: {
      gauge: 'inbox_waiting',
      description: 'Received and acknowledged, not stored for applications yet',
      waiting: 'ingested_at IS NULL',
      age: {
        gauge: 'ingest_lag_seconds',
        description: 'How long the oldest entry of the inbox has waited',
        since: 'received_at'
      }
    }
  }
]
