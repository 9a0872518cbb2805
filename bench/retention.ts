// What removing costs, and whom it holds up: a part of an account's messages by MESSAGES_KEEP, then one person with everything, while
// contacts go on writing. Compared with the same writing while nothing else happens.
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { Api } from '../harness/api.ts'
import { wholeOption } from '../harness/options.ts'
import { peakResidentMiB } from '../harness/process-memory.ts'
import { ServerProcess, temporaryFolder } from '../harness/server-process.ts'
import { linkAccount } from '../harness/simulated.ts'
import { percentile, rounded } from './percentile.ts'
import { PhoneProcess } from './phone.ts'
import { profiling } from './profiling.ts'
import type { WrittenLive } from './phone-truth.ts'

export const RETENTION_USAGE = `retention a part of the messages removed by MESSAGES_KEEP, then one person exported and erased, while contacts write
    --messages N        how many the phone holds (100000)
    --chats N           in how many chats, every fifth a group (200)
    --live-every MS     a contact writes a message that often (50)
    --share PERCENT     how much of it is removed (50)
    --idle SECONDS      how long it is measured while nothing else happens (20)
    --profile FOLDER    keep a CPU profile of the server there
    --json              nothing but the result`

const HOUR_MS = 60 * 60_000
/** Longer than anything takes here; a bench that hangs has failed. */
const DEADLINE_MS = 30 * 60_000
const ASK_EVERY_MS = 100

/** An account that stores nothing more for so long, of a history that is not complete, does not get on. */
const STALLED_MS = 60_000

/** Waits until a history is stored; throws with how the account is, when it does not get on. */
const untilStored = async (api: Api, accountId: string, messages: number): Promise<void> => {
  let [best, bestAt] = [-1, Date.now()]
  while (true) {
    const account = await api.account(accountId)
    const { counts, state } = account
    if (['open', 'backfilling'].includes(state) && counts.messages >= messages) return
    if (counts.messages > best) [best, bestAt] = [counts.messages, Date.now()]
    if (Date.now() - bestAt > STALLED_MS)
      throw new Error(`The history does not get on: ${JSON.stringify(account)}`)
    await pause(ASK_EVERY_MS)
  }
}

const until = async (what: string, isDone: () => Promise<boolean>): Promise<void> => {
  const deadline = Date.now() + DEADLINE_MS
  while (!(await isDone())) {
    if (Date.now() > deadline) throw new Error(`${what} took longer than half an hour`)
    await pause(ASK_EVERY_MS)
  }
}

/** What is read of the database of the server beside it. */
const reading = <A>(file: string, read: (database: DatabaseSync) => A): A => {
  const database = new DatabaseSync(file, { readOnly: true })
  try {
    return read(database)
  } finally {
    database.close()
  }
}

/** From a message's way onto the wire to its storing, milliseconds; of those that are stored. */
const latencies = (file: string, written: ReadonlyArray<WrittenLive>) =>
  reading(file, database => {
    // One walk over all messages: there is no index of these ids alone.
    const rows = database
      .prepare(
        'SELECT whatsapp_id AS id, MIN(ts_server) AS at FROM messages WHERE whatsapp_id IN (SELECT value FROM json_each(?)) GROUP BY whatsapp_id'
      )
      .all(JSON.stringify(written.map(({ id }) => id)))
    const storedAt = new Map(rows.map(({ at, id }) => [String(id), Number(at)]))
    const each = written
      .flatMap(({ id, writtenAt }) => {
        const at = storedAt.get(id)
        return at === undefined ? [] : [at - writtenAt]
      })
      .toSorted((a, b) => a - b)
    return {
      messages: each.length,
      p50: rounded(percentile(each, 0.5), 1),
      p99: rounded(percentile(each, 0.99), 1),
      worst: each.at(-1) ?? null
    }
  })

/** For how many hours messages are kept when about this share of them goes. */
const hoursWithout = (share: number, file: string): number =>
  reading(file, database => {
    const row = database
      .prepare(
        'SELECT ts_client AS at FROM messages ORDER BY ts_client LIMIT 1 OFFSET (SELECT CAST(COUNT(*) * ? AS INTEGER) FROM messages)'
      )
      .get(share)
    return Math.floor((Date.now() - Number(row?.['at'])) / HOUR_MS)
  })

/** The person with the longest conversation. */
const longestConversation = (file: string): string =>
  reading(file, database => {
    const row = database
      .prepare(
        `SELECT t.client_jid AS jid FROM messages m JOIN threads t ON t.thread_id = m.thread_id
          WHERE t.kind = 'direct' GROUP BY t.thread_id ORDER BY COUNT(*) DESC LIMIT 1`
      )
      .get()
    return String(row?.['jid'])
  })

/** Contacts write while `work` lasts; answers what they wrote, and how long the work took. */
const whileWriting = async (phone: PhoneProcess, everyMs: number, work: () => Promise<unknown>) => {
  const began = Date.now()
  await phone.write(everyMs)
  await work()
  const seconds = (Date.now() - began) / 1000
  const { written } = await phone.rest()
  return { seconds, written: written.filter(({ writtenAt }) => writtenAt >= began) }
}

const COUNTING_MS = 5000

/** Dry runs, one after the other, for some seconds, while contacts write; answers how long one took. */
const countAgainAndAgain = async (api: Api, keep: string, phone: PhoneProcess, everyMs: number) => {
  const kept = { messages: keep, media: keep, events: '1h', incidents: '1h', audit: '1h' }
  let [runs, wouldRemove] = [0, 0]
  const { seconds, written } = await whileWriting(phone, everyMs, async () => {
    const deadline = Date.now() + COUNTING_MS
    do {
      const counts = await api.retentionDryRun(kept)
      wouldRemove = counts.find(({ rule }) => rule === 'messages')?.wouldRemove ?? 0
      runs += 1
    } while (Date.now() < deadline)
  })
  return { wouldRemove, seconds: rounded(seconds / runs, 2), written }
}

/** The run of the rule for messages, once it has ended; `undefined` before. */
const removalRun = async (api: Api) => {
  const run = (await api.retention()).find(({ rule }) => rule === 'messages')?.lastRun
  return run == null || run.endedAt === null
    ? undefined
    : { removed: run.removed, milliseconds: run.endedAt - run.startedAt }
}

export const retention = async (args: ReadonlyArray<string>): Promise<object> => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      messages: { type: 'string', default: '100000' },
      chats: { type: 'string', default: '200' },
      'live-every': { type: 'string', default: '50' },
      share: { type: 'string', default: '50' },
      idle: { type: 'string', default: '20' },
      profile: { type: 'string' },
      json: { type: 'boolean', default: false }
    }
  })
  const messages = wholeOption('messages', values.messages, 10_000_000)
  const chats = wholeOption('chats', values.chats, 10_000)
  const liveEvery = wholeOption('live-every', values['live-every'], 60_000)
  const profile = values.profile
  const share = wholeOption('share', values.share, 100) / 100
  const idleSeconds = wholeOption('idle', values.idle, 600)
  const say = (text: string): void => void (values.json || process.stderr.write(`${text}\n`))
  const folder = temporaryFolder()
  const dataDir = join(folder.path, 'data')
  const file = join(dataDir, 'backscroll.db')
  let phone: PhoneProcess | undefined
  let server: ServerProcess | undefined
  try {
    say(`Making a history of ${messages} messages ahead …`)
    phone = await PhoneProcess.start({ messages, chats, chunkMessages: 5000, folder: folder.path })
    const source = phone
    // Nothing is asked of the phone meanwhile.
    const settings = { ...phone.settings, WHATSAPP_BACKFILL_COUNT: '0' }
    server = await ServerProcess.start({ dataDir, settings })
    const accountId = await linkAccount(server.api, 'Bench', qr => source.scan(qr))
    say('Storing it …')
    await untilStored(server.api, accountId, messages)

    say('Contacts write; nothing else happens …')
    const idle = latencies(
      file,
      (await whileWriting(phone, liveEvery, () => pause(idleSeconds * 1000))).written
    )
    const keep = `${hoursWithout(share, file)}h`
    say(`Counting what is older than ${keep} …`)
    const counted = await countAgainAndAgain(server.api, keep, phone, liveEvery)
    const dryRun = {
      wouldRemove: counted.wouldRemove,
      seconds: counted.seconds,
      live: latencies(file, counted.written)
    }
    await server.stop()

    say(`Removing what is older than ${keep} …`)
    server = await ServerProcess.start({
      dataDir,
      settings: { ...settings, ...profiling(profile), MESSAGES_KEEP: keep }
    })
    const { api } = server
    // What is written to an account that is offline is delivered later, whatever happens here.
    await until('The connection', async () =>
      ['open', 'backfilling'].includes((await api.account(accountId)).state)
    )
    const removing = await whileWriting(phone, liveEvery, () =>
      until('The removal', async () => (await removalRun(api)) !== undefined)
    )
    const run = await removalRun(api)
    const removal = {
      removed: run?.removed ?? 0,
      seconds: rounded((run?.milliseconds ?? 0) / 1000, 1),
      perSecond: Math.round(((run?.removed ?? 0) * 1000) / (run?.milliseconds ?? 1)),
      live: latencies(file, removing.written)
    }

    const person = longestConversation(file)
    say('Exporting a person …')
    let lines = 0
    const exporting = await whileWriting(phone, liveEvery, async () => {
      lines = (await api.exportedPerson(accountId, person)).length
    })
    const exported = { lines, seconds: exporting.seconds, live: latencies(file, exporting.written) }
    say('Erasing the person …')
    let counts: object = {}
    const erasing = await whileWriting(phone, liveEvery, async () => {
      const { erasureId } = await api.erase(accountId, person)
      counts = (await api.untilErased(accountId, erasureId)).removed
    })
    const erasure = {
      removed: counts,
      seconds: erasing.seconds,
      live: latencies(file, erasing.written)
    }
    const peakMiB = peakResidentMiB(server.pid)
    await server.stop()
    return {
      bench: 'retention',
      messages,
      chats,
      liveEvery,
      unit: 'milliseconds',
      idle,
      dryRun,
      removal,
      export: exported,
      erasure,
      peakMiB
    }
  } finally {
    await server?.kill()
    await phone?.stop()
    folder.remove()
  }
}
