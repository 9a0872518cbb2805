// The thread of checkpoints.ts: one task is one checkpoint, which waits for nobody and keeps nobody waiting.
import { DatabaseSync } from 'node:sqlite'

export default (file: string): void => {
  const database = new DatabaseSync(file)
  try {
    database.exec('PRAGMA wal_checkpoint(PASSIVE)')
  } finally {
    database.close()
  }
}
