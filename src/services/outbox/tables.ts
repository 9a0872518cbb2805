// The table of the outbox.
import { OF_ACCOUNT, type OwnedTable } from '../database/tables.ts'

export const outboxTables: ReadonlyArray<OwnedTable> = [
  {
    name: 'outbox',
    account: OF_ACCOUNT,
    thread: { column: 'thread_id', onMerge: 'move' },
    message: { column: 'message_id', onRekey: 'move', onRemoval: 'deleteRows' },
    queue: {
      gauge: 'outbox_waiting',
      description: 'Accepted and not sent yet',
      waiting: `status IN ('queued', 'sending')`
    }
  }
]
