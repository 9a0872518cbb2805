// Reads a database file completely without changing it, also while a server writes to it.
import { DatabaseSync } from 'node:sqlite'

const MOST_FINDINGS = 3

/** What is damaged, in SQLite's words; nothing when the file is whole. Throws when it cannot be opened. */
export const readThrough = (file: string): ReadonlyArray<string> => {
  const database = new DatabaseSync(file, { readOnly: true, timeout: 5000 })
  try {
    return database
      .prepare(`PRAGMA quick_check(${MOST_FINDINGS})`)
      .all()
      .flatMap(row => Object.values(row).map(String))
      .filter(text => text !== 'ok')
  } finally {
    database.close()
  }
}
