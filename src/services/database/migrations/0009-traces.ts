// The trace in which an outbox entry was accepted (W3C traceparent): its sending belongs to it, also after a restart.
import { statements } from './statements.ts'

export const traces = statements('ALTER TABLE outbox ADD COLUMN trace TEXT')
