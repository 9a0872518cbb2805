// What a person has seen of incidents.
import { statements } from './statements.ts'

export const incidents = statements(`ALTER TABLE incidents ADD COLUMN acknowledged_at INTEGER`)
