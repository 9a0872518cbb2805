// The table of what WhatsApp answered about numbers.
import { OF_ACCOUNT, type OwnedTable } from '../../database/tables.ts'

export const numberTables: ReadonlyArray<OwnedTable> = [
  { name: 'number_answers', account: OF_ACCOUNT, people: ['asked_jid', 'jid', 'lid'] }
]
