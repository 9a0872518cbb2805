// The tables of history: chunks, coverage with its gaps, backfill, placeholders, the dry run.
import { OF_ACCOUNT, type OwnedTable } from '../database/tables.ts'
import { mergeCoverage } from './coverage/merge.ts'

export const historyTables: ReadonlyArray<OwnedTable> = [
  {
    name: 'gaps',
    account: OF_ACCOUNT,
    thread: { column: 'thread_id', onMerge: 'keepExisting' },
    queue: {
      gauge: 'gaps_open',
      description: 'Stretches of threads that may lack messages',
      waiting: 'closed_at IS NULL'
    }
  },
  {
    name: 'history_stretches',
    account: OF_ACCOUNT,
    thread: { column: 'thread_id', onMerge: 'keepExisting' }
  },
  // After the gaps and stretches of both threads are together: whether live messages follow on them is judged by those.
  { name: 'coverage', account: OF_ACCOUNT, thread: { column: 'thread_id', onMerge: mergeCoverage } },
  { name: 'backfill_jobs', account: OF_ACCOUNT, thread: { column: 'thread_id', onMerge: 'move' } },
  {
    name: 'backfill_tasks',
    account: OF_ACCOUNT,
    thread: { column: 'thread_id', onMerge: 'move' },
    queue: {
      gauge: 'backfill_parts_open',
      description: 'Gaps and beginnings that the phones are, or will be, asked for',
      waiting: `status IN ('waiting', 'asked')`
    }
  },
  { name: 'history_phones', account: OF_ACCOUNT },
  { name: 'backfill_requests', account: OF_ACCOUNT, thread: { column: 'thread_id', onMerge: 'move' } },
  {
    name: 'placeholders',
    account: OF_ACCOUNT,
    thread: { column: 'thread_id', onMerge: 'keepExisting' },
    message: { column: 'message_id', onRekey: 'replaceExisting', onRemoval: 'deleteRows' }
  },
  {
    name: 'peer_messages',
    account: OF_ACCOUNT,
    queue: {
      gauge: 'peer_messages_undecrypted',
      description: 'Messages of the own phone that could not be decrypted and are asked for again',
      waiting: `state = 'waiting'`
    }
  },
  {
    name: 'history_chunks',
    account: OF_ACCOUNT,
    queue: {
      gauge: 'history_chunks_pending',
      description: 'History chunks that are announced and not stored yet',
      waiting: `state = 'pending'`
    }
  },
  { name: 'rehearsed_gaps', account: OF_ACCOUNT },
  // The dry run stores no conversations and counts under the ids that its chunks name. Existing databases call it a
  // rehearsal: in the names of these two tables and in the state 'rehearsed' of `history_chunks`.
  { name: 'rehearsals', account: OF_ACCOUNT, thread: { column: 'thread_id', onMerge: 'unaffected' } },
  {
    name: 'rehearsed_messages',
    account: OF_ACCOUNT,
    thread: { column: 'thread_id', onMerge: 'unaffected' },
    message: { column: 'message_id', onRekey: 'unaffected', onRemoval: 'keepRows' }
  }
]
