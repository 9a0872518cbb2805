// How fast one account's history comes in: a phone with a history made ahead, the server as a process, the real wire in
// between, contacts that go on writing meanwhile. Compared with bare decoding and bare inserting of the same messages.
import { createHash } from 'node:crypto'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { peakResidentMiB, processorMs } from '../harness/process-memory.ts'
import { linkAccount } from '../harness/simulated.ts'
import { ServerProcess, temporaryFolder } from '../harness/server-process.ts'
import { wholeOption } from '../harness/options.ts'
import { bareDecode, bareInserts, leastInserts } from './bare.ts'
import { percentile, rounded } from './percentile.ts'
import { PhoneProcess } from './phone.ts'
import type { ChatTruth, WrittenLive } from './phone-truth.ts'
import { profiling } from './profiling.ts'

export const HISTORY_USAGE = `history   one account's history through the real wire into the embedded store
    --messages N        how many the phone holds (100000)
    --chats N           in how many chats, every fifth a group (200)
    --chunk-messages N  how many in one FULL chunk (5000)
    --live-every MS     a contact writes a message that often while history comes in (100)
    --linked-before N   first another account is linked whose phone holds N messages: then nothing runs for the first time (none)
    --profile FOLDER    keep a CPU profile of the server there (and measure a slower server)
    --json              nothing but the result`

/** Longer than anything takes here; a bench that hangs has failed. */
const DEADLINE_MS = 30 * 60_000
const ASK_EVERY_MS = 500
/** A person opens the phone's camera; the server is ready by then. */
const SCANNING_MS = 3000
/** Over how many messages the cost of one is taken, as a share of all and at least in chunks. */
const WINDOW = { share: 0.05, chunks: 4 }

interface ChunkDone {
  /** Messages stored when it was. */
  readonly stored: number
  readonly at: number
}

const parsed = (args: ReadonlyArray<string>) => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      messages: { type: 'string', default: '100000' },
      chats: { type: 'string', default: '200' },
      'chunk-messages': { type: 'string', default: '5000' },
      'live-every': { type: 'string', default: '100' },
      'linked-before': { type: 'string' },
      profile: { type: 'string' },
      json: { type: 'boolean', default: false }
    }
  })
  return {
    messages: wholeOption('messages', values.messages, 10_000_000),
    chats: wholeOption('chats', values.chats, 10_000),
    chunkMessages: wholeOption('chunk-messages', values['chunk-messages'], 100_000),
    liveEvery: wholeOption('live-every', values['live-every'], 60_000),
    linkedBefore:
      values['linked-before'] === undefined
        ? 0
        : wholeOption('linked-before', values['linked-before'], 1_000_000),
    profile: values.profile,
    json: values.json
  }
}

/** Microseconds a message, over a window that begins with (or, at the end, ends with) the message number `at`. */
const costAt = (chunks: ReadonlyArray<ChunkDone>, at: number, chunkMessages: number): number | null => {
  const total = chunks.at(-1)?.stored ?? 0
  const window = Math.max(total * WINDOW.share, chunkMessages * WINDOW.chunks)
  const begin = Math.max(Math.min(at, total - window), 0)
  const first = chunks.find(({ stored }) => stored > 0 && stored >= begin)
  const last = first && chunks.find(({ stored }) => stored >= Math.min(total, first.stored + window))
  if (first === undefined || last === undefined || last.stored === first.stored) return null
  return ((last.at - first.at) * 1000) / (last.stored - first.stored)
}

/** Reads what the server's database holds of an account, after the server has stopped. */
class Stored {
  private readonly database: DatabaseSync
  private readonly accountId: string

  constructor(file: string, accountId: string) {
    this.accountId = accountId
    this.database = new DatabaseSync(file, { readOnly: true })
  }

  close(): void {
    this.database.close()
  }

  private rows<Row>(text: string, ...parameters: ReadonlyArray<string>): ReadonlyArray<Row> {
    return this.database.prepare(text).all(...parameters) as unknown as ReadonlyArray<Row>
  }

  chunksDone(): ReadonlyArray<ChunkDone> {
    let stored = 0
    return this.rows<{ messages: number; at: number }>(
      `SELECT messages, done_at AS at FROM history_chunks WHERE state = 'done' AND account_id = ?
        ORDER BY done_at, chunk_id`,
      this.accountId
    ).map(({ at, messages }) => ({ at, stored: (stored += messages) }))
  }

  /** From a message's way onto the wire to its storing, milliseconds, sorted; only of what was written in the time given. */
  latencies(written: ReadonlyArray<WrittenLive>, from: number, until: number): ReadonlyArray<number> {
    const timed = written.filter(({ writtenAt }) => writtenAt >= from && writtenAt <= until)
    const storedAt = new Map(
      this.rows<{ id: string; at: number }>(
        `SELECT whatsapp_id AS id, ts_server AS at FROM messages
          WHERE account_id = ? AND whatsapp_id IN (SELECT value FROM json_each(?))`,
        this.accountId,
        JSON.stringify(timed.map(({ id }) => id))
      ).map(({ at, id }) => [id, at])
    )
    return timed
      .map(({ id, writtenAt }) => (storedAt.get(id) ?? Infinity) - writtenAt)
      .toSorted((a, b) => a - b)
  }

  /** Every chat holds exactly the phone's messages; throws with how many do not. */
  compare(chats: ReadonlyArray<ChatTruth>): { readonly messages: number; readonly threads: number } {
    const threads = new Map(
      this.rows<{ id: string; jid: string }>(
        'SELECT thread_id AS id, client_jid AS jid FROM threads WHERE account_id = ?',
        this.accountId
      ).map(({ id, jid }) => [jid, id])
    )
    let wrong = 0
    let messages = 0
    for (const chat of chats) {
      const thread = chat.jids.map(jid => threads.get(jid)).find(id => id !== undefined)
      const ids = this.rows<{ id: string }>(
        `SELECT whatsapp_id AS id FROM messages WHERE thread_id = ? AND type <> 'system' ORDER BY whatsapp_id`,
        thread ?? ''
      ).map(({ id }) => id)
      const digest = createHash('sha256').update(ids.join(' ')).digest('hex')
      if (digest !== chat.digest) wrong += 1
      messages += ids.length
    }
    const [counted] = this.rows<{ n: number }>(
      `SELECT COUNT(*) AS n FROM messages WHERE account_id = ? AND type <> 'system'`,
      this.accountId
    )
    const expected = chats.reduce((sum, chat) => sum + chat.messages, 0)
    if (wrong > 0 || messages !== expected || counted?.n !== expected) {
      throw new Error(
        `The store does not hold what the phone holds: ${wrong} of ${chats.length} chats differ, ${counted?.n} messages instead of ${expected}`
      )
    }
    return { messages, threads: threads.size }
  }
}

/** Until the account is as wanted, however long that takes. */
const untilSynced = async (
  server: ServerProcess,
  accountId: string,
  chunks: number,
  messages: number,
  say: (text: string) => void
): Promise<void> => {
  const deadline = Date.now() + DEADLINE_MS
  let said = 0
  while (Date.now() < deadline) {
    const { counts, sync } = await server.api.account(accountId)
    if (sync.chunksFailed > 0) throw new Error('A history chunk was given up')
    if (sync.chunksDone >= chunks && counts.messages >= messages) return
    const tenth = Math.floor((counts.messages / messages) * 10)
    if (tenth > said) say(`${(said = tenth) * 10} % stored`)
    await pause(ASK_EVERY_MS)
  }
  throw new Error('History did not come in within half an hour')
}

/** Links another account, and waits until it has its history. */
const linkBefore = async (server: ServerProcess, phone: PhoneProcess, messages: number): Promise<void> => {
  const accountId = await linkAccount(server.api, 'Before', async qr => {
    await pause(SCANNING_MS)
    await phone.linkBefore({ qr, messages })
  })
  await untilSynced(server, accountId, 1, messages, () => undefined)
  await pause(SCANNING_MS)
}

export const history = async (args: ReadonlyArray<string>): Promise<object> => {
  const options = parsed(args)
  const say = (text: string): void => void (options.json || process.stderr.write(`${text}\n`))
  const folder = temporaryFolder()
  let phone: PhoneProcess | undefined
  let server: ServerProcess | undefined
  try {
    say(`Making a history of ${options.messages} messages ahead …`)
    phone = await PhoneProcess.start({ ...options, folder: folder.path })
    const dataDir = join(folder.path, 'data')
    server = await ServerProcess.start({
      dataDir,
      settings: { ...phone.settings, ...profiling(options.profile) }
    })
    const measured = phone
    if (options.linkedBefore > 0) await linkBefore(server, measured, options.linkedBefore)
    const accountId = await linkAccount(server.api, 'Bench', async qr => {
      await pause(SCANNING_MS)
      await measured.scan(qr)
    })
    const processorBefore = processorMs(server.pid)
    await phone.write(options.liveEvery)
    say('Linked; history comes in')
    await untilSynced(server, accountId, phone.chunks.length, options.messages, say)
    const processorTime = processorMs(server.pid) - processorBefore
    const { firstChunkAt, written } = await phone.rest()
    await untilSynced(server, accountId, phone.chunks.length, options.messages + written.length, say)
    const chats = await phone.truth()
    const peakMiB = peakResidentMiB(server.pid)
    await server.stop()
    await phone.stop()

    say('Comparing what is stored with what the phone holds …')
    const database = join(dataDir, 'backscroll.db')
    const stored = new Stored(database, accountId)
    const { messages, threads } = stored.compare(chats)
    const chunks = stored.chunksDone()
    const lastAt = chunks.at(-1)?.at ?? 0
    const latencies = stored.latencies(written, firstChunkAt, lastAt)
    stored.close()

    say('The same chunks, only inflated and decoded; the same rows, only inserted …')
    const decode = bareDecode(phone.chunks)
    const inserts = bareInserts(database, join(folder.path, 'bare.db'), options.chunkMessages)
    const least = leastInserts(database, join(folder.path, 'least.db'), options.chunkMessages)
    const perSecond = (options.messages * 1000) / (lastAt - firstChunkAt)
    const bareDecodePerSecond = (decode.messages * 1000) / decode.milliseconds
    const bareInsertsPerSecond = (inserts.rows * 1000) / inserts.milliseconds
    const leastPerSecond = (least.rows * 1000) / least.milliseconds
    return {
      bench: 'history',
      messages: options.messages,
      linkedBefore: options.linkedBefore,
      liveMessages: written.length,
      storedMessages: messages,
      threads,
      chunks: phone.chunks.length,
      chunkMessages: options.chunkMessages,
      seconds: rounded((lastAt - firstChunkAt) / 1000, 2),
      messagesPerSecond: Math.round(perSecond),
      databaseBytesAMessage: Math.round(statSync(database).size / messages),
      peakRssMiB: peakMiB === undefined ? null : Math.round(peakMiB),
      bareDecodePerSecond: Math.round(bareDecodePerSecond),
      ratioToBareDecode: rounded(perSecond / bareDecodePerSecond, 3),
      bareSqliteInsertsPerSecond: Math.round(bareInsertsPerSecond),
      bareSqliteIs:
        'same columns, same indexes, WAL, synchronous=FULL, one prepared statement, a transaction a chunk',
      leastSqliteInsertsPerSecond: Math.round(leastPerSecond),
      leastSqliteIs:
        'seven columns, numbers for names, identity and time indexed, full-text entries; otherwise the same',
      ratioOfLeastToBareDecode: rounded(leastPerSecond / bareDecodePerSecond, 3),
      ratioToBareSqlite: rounded(perSecond / bareInsertsPerSecond, 3),
      microsecondsAMessage: rounded(1e6 / perSecond, 1),
      // Of all threads of the server, from linking on.
      processorMicrosecondsAMessage: rounded((processorTime * 1000) / options.messages, 1),
      microsecondsAt10000: rounded(costAt(chunks, 10_000, options.chunkMessages), 1),
      [`microsecondsAt${options.messages}`]: rounded(
        costAt(chunks, options.messages, options.chunkMessages),
        1
      ),
      liveLatencyMs: {
        of: latencies.length,
        p50: percentile(latencies, 0.5),
        p99: percentile(latencies, 0.99),
        max: latencies.at(-1) ?? null
      }
    }
  } finally {
    await server?.kill()
    await phone?.stop()
    folder.remove()
  }
}
