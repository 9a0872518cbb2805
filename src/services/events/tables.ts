// The tables of events.
import { OF_ACCOUNT, type OwnedTable } from '../database/tables.ts'

export const eventTables: ReadonlyArray<OwnedTable> = [
  {
    name: 'events',
    account: OF_ACCOUNT,
    thread: { column: 'thread_id', onMerge: 'move' },
    message: { column: 'message_id', onRekey: 'move', onRemoval: 'deleteRows' },
    people: ['subject_id'],
    written: { column: 'at', order: 'event_id' }
  },
  { name: 'events_pruned' }
]
