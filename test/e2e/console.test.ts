// The console in a real browser, on one server with one simulated phone: as a person uses it.
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findingsOf } from './accessibility.ts'
import { hasBrowser, sharedBrowser } from './browser.ts'
import { accessibilityTests } from './console-accessibility.ts'
import { activityTests } from './console-activity.ts'
import { keyboardTests } from './console-keyboard.ts'
import { linkingTests } from './console-linking.ts'
import { outageTests } from './console-outages.ts'
import { ConsoleScene } from './console-pages.ts'
import { everyKind, landscape } from './console-story.ts'
import { waitingTests } from './console-waiting.ts'
import { writingTests } from './console-writing.ts'
import { type InProcessStage, Stage } from './stage.ts'

const NOW = Math.floor(Date.now() / 1000)

/** With PICTURES=true the test makes the pictures of the documentation. */
const picture = async (page: Page, name: string): Promise<void> => {
  if (process.env['PICTURES'] !== 'true') return
  await page.setViewportSize({ width: 1360, height: 820 })
  await page.screenshot({ path: join(import.meta.dirname, '..', '..', 'docs', 'console', `${name}.png`) })
}

let stage: InProcessStage
let scene: ConsoleScene
beforeAll(async () => {
  // What is older is fetched when the test asks for it; webhooks are delivered to this machine, and files come from it.
  stage = await Stage.setInProcess({
    WHATSAPP_BACKFILL_THREADS: '0',
    WEBHOOK_URL_PRIVATE: 'true',
    MEDIA_URL_PRIVATE: 'true',
    WHATSAPP_POST_STATUSES: 'true'
  })
  scene = new ConsoleScene(stage)
})
afterAll(() => stage[Symbol.asyncDispose]())

test('what a browser loads for it is below 200 KB, compressed, and kept for as long as it does not change', async () => {
  const page = await fetch(`${stage.server.url}/`)
  const html = await page.text()
  const paths = [...html.matchAll(/(?:href|src)="(\/console\/[^"]+)"/g)].map(([, path = '']) => path)
  expect(paths.length).toBeGreaterThan(2)
  let bytes = Buffer.byteLength(html)
  for (const path of paths) {
    const { headers } = await fetch(stage.server.url + path, { headers: { 'accept-encoding': 'gzip' } })
    bytes += Number(headers.get('content-length'))
    if (/\.(js|css)$/.test(path))
      expect([path, headers.get('content-encoding'), headers.get('cache-control')]).toEqual([
        path,
        'gzip',
        expect.stringContaining('immutable')
      ])
  }
  // The type of its headings, and a language that is not English, come after that.
  const [style, script] = await Promise.all(
    ['.css', '.js'].map(async end =>
      (await fetch(stage.server.url + paths.find(path => path.endsWith(end)))).text()
    )
  )
  const later = [
    ...new Set(style!.match(/[\w-]+\.woff2/g)),
    ...new Set(script!.match(/(?<=\.\/)[a-z]{2}-[\w-]+\.js/g))
  ]
  expect(later).toHaveLength(2 + 7)
  for (const name of later) {
    const { headers } = await fetch(`${stage.server.url}/console/${name}`, {
      headers: { 'accept-encoding': 'gzip' }
    })
    bytes += Number(headers.get('content-length'))
  }
  expect(bytes).toBeGreaterThan(10_000)
  expect(bytes).toBeLessThan(200_000)
  const plain = await fetch(stage.server.url + paths.find(path => path.endsWith('.css')), {
    headers: { 'accept-encoding': 'identity' }
  })
  expect(plain.headers.get('content-encoding')).toBeNull()
})

describe.skipIf(!hasBrowser)('in a browser', () => {
  const openPage = sharedBrowser()

  beforeAll(() => scene.useBrowser(openPage))

  test('a wrong key is refused with what to do, a right one is kept in its tab only', async () => {
    const page = await scene.newPage()
    await page.getByLabel('Your key').fill('not-the-key-of-this-server')
    await page.getByRole('button', { name: 'Sign in' }).click()
    expect(await page.getByRole('alert').innerText()).toContain('Ask an administrator')
    expect(await findingsOf(page, 'sign-in')).toEqual([])
    await page.evaluate(`document.documentElement.dir = 'rtl'`)
    expect(await page.evaluate('[scrollX, document.documentElement.scrollWidth - innerWidth]')).toEqual([
      0, 0
    ])
    await page.evaluate(`document.documentElement.dir = 'ltr'`)
    await page.getByLabel('Your key').fill(stage.server.key)
    await page.keyboard.press('Enter')
    await page.getByText('No account yet').waitFor()
    await page.reload()
    await page.getByText('No account yet').waitFor()
    const opened = page.context().waitForEvent('page')
    await page.evaluate(`window.open('/', '_blank', 'noopener')`)
    const another = await opened
    await another.getByLabel('Your key').waitFor()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.reload()
    await page.getByLabel('Your key').waitFor()
    await another.close()
    await page.close()
  })

  test('an account is added, linked by its QR code and seen to be synced, without a reload', async () => {
    const page = await scene.at('/')
    await page.getByRole('button', { name: 'Add an account' }).click()
    await page.getByRole('button', { name: 'Add and link' }).click()
    await page.getByRole('alert').getByText('Give it a name.').waitFor()
    await page.keyboard.type('Rosa’s Bicycles')
    await page.keyboard.press('Enter')
    await page.getByRole('dialog', { name: 'Link a phone to “Rosa’s Bicycles”' }).waitFor()
    await page.getByRole('button', { name: 'Show the QR code' }).click()
    await page.getByAltText('QR code to scan').waitFor()
    expect(await findingsOf(page, 'a QR code', 'dialog[open]')).toEqual([])
    const phone = stage.simulator.createPhone({
      history: {
        chats: 4,
        messages: 800,
        pushPerChat: 120,
        chunkMessages: 10,
        recentShare: 0,
        groupsShare: 0,
        mediaShare: 0,
        until: NOW - 86_400
      }
    })
    const { body } = await stage.api.request<{ accounts: ReadonlyArray<{ accountId: string }> }>(
      'GET',
      '/v1/accounts'
    )
    const { accountId } = body.accounts[0]!
    const { qr } = await stage.api.offer(accountId)
    // The code renews itself.
    const image = page.getByAltText('QR code to scan')
    const first = await image.getAttribute('src')
    stage.simulator.refreshQrCodes()
    await page.locator(`img.qr:not([src="${first}"])`).waitFor()
    await phone.scanQr(await stage.api.nextQr(accountId, qr!))
    scene.phone = phone
    scene.accountId = accountId
    // Its history comes bit by bit: the bar stands where the server says.
    const goOn = phone.pauseDelivery()
    const watch = page.getByRole('button', { name: 'Watch it come in' })
    let share = 0
    /** Lets more of it come, unless there is something new to be seen. The first part says that it is 100 percent of itself. */
    const moreOf = async (): Promise<void> => {
      const { chunksPending, percent } = (await stage.api.account(accountId)).sync
      const isNew = percent !== null && percent > share * 100 && percent < 100
      if (chunksPending === 0 && !isNew) phone.deliverNext()
    }
    await stage.api.until('the link', async () => {
      await moreOf()
      return (await watch.isVisible()) ? true : undefined
    })
    await watch.click()
    const card = page.getByRole('article', { name: 'Rosa’s Bicycles' })
    const bar = card.getByRole('progressbar', { name: /^History: [\d,]+ messages$/ })
    for (let step = 0; step < 2; step += 1)
      share = await stage.api.until('more of the history', async () => {
        await moreOf()
        const shown = (await bar.count()) === 0 ? 0 : Number(await bar.getAttribute('value'))
        return shown > share && shown < 1 ? shown : undefined
      })
    await picture(page, 'sync')
    goOn()
    await bar.waitFor({ state: 'detached' })
    await card.getByText('480', { exact: true }).waitFor()
    await card.getByText(/^(open|backfilling)$/).waitFor()
    await picture(page, 'accounts')
  })

  test('every kind of message is read as it was written', async () => {
    scene.thread = (await stage.api.threads(scene.accountId)).find(({ archived }) => !archived)!
    await everyKind(stage.simulator, scene.phone, scene.partner, NOW)
    const page = await scene.opened()
    const log = page.getByRole('log')
    await log.locator('.emoji', { hasText: '🎉' }).waitFor()
    await log.getByText('1 person voted').waitFor()
    await log.getByText('Old town square').waitFor()
    await log.getByText('+1 555 010 0300').waitFor()
    await log.getByText('Invoice 2026-118.pdf').waitFor()
    await log.getByText('This message was deleted for everyone.').waitFor()
    expect(await log.getByText('Never mind this').count()).toBe(0)
    // The picture comes when it is seen.
    const photo = log.getByAltText('We were up here with the old one')
    await log.locator('.picture').scrollIntoViewIfNeeded()
    await photo.waitFor()
    const width = await page.evaluate(
      `(async () => { const image = document.querySelector('.picture img'); await image.decode(); return image.naturalWidth })()`
    )
    expect(width).toBe(960)
    await picture(page, 'conversation')
    const edited = log.locator('[data-key]', { hasText: 'I am coming at six' })
    await edited.getByRole('button', { name: 'edited' }).click()
    await page.getByRole('dialog').getByText('I am coming at five').waitFor()
    await page.keyboard.press('Escape')
    await log.getByRole('button', { name: /^You Good morning/ }).count()
    expect(
      await log.getByRole('link', { name: 'https://rosas-bicycles.example/blue' }).getAttribute('rel')
    ).toContain('noreferrer')
    expect(await log.locator('strong', { hasText: 'Try it today' }).count()).toBe(1)
  })

  test('older messages come above what is read, which stays where it is', async () => {
    const page = await scene.opened()
    const top = `document.querySelector('.window-list')`
    const moved = await page.evaluate(`(async () => {
      const list = ${top}
      const rows = () => [...list.querySelectorAll('[data-key]')]
      const before = rows().length
      list.scrollTop = 900
      await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))
      const seen = rows().find(row => row.getBoundingClientRect().bottom > list.getBoundingClientRect().top)
      const at = seen.getBoundingClientRect().top + list.scrollTop * 0
      await new Promise(done => {
        const observer = new MutationObserver(() => rows().length > before && done())
        observer.observe(list, { childList: true, subtree: true })
        if (rows().length > before) done()
      })
      return seen.getBoundingClientRect().top - at
    })()`)
    expect(Math.abs(Number(moved))).toBeLessThan(2)
  })

  test('a message is found by its words, and opened in its place', async () => {
    const page = await scene.opened()
    await page.getByRole('searchbox').fill('coming')
    const hits = page.getByRole('region', { name: 'Found messages' })
    await hits.getByRole('link').click()
    expect(await hits.locator('mark').allInnerTexts()).toEqual(['coming'])
    await page.locator('.revealed', { hasText: 'I am coming at six' }).waitFor()
    await page.getByRole('button', { name: 'Go to a date' }).click()
    await page.getByLabel('Day').fill('2000-01-01')
    await page.getByRole('button', { name: 'Go there' }).click()
    await page.getByText('Older messages may be on the phone').waitFor()
    await page.getByRole('searchbox').fill('')
    // In the middle, with pages coming at both ends: what was opened stays in view.
    const { accountId, threadId } = scene.thread
    const { messageId } = (await stage.api.messages(threadId))[60]!
    await page.evaluate(
      `location.hash = ${JSON.stringify(`/chats/${accountId}/${encodeURIComponent(threadId)}/${messageId}`)}`
    )
    const shown = page.locator(`.revealed[data-key="${messageId}"]`)
    await shown.waitFor()
    await expect.poll(() => page.locator('.window-rows > [data-key]').count()).toBeGreaterThan(90)
    const [row, list] = await Promise.all([shown.boundingBox(), page.getByRole('log').boundingBox()])
    expect(row!.y).toBeGreaterThan(list!.y)
    expect(row!.y + row!.height).toBeLessThan(list!.y + list!.height)
  })

  test('what is missing is fetched from the phone, and appears where it belongs', async () => {
    const page = await scene.opened()
    await page.getByRole('button', { name: 'Go to a date' }).click()
    await page.getByLabel('Day').fill('2000-01-01')
    await page.getByRole('button', { name: 'Go there' }).click()
    const missing = page.getByRole('region', { name: 'Missing messages' })
    await missing.getByText('the phone has not said that this is the beginning').waitFor()
    await picture(page, 'gap')
    await missing.getByRole('button', { name: 'Fetch everything' }).click()
    await page.getByRole('button', { name: 'complete', exact: true }).waitFor()
    await page.getByRole('button', { name: 'Go to a date' }).click()
    await page.getByLabel('Day').fill('2000-01-01')
    await page.getByRole('button', { name: 'Go there' }).click()
    await page.getByText('The beginning of the conversation').waitFor()
  })

  test('a text is sent with Enter and seen to be read; answers, reactions and changes go by the menu', async () => {
    const page = await scene.opened()
    await page.getByRole('textbox', { name: 'Write a message' }).fill('See you on *Saturday*')
    await page.keyboard.press('Enter')
    const sent = page.locator('.message', { hasText: 'See you on Saturday' })
    await sent.getByRole('img', { name: 'Read' }).waitFor()
    await sent.hover()
    await sent.getByRole('button', { name: 'More' }).click()
    await page.getByRole('menuitem', { name: 'Edit' }).click()
    await page.getByRole('textbox', { name: 'Write a message' }).fill('See you on Sunday')
    await page.keyboard.press('Enter')
    const changed = page.locator('.message', { hasText: 'See you on Sunday' })
    await changed.getByRole('button', { name: 'edited' }).waitFor()
    await changed.hover()
    await changed.getByRole('button', { name: 'More' }).click()
    await page.getByRole('menuitem', { name: 'React 👍' }).click()
    await changed.getByRole('button', { name: '👍 You' }).waitFor()
    await page.locator('input[type=file][multiple]').setInputFiles({
      name: 'blue.jpg',
      mimeType: 'image/jpeg',
      buffer: await landscape('#8899aa', '#335544')
    })
    const named = scene.partner.phoneNumber
    const caption = page.getByRole('dialog').getByLabel('Caption')
    await caption.fill(`The blue one, @${named}`)
    await caption.press('Enter')
    const file = page.locator('.message', { hasText: 'The blue one' })
    await file.getByRole('img', { name: 'Read' }).waitFor()
    const newest = (await stage.api.messages(scene.thread.threadId)).find(({ type }) => type === 'image')
    expect(newest).toMatchObject({ direction: 'outbound', mentions: [expect.stringContaining('@')] })
  })

  test('without a connection what is written waits, says why, and can be taken back; then it goes on', async () => {
    const page = await scene.opened()
    await stage.api.command(scene.accountId, 'disconnect')
    await page.getByText('The account is offline. What you write waits here').waitFor()
    const field = page.getByRole('textbox', { name: 'Write a message' })
    for (const text of ['Never to be sent', 'Sent in the end']) {
      await field.fill(text)
      await page.keyboard.press('Enter')
    }
    const taken = page.locator('.message', { hasText: 'Never to be sent' })
    await taken.getByText('Waits until the account is online').waitFor()
    await taken.getByRole('button', { name: 'Cancel' }).click()
    await taken.getByText('Cancelled.').waitFor()
    await page.getByRole('link', { name: 'Accounts' }).click()
    await page.getByRole('button', { name: 'Connect', exact: true }).click()
    await page.getByRole('article').getByText('open', { exact: true }).waitFor()
    await page.goBack()
    await page
      .locator('.message', { hasText: 'Sent in the end' })
      .getByRole('img', { name: 'Read' })
      .waitFor()
  })

  keyboardTests(() => scene)
  waitingTests(() => scene)
  writingTests(() => scene)
  linkingTests(() => scene)
  activityTests(() => scene)
  outageTests(() => scene)

  accessibilityTests(() => scene)

  test('what a role may not do is not offered', async () => {
    const { body } = await stage.api.request<{ key: string }>('POST', '/v1/keys', {
      name: 'Watcher',
      role: 'viewer',
      accounts: 'all'
    })
    const page = await scene.signedIn(body.key)
    const card = page.getByRole('article', { name: 'Rosa’s Bicycles' })
    await card.getByRole('button', { name: 'Conversations' }).waitFor()
    expect(await page.getByRole('button', { name: 'Add an account' }).count()).toBe(0)
    expect(await card.getByRole('button').count()).toBe(1)
    expect(await page.getByRole('link', { name: 'Settings' }).count()).toBe(0)
    await card.getByRole('button', { name: 'Conversations' }).click()
    await page.getByRole('searchbox').waitFor()
    for (const name of ['New status', 'New message'])
      expect(await page.getByRole('button', { name }).count(), name).toBe(0)
    await page.evaluate(`location.hash = '/settings'`)
    await page.getByText('Your key does not open this').waitFor()
    await page.close()
  })
})
