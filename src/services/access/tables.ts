// The tables of access: who may do what, and who did what.
import type { OwnedTable } from '../database/tables.ts'

export const accessTables: ReadonlyArray<OwnedTable> = [
  // The accounts to which a key is limited are in its JSON: ids of accounts are never used again.
  { name: 'access_keys' },
  {
    name: 'audit_log',
    account: { column: 'account_id', onRemoval: 'keepRows' },
    written: { column: 'at', order: 'audit_id' }
  }
]
