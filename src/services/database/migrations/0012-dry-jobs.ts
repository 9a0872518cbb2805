// Jobs of the dry run are its own: they store nothing, and what they got counts for no other.
import { statements } from './statements.ts'

export const dryJobs = statements('ALTER TABLE backfill_jobs ADD COLUMN dry INTEGER NOT NULL DEFAULT 0')
