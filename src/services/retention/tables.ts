// The table of retention: what each rule has removed.
import type { OwnedTable } from '../database/tables.ts'

export const retentionTables: ReadonlyArray<OwnedTable> = [{ name: 'retention_runs' }]
