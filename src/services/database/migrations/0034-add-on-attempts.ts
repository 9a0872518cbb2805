// How often an encrypted add-on was tried in vain: each attempt costs, and whoever sends them decides how many there are.
import { statements } from './statements.ts'

export const addOnAttempts = statements(
  `ALTER TABLE sealed_add_ons ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0`
)
