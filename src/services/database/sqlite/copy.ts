// A copy of a database that may be in use, and what is in it.
import { DatabaseSync } from 'node:sqlite'

export interface CopyContents {
  /** The newest upgrade that it has had. */
  readonly upgrade: number
  /** The number of rows of the tables that were asked for. */
  readonly rows: Readonly<Record<string, number>>
}

/** Writes a compact copy of the state of one moment; whoever uses the database goes on meanwhile. Throws what SQLite refuses. */
export const copyDatabase = (from: string, to: string): void => {
  const database = new DatabaseSync(from, { readOnly: true, timeout: 5000 })
  try {
    database.prepare('VACUUM INTO ?').run(to)
  } finally {
    database.close()
  }
}

/** Reads a copy completely and counts rows of these tables; throws when it is not whole. */
export const verifyCopy = (file: string, tables: ReadonlyArray<string>): CopyContents => {
  const database = new DatabaseSync(file, { readOnly: true })
  const numberOf = (query: string): number =>
    Number(Object.values(database.prepare(query).get() ?? {})[0] ?? 0)
  try {
    const findings = database
      .prepare('PRAGMA integrity_check(3)')
      .all()
      .flatMap(row => Object.values(row).map(String))
      .filter(text => text !== 'ok')
    if (findings.length > 0) throw new Error(findings.join('; '))
    return {
      upgrade: numberOf('SELECT MAX(migration_id) FROM migrations'),
      rows: Object.fromEntries(tables.map(table => [table, numberOf(`SELECT COUNT(*) FROM "${table}"`)]))
    }
  } finally {
    database.close()
  }
}
