// How long answers of the API take: on a server that has nothing else to do, and while another part of the same account's history comes in.
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { Api } from '../harness/api.ts'
import { wholeOption } from '../harness/options.ts'
import { linkAccount } from '../harness/simulated.ts'
import { ServerProcess, temporaryFolder } from '../harness/server-process.ts'
import { timed } from './clients.ts'
import { medianOf, percentile, rounded } from './percentile.ts'
import { PhoneProcess } from './phone.ts'
import { profiling } from './profiling.ts'

export const READS_USAGE = `reads     answers of the API, idle and while history comes in, by 1 and 16 clients
    --messages N        how many the phone holds (200000)
    --chats N           in how many chats (40)
    --requests N        of each kind, by each number of clients (64)
    --profile FOLDER    keep a CPU profile of the server there
    --json              nothing but the result`

const CLIENTS = [1, 16] as const
/** The share of the history after which reading begins while the rest comes in. */
const BEGIN_AT = 0.25
const LIVE_EVERY_MS = 500
/** Longer than anything takes here; a bench that hangs has failed. */
const DEADLINE_MS = 30 * 60_000
const ASK_EVERY_MS = 100

/** However long that takes. */
const untilStored = async (api: Api, accountId: string, messages: number): Promise<void> => {
  const deadline = Date.now() + DEADLINE_MS
  while ((await api.account(accountId)).counts.messages < messages) {
    if (Date.now() > deadline) throw new Error('History did not come in within half an hour')
    await pause(ASK_EVERY_MS)
  }
}

const NEW_LINE = 10

/** How many lines an answer has: that of a million messages is longer than a string can be. */
const linesOf = async ({ body }: Response): Promise<number> => {
  let lines = 0
  for await (const chunk of body ?? []) {
    const bytes: Uint8Array = chunk
    for (let at = bytes.indexOf(NEW_LINE); at !== -1; at = bytes.indexOf(NEW_LINE, at + 1)) lines += 1
  }
  return lines
}

/** What is asked. */
interface Question {
  readonly name: string
  readonly ask: (place: number) => Promise<unknown>
}

/** A conversation, and the cursor of its page that is so many pages of 500 behind the newest, or as many as there are. */
const longConversation = async (api: Api, threadIds: ReadonlyArray<string>, pages: number) => {
  for (const threadId of threadIds) {
    let { olderCursor } = await api.messagePage(threadId, 'limit=500')
    if (olderCursor === null) continue
    let cursor = olderCursor
    for (let page = 1; page < pages && olderCursor !== null; page += 1) {
      cursor = olderCursor
      olderCursor = (await api.messagePage(threadId, `limit=500&before=${cursor}`)).olderCursor
    }
    return { threadId, cursor }
  }
  throw new Error('No conversation has more than a page')
}

const questionsOf = async (api: Api, accountId: string): Promise<ReadonlyArray<Question>> => {
  const { threads } = await api.threadPage(accountId, { limit: '50' })
  const threadId = (place: number): string => threads[place % threads.length]?.threadId ?? ''
  const deep = await longConversation(
    api,
    threads.map(one => one.threadId),
    5
  )
  const search = (q: string) => () => api.search(accountId, { q, limit: '50' })
  return [
    { name: 'threads', ask: () => api.threadPage(accountId, { limit: '50' }) },
    { name: 'newest page', ask: place => api.messagePage(threadId(place), 'limit=50') },
    { name: 'deep page', ask: () => api.messagePage(deep.threadId, `limit=50&before=${deep.cursor}`) },
    { name: 'search, rare word', ask: search('Written') },
    { name: 'search, common word', ask: search('hello') },
    { name: 'search, CJK', ask: search('明天见') }
  ]
}

const figuresOf = (each: ReadonlyArray<number>) => ({
  p50: rounded(percentile(each, 0.5), 1),
  p99: rounded(percentile(each, 0.99), 1)
})

/** Every question by so many clients; milliseconds. `goesOn` says whether there is still time. */
const measured = async (
  questions: ReadonlyArray<Question>,
  clients: number,
  requests: number,
  goesOn: () => boolean
): Promise<Record<string, ReadonlyArray<number>>> => {
  const found: Record<string, ReadonlyArray<number>> = {}
  for (const { ask, name } of questions) {
    if (!goesOn()) break
    found[name] = (await timed(requests, clients, ask)).each
  }
  return found
}

export const reads = async (args: ReadonlyArray<string>): Promise<object> => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      messages: { type: 'string', default: '200000' },
      chats: { type: 'string', default: '40' },
      requests: { type: 'string', default: '64' },
      profile: { type: 'string' },
      json: { type: 'boolean', default: false }
    }
  })
  const messages = wholeOption('messages', values.messages, 10_000_000)
  const chats = wholeOption('chats', values.chats, 10_000)
  const requests = wholeOption('requests', values.requests, 100_000)
  const say = (text: string): void => void (values.json || process.stderr.write(`${text}\n`))
  const folder = temporaryFolder()
  let phone: PhoneProcess | undefined
  let server: ServerProcess | undefined
  try {
    say(`Making a history of ${messages} messages ahead …`)
    phone = await PhoneProcess.start({ messages, chats, chunkMessages: 5000, folder: folder.path })
    const settings = { ...phone.settings, ...profiling(values.profile) }
    server = await ServerProcess.start({ dataDir: join(folder.path, 'data'), settings })
    const { api } = server
    const source = phone
    const accountId = await linkAccount(api, 'Bench', qr => source.scan(qr))
    await phone.write(LIVE_EVERY_MS)
    await untilStored(api, accountId, messages * BEGIN_AT)

    let isComingIn = true
    const stored = untilStored(api, accountId, messages).finally(() => (isComingIn = false))
    // What fails meanwhile is told first.
    stored.catch(() => undefined)
    const questions = await questionsOf(api, accountId)
    const busy = new Map<number, Record<string, ReadonlyArray<number>>>()
    say('Reading while history comes in …')
    for (const clients of CLIENTS)
      busy.set(clients, await measured(questions, clients, requests, () => isComingIn))
    await stored
    await phone.rest()
    say('Reading while nothing else happens …')
    const idle = new Map<number, Record<string, ReadonlyArray<number>>>()
    for (const clients of CLIENTS) idle.set(clients, await measured(questions, clients, requests, () => true))
    const exporting = performance.now()
    const lines = await linesOf(await api.exporting(`accounts/${accountId}/export`))
    const exportSeconds = (performance.now() - exporting) / 1000
    await server.stop()
    return {
      bench: 'reads',
      messages,
      requests,
      unit: 'milliseconds',
      ...Object.fromEntries(CLIENTS.map(clients => [`${clients} at a time`, compared(idle, busy, clients)])),
      exportedPerSecond: Math.round(lines / exportSeconds)
    }
  } finally {
    await server?.kill()
    await phone?.stop()
    folder.remove()
  }
}

type Measured = ReadonlyMap<number, Record<string, ReadonlyArray<number>>>

/** Of each question, and how much longer the slowest take while history comes in. */
const compared = (idle: Measured, busy: Measured, clients: number) => {
  const questions: Record<string, object> = {}
  const ratios: Array<number> = []
  for (const [name, alone] of Object.entries(idle.get(clients) ?? {})) {
    const during = busy.get(clients)?.[name]
    const [idleFigures, busyFigures] = [figuresOf(alone), during && figuresOf(during)]
    const ratio = busyFigures && (busyFigures.p99 ?? 0) / (idleFigures.p99 ?? 1)
    if (ratio !== undefined) ratios.push(ratio)
    questions[name] = { idle: idleFigures, comingIn: busyFigures ?? null, p99Ratio: rounded(ratio ?? null) }
  }
  return { ...questions, p99RatioMedian: ratios.length === 0 ? null : rounded(medianOf(ratios)) }
}
