// Reads a whole database once at the start, so that damage is known before anything is built on it. A large one would take too
// long: its damage is noticed when a damaged page is read.
import { Effect, Layer, Schema } from 'effect'
import { SqlClient } from 'effect/sql'
import { innermostReason } from '../error.ts'
import { sizeOf } from './database-file.ts'

/** The check found the database damaged. */
export class DatabaseDamaged extends Schema.TaggedError<DatabaseDamaged>()('DatabaseDamaged', {
  message: Schema.String
}) {}

export interface QuickCheckOptions {
  readonly file: string
  /** A larger file is not checked; bytes. */
  readonly upToBytes: number
}

const MOST_FINDINGS = 3

/** SQLite's findings; none when the database is whole. What it cannot even read is a finding, too. */
const findings = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql.unsafe<Readonly<Record<string, unknown>>>(`PRAGMA quick_check(${MOST_FINDINGS})`)
  return rows.flatMap(row => Object.values(row).map(String)).filter(text => text !== 'ok')
}).pipe(Effect.catchTag('SqlError', error => Effect.succeed([innermostReason(error)])))

const check = Effect.fnUntraced(function* ({ file, upToBytes }: QuickCheckOptions) {
  const bytes = sizeOf(file) ?? 0
  if (bytes === 0) return
  if (bytes > upToBytes)
    return yield* Effect.logDebug('The database is not checked: it is larger than DATABASE_CHECK_MAX_MB')
  const found = yield* findings
  if (found.length === 0) return
  return yield* new DatabaseDamaged({
    message: `The database ${file} is damaged: ${found.slice(0, MOST_FINDINGS).join('; ').slice(0, 500)}. Keep the file, and restore DATA_DIR from a backup (docs/backup.md).`
  })
})

/** Fails when the database is damaged. */
export const layer = (options: QuickCheckOptions): Layer.Layer<never, DatabaseDamaged, SqlClient.SqlClient> =>
  Layer.effectDiscard(check(options))
