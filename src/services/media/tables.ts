// The table of received media: what is to be fetched.
import { OF_ACCOUNT, type OwnedTable } from '../database/tables.ts'

export const mediaTables: ReadonlyArray<OwnedTable> = [
  {
    name: 'media_fetches',
    account: OF_ACCOUNT,
    thread: { column: 'thread_id', onMerge: 'replaceExisting' },
    message: { column: 'message_id', onRekey: 'replaceExisting', onRemoval: 'deleteRows' }
  }
]
