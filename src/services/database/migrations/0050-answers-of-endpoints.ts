// What an endpoint answers to a request from before this time (milliseconds since 1970) is not kept: a person was erased since, and the
// answer may repeat what was sent.
import { statements } from './statements.ts'

export const answersOfEndpoints = statements(
  'ALTER TABLE webhooks ADD COLUMN answers_kept_from INTEGER NOT NULL DEFAULT 0'
)
