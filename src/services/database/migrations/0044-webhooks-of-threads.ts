// A webhook of some threads gets no others when these are erased: that it is limited is known without them.
import { statements } from './statements.ts'

export const webhooksOfThreads = statements(
  `ALTER TABLE webhooks ADD COLUMN of_threads INTEGER NOT NULL DEFAULT 0`,
  `UPDATE webhooks SET of_threads = 1 WHERE webhook_id IN (SELECT webhook_id FROM webhook_threads)`
)
