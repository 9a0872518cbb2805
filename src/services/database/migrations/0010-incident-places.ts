// What an incident is about, where it is about a conversation.
import { statements } from './statements.ts'

export const incidentPlaces = statements(
  'ALTER TABLE incidents ADD COLUMN thread_id TEXT',
  'ALTER TABLE incidents ADD COLUMN message_id TEXT'
)
