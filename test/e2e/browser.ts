// A real browser for the tests of pages. Where there is none, those tests are skipped; scripts/browser.mjs reports it.
import { existsSync } from 'node:fs'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll } from 'vitest'

export const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium'
export const hasBrowser = existsSync(CHROMIUM)

/** Opens a page of its own for each call; `errors` fills with the page's errors. */
export const sharedBrowser = (): (() => Promise<{ page: Page; errors: ReadonlyArray<string> }>) => {
  let browser: Browser | undefined
  beforeAll(async () => {
    if (hasBrowser) {
      // As root, as in most containers, Chromium runs only without its sandbox; it sees nothing but our own pages.
      browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] })
    }
  })
  afterAll(() => browser?.close())
  return async () => {
    if (browser === undefined) throw new Error('There is no browser here')
    // What moves costs processor time, and is not looked at.
    const page = await browser.newPage({ viewport: { width: 1400, height: 900 }, reducedMotion: 'reduce' })
    const errors: Array<string> = []
    page.on('pageerror', error => errors.push(String(error)))
    return { page, errors }
  }
}

/** Ends every isolation, turns what follows, and begins a paragraph. */
export const OVERRIDES = 'gnp\u2069\u2069\u202c\u202egnp.exe\u2029\u202etxt\u2067'

interface Sides {
  /** The text before it is on its left. */
  readonly before: boolean
  /** The text behind it is on its right. */
  readonly after: boolean
}

/** Runs in the page. */
const SIDES = `(() => {
  const boxOf = node => {
    const range = document.createRange()
    range.selectNodeContents(node)
    return range.getBoundingClientRect()
  }
  const name = document.querySelector(SELECTOR)
  const { nextSibling, previousSibling } = name
  const shown = boxOf(name)
  return {
    before: previousSibling === null || boxOf(previousSibling).right <= shown.left + 1,
    after: nextSibling === null || boxOf(nextSibling).left >= shown.right - 1
  }
})()`

/** Where people see what stands around a name, whatever the name contains. */
export const sidesOf = (page: Page, selector: string): Promise<Sides> =>
  page.evaluate<Sides>(SIDES.replace('SELECTOR', JSON.stringify(selector)))
