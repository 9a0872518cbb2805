// By which tables the words of the search index were folded: by others, a row could not be removed by what it said.
import { statements } from './statements.ts'

export const searchFolding = statements(
  'CREATE TABLE search_folding (only INTEGER PRIMARY KEY CHECK (only = 1), folded_by TEXT NOT NULL)'
)
