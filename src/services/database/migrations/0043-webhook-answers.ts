// What a server of webhooks answered is apart from why an event was not taken: the one is its text, the other ours.
import { statements } from './statements.ts'

const moved = (table: string): string =>
  `UPDATE ${table} SET answer = NULLIF(reason, ''), reason = 'The server answered ' || status
    WHERE status IS NOT NULL AND reason IS NOT NULL AND reason <> 'Redirects are not followed'`

export const webhookAnswers = statements(
  `ALTER TABLE webhook_deliveries ADD COLUMN answer TEXT`,
  `ALTER TABLE webhook_dead_letters ADD COLUMN answer TEXT`,
  moved('webhook_deliveries'),
  moved('webhook_dead_letters')
)
