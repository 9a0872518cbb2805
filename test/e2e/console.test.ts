// The console in a real browser, on one server with one simulated phone: as a person uses it.
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasBrowser, sharedBrowser } from './browser.ts'
import { type InProcessStage, Stage } from './stage.ts'

let stage: InProcessStage
beforeAll(async () => {
  stage = await Stage.setInProcess()
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
  expect(bytes).toBeGreaterThan(10_000)
  expect(bytes).toBeLessThan(200_000)
  const plain = await fetch(stage.server.url + paths.find(path => path.endsWith('.css')), {
    headers: { 'accept-encoding': 'identity' }
  })
  expect(plain.headers.get('content-encoding')).toBeNull()
})

describe.skipIf(!hasBrowser)('in a browser', () => {
  const openPage = sharedBrowser()

  /** The console in a tab of its own, signed in. */
  const signedIn = async (key = stage.server.key): Promise<Page> => {
    const { page } = await openPage()
    await page.goto(`${stage.server.url}/`)
    await page.getByLabel('Your key').fill(key)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('heading', { level: 1, name: 'Accounts' }).waitFor()
    return page
  }

  test('a wrong key is refused with what to do, a right one is kept in its tab only', async () => {
    const { page } = await openPage()
    await page.goto(`${stage.server.url}/`)
    await page.getByLabel('Your key').fill('not-the-key-of-this-server')
    await page.getByRole('button', { name: 'Sign in' }).click()
    expect(await page.getByRole('alert').innerText()).toContain('Ask an administrator')
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
    const page = await signedIn()
    await page.getByRole('button', { name: 'Add an account' }).click()
    await page.getByLabel('What do you call it?').fill('Rosa’s Bicycles')
    await page.getByRole('button', { name: 'Add and link' }).click()
    await page.getByRole('button', { name: 'Show the QR code' }).click()
    await page.getByAltText('QR code to scan').waitFor()
    const phone = stage.simulator.createPhone({ history: { chats: 6, messages: 600 } })
    const { body } = await stage.api.request<{ accounts: ReadonlyArray<{ accountId: string }> }>(
      'GET',
      '/v1/accounts'
    )
    const { qr } = await stage.api.offer(body.accounts[0]!.accountId)
    await phone.scanQr(qr!)
    await page.getByRole('button', { name: 'Watch it come in' }).click()
    const card = page.getByRole('article', { name: 'Rosa’s Bicycles' })
    await card.getByText('600', { exact: true }).waitFor()
    await card.getByText(/^(open|backfilling)$/).waitFor()
    await page.close()
  })

  test('what a role may not do is not offered', async () => {
    const { body } = await stage.api.request<{ key: string }>('POST', '/v1/keys', {
      name: 'Watcher',
      role: 'viewer',
      accounts: 'all'
    })
    const page = await signedIn(body.key)
    const card = page.getByRole('article', { name: 'Rosa’s Bicycles' })
    await card.getByRole('button', { name: 'Conversations' }).waitFor()
    expect(await page.getByRole('button', { name: 'Add an account' }).count()).toBe(0)
    expect(await card.getByRole('button').count()).toBe(1)
    expect(await page.getByRole('link', { name: 'Settings' }).count()).toBe(0)
    await page.close()
  })
})
