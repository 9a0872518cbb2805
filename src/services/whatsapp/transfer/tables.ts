// The table of sessions that were moved. It outlives accounts: a copy must not be used again because its account was removed.
import type { OwnedTable } from '../../database/tables.ts'

export const transferTables: ReadonlyArray<OwnedTable> = [{ name: 'session_moves' }]
