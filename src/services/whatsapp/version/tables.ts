// The table of the client version.
import type { OwnedTable } from '../../database/tables.ts'

export const versionTables: ReadonlyArray<OwnedTable> = [{ name: 'client_version' }]
