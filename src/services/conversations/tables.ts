// The tables of conversations, in the order in which an account's rows have to go: the search index knows its messages only
// while they are there, and messages are found by their threads.
import { Effect } from 'effect'
import { listOf } from '../database/dialect.ts'
import { OF_ACCOUNT, type OwnedTable, type PersonRemoval, type TableChange } from '../database/tables.ts'
import { mergeChatSettings } from './sql/chat-settings.ts'
import { mergeLabelAssociations } from './sql/labels.ts'
import { mergeMessagesOfThreads, rekeyQuotes } from './sql/merge.ts'
import { deleteMessagesOfAccount } from './sql/messages.ts'
import { mergeReceiptsOfThreads } from './sql/receipts.ts'
import { moveSealedOfThread, rekeySealed } from './sql/sealed-add-ons.ts'
import { unindexAccount } from './sql/search-index.ts'
import { mergeThreadRows } from './sql/threads.ts'

/** The conversation under a number that has gone to somebody else was theirs: it leads to nobody's now, not to that of its owner. */
const forgetThreadOf: TableChange<PersonRemoval> = (sql, { accountId, addresses }) =>
  Effect.asVoid(
    sql`UPDATE addresses SET thread_person = 'erased' WHERE account_id = ${accountId} AND thread_person IN ${listOf(sql, addresses)}`
  )

export const conversationTables: ReadonlyArray<OwnedTable> = [
  // Entries are found by the rows of messages, which are reindexed where their words change.
  { name: 'message_search', account: { column: 'account', onRemoval: unindexAccount } },
  { name: 'search_folding' },
  { name: 'message_floor' },
  // Addresses are in it as hashes: they go with the account only.
  { name: 'erased_people', account: OF_ACCOUNT },
  {
    name: 'messages',
    account: { column: 'account_id', onRemoval: deleteMessagesOfAccount },
    thread: { column: 'thread_id', onMerge: mergeMessagesOfThreads, references: ['quoted_thread_id'] },
    message: {
      column: 'message_id',
      onRekey: rekeyQuotes,
      onRemoval: 'deleteRows',
      references: ['quoted_message_id', 'parent_message_id']
    }
  },
  {
    name: 'receipts',
    account: OF_ACCOUNT,
    thread: { column: 'thread_id', onMerge: mergeReceiptsOfThreads },
    // Only messages of our own have receipts, and their ids name no other writer.
    message: { column: 'message_id', onRekey: 'unaffected', onRemoval: 'deleteRows' },
    people: ['recipient']
  },
  {
    name: 'waiting_changes',
    account: OF_ACCOUNT,
    thread: { column: 'thread_id', onMerge: 'move' },
    message: { column: 'message_id', onRekey: 'move', onRemoval: 'deleteRows' },
    people: ['by_person']
  },
  {
    name: 'sealed_add_ons',
    account: OF_ACCOUNT,
    thread: { column: 'thread_id', onMerge: moveSealedOfThread },
    message: { column: 'message_id', onRekey: rekeySealed, onRemoval: 'deleteRows' },
    people: ['by_person']
  },
  { name: 'waiting_reads', account: OF_ACCOUNT, thread: { column: 'thread_id', onMerge: 'keepExisting' } },
  {
    name: 'threads',
    account: OF_ACCOUNT,
    thread: { column: 'thread_id', onMerge: mergeThreadRows },
    // Derived again from the messages after each change of them.
    message: { column: 'last_message_id', onRekey: 'unaffected', onRemoval: 'keepRows' }
  },
  { name: 'contacts', account: OF_ACCOUNT, people: ['contact_jid'] },
  { name: 'chat_settings', account: OF_ACCOUNT, thread: { column: 'thread_id', onMerge: mergeChatSettings } },
  {
    name: 'label_associations',
    account: OF_ACCOUNT,
    thread: { column: 'thread_id', onMerge: mergeLabelAssociations }
  },
  { name: 'labels', account: OF_ACCOUNT },
  // Groups are never merged: only persons have two addresses.
  {
    name: 'group_admins',
    account: OF_ACCOUNT,
    thread: { column: 'thread_id', onMerge: 'unaffected' },
    people: ['person']
  },
  {
    name: 'past_participants',
    account: OF_ACCOUNT,
    thread: { column: 'thread_id', onMerge: 'unaffected' },
    people: ['person']
  },
  {
    name: 'addresses',
    account: OF_ACCOUNT,
    people: ['jid', 'person'],
    onPersonRemoval: forgetThreadOf,
    isIdentity: true
  },
  {
    name: 'number_spellings',
    account: OF_ACCOUNT,
    people: ['jid', 'phone_jid', 'person'],
    isIdentity: true
  },
  // Files are shared between accounts; those of a removed account are in here until they are deleted.
  { name: 'media_orphans' },
  {
    name: 'accounts',
    account: OF_ACCOUNT,
    total: { gauge: 'messages', description: 'Messages stored', column: 'messages' }
  }
]
