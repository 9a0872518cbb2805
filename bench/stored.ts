// When what was received is stored: it is acknowledged once it is in the journal, and its conversations have it a moment later.
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout } from 'node:timers/promises'

const LOOK_AGAIN_MS = 5

/** What is returned completes when nothing waits in the server's journal any more. */
export const whenStored = (dataDir: string): (() => Promise<void>) => {
  const database = new DatabaseSync(join(dataDir, 'backscroll.db'), { readOnly: true })
  const waiting = database.prepare('SELECT 1 FROM journal WHERE ingested_at IS NULL LIMIT 1')
  return async () => {
    while (waiting.get() !== undefined) await setTimeout(LOOK_AGAIN_MS)
  }
}
