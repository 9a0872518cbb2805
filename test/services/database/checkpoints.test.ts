// A log that has grown large is copied into the database while nothing waits for it, and begins again.
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Effect } from 'effect'
import { SqlClient } from 'effect/sql'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../harness/server-process.ts'
import { LOG_BYTES } from '../../../src/services/database/sqlite/checkpoints.ts'
import * as NodeSqlite from '../../../src/services/database/sqlite/node-sqlite.ts'

const MIB = 1024 * 1024
const WITHIN = { timeout: 30_000 }
const WRITTEN = 2 * LOG_BYTES
/** SQLite itself begins to copy later than that. */
const MOST = 3.5 * LOG_BYTES

test('its pages come into the database, the log is cut, and nothing of it is left at the end', async () => {
  const folder = temporaryFolder()
  const file = join(folder.path, 'large.db')
  const logBytes = (): number => statSync(`${file}-wal`).size
  const writing = Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    yield* sql`CREATE TABLE large (content BLOB)`
    for (let written = 0; written < WRITTEN; written += MIB)
      yield* sql`INSERT INTO large VALUES (randomblob(${MIB}))`
    yield* Effect.promise(() => expect.poll(() => statSync(file).size, WITHIN).toBeGreaterThan(WRITTEN))
    // The first commit after all of it was copied begins at the beginning of the log.
    while (logBytes() > LOG_BYTES) {
      expect(logBytes()).toBeLessThan(MOST)
      const { mtimeMs } = statSync(file)
      yield* sql`INSERT INTO large VALUES (randomblob(1))`
      if (logBytes() > LOG_BYTES)
        yield* Effect.promise(() => expect.poll(() => statSync(file).mtimeMs, WITHIN).not.toBe(mtimeMs))
    }
  })
  await Effect.runPromise(writing.pipe(Effect.provide(NodeSqlite.layer(file))))
  expect(existsSync(`${file}-wal`)).toBe(false)
  folder.remove()
})
