// What history is held against: the least that has to be done for it, on the then idle machine.
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { inflateSync } from 'node:zlib'
import { proto } from '@whiskeysockets/baileys'
import { openPrepared } from '../simulator/prepared-history.ts'
import type { ChunkFile } from './phone.ts'

const WARM_UP_CHUNKS = 3

/** Inflates and decodes the very same chunks; milliseconds. Reading and decrypting the files is not counted. */
export const bareDecode = (chunks: ReadonlyArray<ChunkFile>): { messages: number; milliseconds: number } => {
  let messages = 0
  let milliseconds = 0
  const decode = (chunk: ChunkFile): number => {
    const compressed = openPrepared({ ...chunk, mediaKey: Buffer.from(chunk.mediaKey, 'base64') })
    const began = performance.now()
    const { conversations } = proto.HistorySync.decode(inflateSync(compressed))
    milliseconds += performance.now() - began
    return conversations.reduce((sum, one) => sum + (one.messages?.length ?? 0), 0)
  }
  for (const chunk of chunks.slice(0, WARM_UP_CHUNKS)) decode(chunk)
  milliseconds = 0
  for (const chunk of chunks) messages += decode(chunk)
  return { messages, milliseconds }
}

interface Definition {
  readonly sql: string
}

/**
 * Inserts the rows that the server stored into a fresh file, into the same table with the same indexes, with the same
 * durability, by one prepared statement in transactions of `batch` rows; milliseconds. Reading the rows is not counted.
 */
export const bareInserts = (
  storedIn: string,
  freshFile: string,
  batch: number
): { rows: number; milliseconds: number } => {
  const source = new DatabaseSync(storedIn, { readOnly: true })
  const target = new DatabaseSync(freshFile)
  try {
    target.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON')
    const definitions = source
      .prepare(
        `SELECT sql FROM sqlite_master WHERE tbl_name = 'messages' AND type IN ('table', 'index') AND sql IS NOT NULL
          ORDER BY type DESC`
      )
      .all() as unknown as ReadonlyArray<Definition>
    for (const { sql } of definitions) target.exec(sql)
    const columns = source.prepare('SELECT * FROM messages LIMIT 0').columns()
    const insert = target.prepare(`INSERT INTO messages VALUES (${columns.map(() => '?').join(', ')})`)
    const read = source.prepare(
      'SELECT rowid AS place, * FROM messages WHERE rowid > ? ORDER BY rowid LIMIT ?'
    )
    read.setReturnArrays(true)
    let rows = 0
    let milliseconds = 0
    let place: SQLInputValue = 0
    while (true) {
      const some = read.all(place, batch) as unknown as ReadonlyArray<Array<SQLInputValue>>
      const last = some.at(-1)
      if (last === undefined) return { rows, milliseconds }
      place = last[0] ?? 0
      const values = some.map(row => row.slice(1))
      const began = performance.now()
      target.exec('BEGIN IMMEDIATE')
      for (const row of values) insert.run(...row)
      target.exec('COMMIT')
      milliseconds += performance.now() - began
      rows += some.length
    }
  } finally {
    source.close()
    target.close()
  }
}
