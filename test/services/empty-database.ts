// An empty database with all migrations, made once: they take a tenth of a second of processor time, and there are hundreds of
// tests with a database of their own.
import { DatabaseSync } from 'node:sqlite'
import { Effect, Layer, Logger } from 'effect'
import { join } from 'node:path'
import { temporaryFolder } from '../../harness/server-process.ts'
import * as Migrations from '../../src/services/database/migrations.ts'
import * as NodeSqlite from '../../src/services/database/sqlite/node-sqlite.ts'

const make = async (): Promise<Uint8Array> => {
  const folder = temporaryFolder()
  const file = join(folder.path, 'empty.db')
  await Effect.runPromise(
    Effect.void.pipe(
      Effect.provide(
        Migrations.layer.pipe(Layer.provide(NodeSqlite.layer(file)), Layer.provide(Logger.layer([])))
      )
    )
  )
  const database = new DatabaseSync(file)
  // A database in memory has no write-ahead log.
  database.exec('PRAGMA journal_mode=DELETE')
  const image = database.serialize()
  database.close()
  folder.remove()
  return image
}

let made: Promise<Uint8Array> | undefined

/** As SQLite serializes it. */
export const emptyDatabase = (): Promise<Uint8Array> => (made ??= make())
