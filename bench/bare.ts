// What history is compared with: the least that has to be done for it, on the same machine when it is idle again.
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { inflateSync } from 'node:zlib'
import { proto } from '@whiskeysockets/baileys'
import { openPrepared } from '../simulator/protocol/history/prepared.ts'
import { searchable } from '../src/domain/search-text.ts'
import type { ChunkFile } from './phone-truth.ts'

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

type Row = Array<SQLInputValue>

interface Task {
  /** What the server stored, read in the order in which it came; the first column is its place in that order. */
  readonly columns: string
  readonly storedIn: string
  readonly freshFile: string
  readonly batch: number
  /** Makes the tables; answers what inserts rows, within a transaction. */
  readonly into: (target: DatabaseSync, source: DatabaseSync) => (rows: ReadonlyArray<Row>) => () => void
}

/** Rows inserted in transactions of `batch`, as durably as the server does; reading and preparing them is not counted. */
const inserted = (task: Task): { rows: number; milliseconds: number } => {
  const source = new DatabaseSync(task.storedIn, { readOnly: true })
  const target = new DatabaseSync(task.freshFile)
  try {
    target.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-32768')
    const prepare = task.into(target, source)
    const read = source.prepare(
      `SELECT ${task.columns} FROM messages WHERE message_row > ? ORDER BY message_row LIMIT ?`
    )
    read.setReturnArrays(true)
    let rows = 0
    let milliseconds = 0
    let place: SQLInputValue = 0
    while (true) {
      const some = read.all(place, task.batch) as unknown as ReadonlyArray<Row>
      const last = some.at(-1)
      if (last === undefined) return { rows, milliseconds }
      place = last[0] ?? 0
      const insert = prepare(some)
      const began = performance.now()
      target.exec('BEGIN IMMEDIATE')
      insert()
      target.exec('COMMIT')
      milliseconds += performance.now() - began
      rows += some.length
    }
  } finally {
    source.close()
    target.close()
  }
}

/** The rows that the server stored, into the same table with the same indexes, by one prepared statement. */
export const bareInserts = (storedIn: string, freshFile: string, batch: number) =>
  inserted({
    columns: 'message_row AS place, *',
    storedIn,
    freshFile,
    batch,
    into: (target, source) => {
      const definitions = source
        .prepare(
          `SELECT sql FROM sqlite_master WHERE tbl_name = 'messages' AND type IN ('table', 'index') AND sql IS NOT NULL
            ORDER BY type DESC`
        )
        .all()
      for (const { sql } of definitions) target.exec(String(sql))
      const columns = source.prepare('SELECT * FROM messages LIMIT 0').columns()
      const insert = target.prepare(`INSERT INTO messages VALUES (${columns.map(() => '?').join(', ')})`)
      return rows => {
        const values = rows.map(row => row.slice(1))
        return () => values.forEach(row => insert.run(...row))
      }
    }
  })

/**
 * The least that any server with this store would have to do: numbers in place of names, one identity, one order of time,
 * the words for the search, and nothing else. No such server is faster than this, whatever it does besides.
 */
export const leastInserts = (storedIn: string, freshFile: string, batch: number) =>
  inserted({
    columns: 'message_row, thread_id, sender, whatsapp_id, body, ts_client, raw',
    storedIn,
    freshFile,
    batch,
    into: target => {
      target.exec(`CREATE TABLE messages (row INTEGER PRIMARY KEY, thread INTEGER, sender INTEGER, id TEXT, body TEXT, at INTEGER, raw BLOB);
        CREATE UNIQUE INDEX identity ON messages (thread, id, sender);
        CREATE INDEX by_time ON messages (thread, at);
        CREATE VIRTUAL TABLE words USING fts5(text, content='', columnsize=0, tokenize='ascii')`)
      const insert = target.prepare('INSERT INTO messages VALUES (?, ?, ?, ?, ?, ?, ?)')
      const index = target.prepare('INSERT INTO words (rowid, text) VALUES (?, ?)')
      const numbers = new Map<SQLInputValue, number>()
      const numberOf = (name: SQLInputValue): number => {
        const number = numbers.get(name) ?? numbers.size
        numbers.set(name, number)
        return number
      }
      return rows => {
        const lean = rows.map(([row = null, thread = null, sender = null, ...rest]) => [
          row,
          numberOf(thread),
          numberOf(sender),
          ...rest
        ])
        const words = rows.flatMap(([row = null, , , , body]) =>
          typeof body === 'string' && body !== '' ? [[row, searchable(body)]] : []
        )
        return () => {
          lean.forEach(row => insert.run(...row))
          words.forEach(row => index.run(...row))
        }
      }
    }
  })
