// The tables of what is published to Firestore.
import type { OwnedTable } from '../database/tables.ts'

export const firestoreTables: ReadonlyArray<OwnedTable> = [
  {
    // Rows are documents by their paths. Those of a removed account stay until Firestore has deleted them too.
    name: 'firestore_documents',
    queue: {
      gauge: 'firestore_waiting',
      description: 'Documents that have yet to be written to Firestore',
      waiting: 'due IS NOT NULL'
    }
  },
  { name: 'firestore_notes' }
]
