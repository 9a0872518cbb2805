// What the console costs a browser with a conversation of any length: how even its frames are while somebody scrolls, how much it holds,
// how long a jump takes.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { type CDPSession, chromium, type Page } from 'playwright-core'
import { wholeOption } from '../harness/options.ts'
import { linkAccount } from '../harness/simulated.ts'
import { ServerProcess, temporaryFolder } from '../harness/server-process.ts'
import { observed } from './main-thread.ts'
import { percentile, rounded } from './percentile.ts'
import { PhoneProcess } from './phone.ts'

export const CONSOLE_USAGE = `console   the console with one long conversation: frames while scrolling, what it holds, jumps
    --messages N        how many the conversation has (100000)
    --seconds N         how long it is scrolled, each way and pace (10)
    --through           also from the last message to the first and back
    --json              nothing but the result`

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium'
const METER = readFileSync(join(import.meta.dirname, 'console-meter.js'), 'utf8')

/** Pixels in a frame: a page of text in a second, and as fast as a hand turns a wheel. */
const PACES = { reading: 15, fast: 120 } as const
const ASK_EVERY_MS = 250

interface Scrolled {
  readonly frames: ReadonlyArray<number>
  readonly nodes: number
  readonly jump: number
  readonly starved: number
  readonly messages: number
}

interface Through {
  readonly messages: number
  readonly nodes: number
  readonly milliseconds: number
}

const figuresOf = ({ frames, jump, messages, nodes, starved }: Scrolled) => ({
  frames: frames.length,
  medianFrameMs: rounded(
    percentile(
      frames.toSorted((a, b) => a - b),
      0.5
    ),
    1
  ),
  framesWithoutMessages: starved,
  largestJumpPx: rounded(jump, 1),
  messages,
  elements: nodes
})

const heapMiB = async (cdp: CDPSession): Promise<number | null> => {
  await cdp.send('HeapProfiler.collectGarbage')
  const { usedSize } = await cdp.send('Runtime.getHeapUsage')
  return rounded(usedSize / 2 ** 20, 1)
}

const scrolled = async (page: Page, pixels: number, seconds: number) => {
  const { mainThread, result } = await observed(page, () =>
    page.evaluate<Scrolled>(`meter.scroll(${pixels}, ${seconds * 1000})`)
  )
  return { ...figuresOf(result), mainThread }
}

const through = async (page: Page, isUp: boolean) => {
  const { messages, milliseconds, nodes } = await page.evaluate<Through>(`meter.through(${isUp})`)
  return { messages, elements: nodes, seconds: rounded(milliseconds / 1000, 1) }
}

/** Milliseconds from choosing a day until its messages are in view. */
const jumpTo = async (page: Page, day: string): Promise<number | null> => {
  await page.getByRole('button', { name: 'Go to a date' }).click()
  await page.getByLabel('Day').fill(day)
  await page.evaluate('meter.forgetShown()')
  const start = performance.now()
  await page.getByRole('button', { name: 'Go there' }).click()
  if (!(await page.evaluate<boolean>('meter.untilShown()')))
    throw new Error('The message is not where the list is')
  return rounded(performance.now() - start, 0)
}

const signedIn = async (page: Page, url: string, key: string): Promise<void> => {
  await page.goto(`${url}/`)
  await page.getByLabel('Your key').fill(key)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('heading', { level: 1, name: 'Accounts' }).waitFor()
}

const untilStored = async (server: ServerProcess, accountId: string, messages: number): Promise<void> => {
  while ((await server.api.account(accountId)).counts.messages < messages) await pause(ASK_EVERY_MS)
}

/** To the first message and back, as fast as pages come: every message is shown once each way. */
const bothWays = async (page: Page) => {
  await page.keyboard.press('e')
  await page.evaluate('meter.untilAtEnd()')
  return { toTheFirst: await through(page, true), backToTheLast: await through(page, false) }
}

const measured = async (
  page: Page,
  server: ServerProcess,
  threadId: string,
  { isThrough, seconds }: { readonly isThrough: boolean; readonly seconds: number }
) => {
  await signedIn(page, server.url, server.key)
  const cdp = await page.context().newCDPSession(page)
  const atFirst = await heapMiB(cdp)
  const start = performance.now()
  await page.evaluate(`location.hash = ${JSON.stringify(`/chats/${threadId.split('__')[0]}/${threadId}`)}`)
  await page.locator('.window-rows > [data-key]').first().waitFor()
  const openMs = rounded(performance.now() - start, 0)
  await page.evaluate(METER)
  const up: Record<string, object> = {}
  const down: Record<string, object> = {}
  for (const [name, pixels] of Object.entries(PACES)) up[name] = await scrolled(page, -pixels, seconds)
  for (const [name, pixels] of Object.entries(PACES)) down[name] = await scrolled(page, pixels, seconds)
  const { oldest, newest } = await server.api.coverage(threadId)
  const middle = new Date(((oldest?.at ?? 0) + (newest?.at ?? 0)) / 2).toISOString().slice(0, 10)
  const first = new Date(oldest?.at ?? 0).toISOString().slice(0, 10)
  const jumpMs = { middle: await jumpTo(page, middle), first: await jumpTo(page, first) }
  const scrolledThrough = isThrough ? await bothWays(page) : {}
  const held = { atFirst, atLast: await heapMiB(cdp) }
  return { openMs, up, down, jumpMs, ...scrolledThrough, heapMiB: held }
}

export const consoleBench = async (args: ReadonlyArray<string>): Promise<object> => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      messages: { type: 'string', default: '100000' },
      seconds: { type: 'string', default: '10' },
      through: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false }
    }
  })
  const messages = wholeOption('messages', values.messages, 1_000_000)
  const seconds = wholeOption('seconds', values.seconds, 600)
  const say = (text: string): void => void (values.json || process.stderr.write(`${text}\n`))
  const folder = temporaryFolder()
  let phone: PhoneProcess | undefined
  let server: ServerProcess | undefined
  try {
    say(`Making a conversation of ${messages} messages …`)
    phone = await PhoneProcess.start({ messages, chats: 1, chunkMessages: 5000, folder: folder.path })
    server = await ServerProcess.start({ dataDir: join(folder.path, 'data'), settings: phone.settings })
    const source = phone
    const accountId = await linkAccount(server.api, 'Bench', qr => source.scan(qr))
    await untilStored(server, accountId, messages)
    const [thread] = await server.api.threads(accountId)
    if (thread === undefined) throw new Error('There is no conversation')
    say('Scrolling …')
    // As root, as in most containers, Chromium runs only without its sandbox; it sees nothing but our own pages.
    await using browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] })
    const page = await browser.newPage({ viewport: { width: 1360, height: 860 } })
    const result = await measured(page, server, thread.threadId, { isThrough: values.through, seconds })
    return { bench: 'console', messages, seconds, ...result }
  } finally {
    await server?.kill()
    await phone?.stop()
    folder.remove()
  }
}
