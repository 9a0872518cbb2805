// The table of incidents.
import type { OwnedTable } from '../database/tables.ts'

export const incidentTables: ReadonlyArray<OwnedTable> = [
  {
    name: 'incidents',
    // Incidents of a removed account stay: they say what happened, but not any more in which conversation.
    account: { column: 'account_id', onRemoval: 'clearReferences' },
    thread: { column: 'thread_id', onMerge: 'move' },
    message: { column: 'message_id', onRekey: 'move', onRemoval: 'clearReferences' },
    queue: {
      gauge: 'incidents_unacknowledged',
      description: 'Incidents that nobody has seen and that are not over',
      waiting: 'acknowledged_at IS NULL AND resolved_at IS NULL'
    }
  }
]
