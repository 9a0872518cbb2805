// The table of erasures. Reports stay when their account goes: they have no personal data.
import type { OwnedTable } from '../database/tables.ts'

export const personalDataTables: ReadonlyArray<OwnedTable> = [
  {
    name: 'erasures',
    account: { column: 'account_id', onRemoval: 'keepRows' },
    queue: {
      gauge: 'erasures_running',
      description: 'Erasures of people that are not done yet',
      waiting: `status = 'running'`
    }
  }
]
