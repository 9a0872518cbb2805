// What applications have been shown in Firestore, and what they have yet to be shown; and which document an entry of the
// outbox came from.
import { statements } from './statements.ts'

export const firestore = statements(
  // digest: of the document as Firestore was last known to have it; NULL when that is not known. maybe_there: whether it may
  // have one. due: when the document is to be looked at, NULL when nothing is to be done, and noted_at since when.
  // version: how often what it shows was changed, so that a change during a write is noticed. lane: 0 goes before 1.
  // forced: to be written although it is what it was. refused: why Firestore does not take it.
  `CREATE TABLE firestore_documents (path TEXT PRIMARY KEY, digest BLOB, maybe_there INTEGER NOT NULL DEFAULT 0,
    lane INTEGER NOT NULL DEFAULT 0, version INTEGER NOT NULL DEFAULT 1, due INTEGER, noted_at INTEGER,
    written_at INTEGER NOT NULL DEFAULT 0, attempts INTEGER NOT NULL DEFAULT 0, forced INTEGER NOT NULL DEFAULT 0,
    refused TEXT) WITHOUT ROWID`,
  `CREATE INDEX firestore_documents_due ON firestore_documents (lane, due, noted_at) WHERE due IS NOT NULL`,
  `CREATE INDEX firestore_documents_refused ON firestore_documents (path) WHERE refused IS NOT NULL`,
  // One row each: who this data folder is to other servers, and how far a copy from Firestore has come.
  `CREATE TABLE firestore_notes (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID`,
  `ALTER TABLE outbox ADD COLUMN document_id TEXT`,
  `CREATE UNIQUE INDEX outbox_document ON outbox (document_id) WHERE document_id IS NOT NULL`
)
