// A number goes to somebody else one day: of an erased one is known whether its owner had a LID, with which it would come.
import { statements } from './statements.ts'

export const ownersOfErasedNumbers = statements(
  'ALTER TABLE erased_people ADD COLUMN lid_known INTEGER NOT NULL DEFAULT 0'
)
