// The tables of received media: what is to be fetched, and files that no message refers to any more.
import { OF_ACCOUNT, type OwnedTable } from '../database/tables.ts'

export const mediaTables: ReadonlyArray<OwnedTable> = [
  {
    name: 'media_fetches',
    account: OF_ACCOUNT,
    thread: { column: 'thread_id', onMerge: 'replaceExisting' },
    message: { column: 'message_id', onRekey: 'replaceExisting' }
  },
  // Files are shared between accounts; those of a removed account are in here until they are deleted.
  { name: 'media_orphans' }
]
