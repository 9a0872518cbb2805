// Prints how long it takes from the command to the first conversation on a screen: the demo is started as a person starts it, its
// console is opened in a real browser, and a conversation is chosen. Seconds since the start, as a line of JSON.
//   npm run measure:first-conversation [-- --messages N]
import './needs-node.cjs'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { chromium } from 'playwright-core'

const ROOT = join(import.meta.dirname, '..')
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium'

const began = performance.now()
const demo = spawn(
  process.execPath,
  [join(ROOT, 'bin/backscroll.cjs'), 'demo', ...process.argv.slice(2).filter(argument => argument !== '--')],
  { stdio: ['ignore', 'pipe', 'inherit'] }
)
const seconds = {}
const reached = step => {
  seconds[step] = Math.round(performance.now() - began) / 1000
}

/** What the demo says: the address of the console, and the key. */
const told = async () => {
  const found = {}
  for await (const line of createInterface({ input: demo.stdout })) {
    if (line.startsWith('Synced ')) reached('synced')
    found.url ??= /^\s+(http:\S+)\s*$/.exec(line)?.[1]
    found.key ??= /^\s+key\s+(\S+)\s*$/.exec(line)?.[1]
    if (found.url !== undefined && found.key !== undefined) return found
  }
  throw new Error('The demo ended without an address and a key')
}

let browser
try {
  // A person has it open already.
  browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] })
  const { key, url } = await told()
  reached('told')
  const page = await browser.newPage()
  await page.goto(url)
  await page.getByLabel('Your key').fill(key)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('heading', { level: 1, name: 'Accounts' }).waitFor()
  reached('signedIn')
  await page.getByRole('link', { name: 'Conversations' }).click()
  await page.locator('.thread').first().click()
  await page.getByRole('log').locator('[data-key]').first().waitFor()
  reached('firstConversation')
} finally {
  await browser?.close()
  demo.kill('SIGTERM')
  if (demo.exitCode === null && demo.signalCode === null) await once(demo, 'exit')
}
process.stdout.write(`${JSON.stringify(seconds)}\n`)
