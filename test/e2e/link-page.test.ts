// The page on which the owner of a phone links an account, in a real browser with a virtual authenticator and the extension; the
// page of web.whatsapp.com is one of ours. SCREENSHOTS=docs/linking writes what docs/linking.md shows.
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type BrowserContext, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { PAGE_LANGUAGES } from '../../src/http/resources/link/languages/languages.ts'
import { temporaryFolder } from '../../harness/server-process.ts'
import type { Phone } from '../../simulator/phone.ts'
import { makeTlsIdentity } from '../../simulator/wire/tls-certificate.ts'
import { findingsOf } from './accessibility.ts'
import { CHROMIUM, hasBrowser, OVERRIDES, sidesOf } from './browser.ts'
import { type InProcessStage, sharedStageByClock } from './stage.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const EXTENSION = join(ROOT, 'extension')
const SCREENSHOTS = process.env['SCREENSHOTS']

const shared = sharedStageByClock()

/** As strict as WhatsApp's own page. */
const WHATSAPP_HEADERS = {
  'content-type': 'text/html',
  'content-security-policy':
    "default-src 'self'; script-src 'self'; style-src 'self'; require-trusted-types-for 'script'",
  'cross-origin-opener-policy': 'same-origin-allow-popups'
}

let whatsapp: Server
let context: BrowserContext
beforeAll(async () => {
  if (!hasBrowser) return
  const { certificate, key } = makeTlsIdentity()
  whatsapp = createServer({ cert: certificate, key }, (_, response) =>
    response
      .writeHead(200, WHATSAPP_HEADERS)
      .end('<!doctype html><title>WhatsApp Web</title><h1>WhatsApp Web</h1>')
  ).listen(0, '127.0.0.1')
  await new Promise(resolve => whatsapp.once('listening', resolve))
  const { port } = whatsapp.address() as AddressInfo
  const profile = temporaryFolder()
  context = await chromium.launchPersistentContext(profile.path, {
    executablePath: CHROMIUM,
    // Extensions are loaded in the new headless mode only.
    headless: false,
    ignoreDefaultArgs: ['--disable-extensions'],
    args: [
      '--headless=new',
      '--no-sandbox',
      '--ignore-certificate-errors',
      `--host-resolver-rules=MAP web.whatsapp.com:443 127.0.0.1:${port}`,
      `--disable-extensions-except=${EXTENSION}`,
      `--load-extension=${EXTENSION}`
    ],
    viewport: { width: 390, height: 844 },
    permissions: ['clipboard-read', 'clipboard-write']
  })
})
afterAll(async () => {
  await context?.close()
  whatsapp?.close()
})

/** A tab whose owner has a passkey for whatsapp.com; the phone knows it if it is registered. */
const openTab = async (phone: Phone, { registered = true } = {}): Promise<Page> => {
  const page = await context.newPage()
  onTestFinished(() => page.close())
  const authenticator = await context.newCDPSession(page)
  await authenticator.send('WebAuthn.enable')
  const { authenticatorId } = await authenticator.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true
    }
  })
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const credentialId = randomBytes(32)
  await authenticator.send('WebAuthn.addCredential', {
    authenticatorId,
    credential: {
      credentialId: credentialId.toString('base64'),
      isResidentCredential: true,
      rpId: 'whatsapp.com',
      privateKey: privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64'),
      userHandle: randomBytes(16).toString('base64'),
      signCount: 1
    }
  })
  if (registered) phone.account.passkeys.register(credentialId, publicKey)
  return page
}

const shoot = async (page: Page, name: string): Promise<void> => {
  if (SCREENSHOTS !== undefined) await page.screenshot({ path: join(ROOT, SCREENSHOTS, `${name}.png`) })
}

const newLink = async (name = 'Support') => {
  const stage = shared()
  const phone = stage.simulator.createPhone({ history: { chats: 1, messages: 3, groupsShare: 0 } })
  phone.demandPasskey(true)
  const { accountId } = await stage.api.createAccount(name)
  const { body, status } = await stage.api.request<{ path: string; ticket: string; expiresAt: number }>(
    'POST',
    `/v1/accounts/${accountId}/link-tickets`
  )
  expect(status).toBe(201)
  return { stage, phone, accountId, ...body, url: `${stage.server.url}${body.path}` }
}

const PAGE_SHAPE = `(({ clientWidth, dir, lang, scrollWidth }) =>
  ({ lang, dir, isTooWide: scrollWidth > clientWidth }))(document.documentElement)`

const statusOf = (page: Page) => page.locator('#status')
const overlay = (page: Page) => page.getByRole('dialog')

const scan = async (stage: InProcessStage, accountId: string, phone: Phone): Promise<Promise<unknown>> => {
  const { qr } = await stage.api.offer(accountId)
  // Not awaited: it goes on until the account is linked.
  return phone.scanQr(qr!).catch((error: unknown) => error)
}

test.skipIf(!hasBrowser)(
  'with the extension and the keyboard alone, the owner links the account from a link, which is void afterwards',
  async () => {
    const { accountId, expiresAt, phone, stage, ticket, url } = await newLink()
    expect(expiresAt).toBeGreaterThan(Date.now())
    const page = await openTab(phone)
    const errors: Array<string> = []
    page.on('pageerror', error => errors.push(String(error)))
    await page.goto(url)
    await statusOf(page).getByText('How do you want to link it?').waitFor()
    await shoot(page, 'begin')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await page.locator('#qr-image').waitFor()
    const before = await page.locator('#qr-image').getAttribute('src')
    stage.simulator.refreshQrCodes()
    await page.locator(`#qr-image:not([src="${before}"])`).waitFor()
    expect(await findingsOf(page, 'a QR code')).toEqual([])
    await shoot(page, 'qr')
    void scan(stage, accountId, phone)
    await statusOf(page).getByText('WhatsApp asks for your passkey.').waitFor()
    expect(await findingsOf(page, 'the passkey')).toEqual([])
    await shoot(page, 'passkey')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await overlay(page).getByText(new URL(url).origin).waitFor()
    expect(page.url()).toBe('https://web.whatsapp.com/')
    await shoot(page, 'web-whatsapp')
    await page.keyboard.press('Enter')
    await page.waitForURL(address => address.pathname.startsWith('/link/'))
    await statusOf(page).getByText('Your account is linked.').waitFor()
    await shoot(page, 'linked')
    await stage.synced(accountId, phone)
    expect(errors).toEqual([])
    expect((await fetch(`${url}/state`)).status).toBe(404)
    expect(await stage.api.request('POST', `/v1/accounts/${accountId}/link-tickets`)).toMatchObject({
      status: 409
    })
    expect(stage.server.output()).not.toContain(ticket)
  }
)

test.skipIf(!hasBrowser)(
  'without the extension, the script from the page brings the answer back; a passkey of somebody else is refused, and codes can be compared',
  async () => {
    // Without isolation its number would stand on the other side of the quotation mark.
    const { accountId, phone, stage, url } = await newLink('תמיכה 1')
    const page = await openTab(phone, { registered: false })
    for (const wanted of ['de', 'ar', 'en'] as const) {
      const { direction, texts } = PAGE_LANGUAGES[wanted]
      await page.setExtraHTTPHeaders({ 'accept-language': `fr, ${wanted}-XX;q=0.9, en;q=0.5` })
      await page.goto(url)
      await statusOf(page).getByText(texts['script.ready']).waitFor()
      await page.getByRole('heading', { name: texts.title }).waitFor()
      expect(await page.evaluate(PAGE_SHAPE)).toEqual({ lang: wanted, dir: direction, isTooWide: false })
      await page.locator('#number').fill('12')
      await page.getByRole('button', { name: texts.byCode }).click()
      await page.locator('#problem').getByText(texts['script.badNumber']).waitFor()
      await page.emulateMedia({ colorScheme: direction === 'rtl' ? 'dark' : 'light' })
      expect(await findingsOf(page, `the beginning in ${wanted}`)).toEqual([])
    }
    await page.setExtraHTTPHeaders({ 'accept-language': 'en' })
    await page.goto(url)
    await page.locator('#name').getByText('תמיכה 1').waitFor()
    expect(await sidesOf(page, '#name')).toEqual({ before: true, after: true })
    // No account can be named so, and no name that is shown could do more.
    await page.evaluate(`document.getElementById('name').textContent = ${JSON.stringify(OVERRIDES)}`)
    expect(await sidesOf(page, '#name')).toEqual({ before: true, after: true })
    await page.locator('#number').fill(`+${phone.phoneNumber}`)
    await page.getByRole('button', { name: 'Get a pairing code' }).click()
    const code = page.locator('#code-text')
    await page.locator('#code').waitFor()
    await shoot(page, 'code')
    void phone.enterPairingCode((await code.textContent())!).catch(() => undefined)
    await page.locator('#passkey').waitFor()
    stage.advance(6 * 60_000)

    const useScript = async (tab: Page): Promise<void> => {
      await tab.getByText('Without the extension').click()
      await tab.getByRole('button', { name: 'Copy the script' }).click()
      await tab.getByRole('button', { name: 'Copied' }).waitFor()
      const script = await tab.evaluate<string>('navigator.clipboard.readText()')
      await tab.goto('https://web.whatsapp.com/')
      await tab.evaluate(script)
      await overlay(tab).getByRole('button', { name: 'Use my passkey' }).click()
      await tab.waitForURL(address => address.pathname.startsWith('/link/'))
    }
    await useScript(page)
    await page.locator('#problem').getByText('401').waitFor()
    expect(phone.devices).toHaveLength(0)

    // The first page that is told that the account is linked ends the link.
    await page.close()
    const own = await openTab(phone)
    await own.goto(url)
    await own.locator('#passkey').waitFor()
    await useScript(own)
    await own.locator('#compare').waitFor()
    await shoot(own, 'compare')
    expect(await findingsOf(own, 'the codes')).toEqual([])
    expect(await own.locator('#compare-text').textContent()).toBe(phone.passkeyCode)
    await own.getByRole('button', { name: 'Yes, the same' }).click()
    phone.comparePasskeyCode('same')
    await statusOf(own).getByText('Your account is linked.').waitFor()
    await stage.synced(accountId, phone)
  }
)

test.skipIf(!hasBrowser)(
  'the script of the API shows the answer, and asks nothing for another party or without the owner’s click',
  async () => {
    const { accountId, phone, stage } = await newLink()
    const page = await openTab(phone)
    await stage.api.pair(accountId)
    void scan(stage, accountId, phone)
    const { script } = await stage.api.untilPasskey(accountId, 'requested')
    const forged = Buffer.from(
      JSON.stringify({
        options: { challenge: 'AAAA', rpId: 'evil.example' },
        returnTo: 'https://evil.example'
      })
    ).toString('base64url')
    await page.goto(`https://web.whatsapp.com/#backscroll=${forged}`)
    expect(await overlay(page).count()).toBe(0)
    await page.evaluate(script)
    await overlay(page).getByText('The script that you pasted').waitFor()
    await page.keyboard.press('Escape')
    expect(await overlay(page).count()).toBe(0)
    await page.evaluate(script)
    await overlay(page).getByRole('button', { name: 'Use my passkey' }).click()
    const answer = await page.getByLabel('The assertion').inputValue()
    expect(await stage.api.assertPasskey(accountId, JSON.parse(answer) as object)).toMatchObject({
      status: 202
    })
    await stage.synced(accountId, phone)
  }
)

test('a link is for one account and 15 minutes; its page has no foreign resource, and its headers keep others out', async () => {
  const { accountId, stage, url } = await newLink()
  const page = await fetch(url)
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'")
  expect(page.headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
  expect(page.headers.get('referrer-policy')).toBe('no-referrer')
  expect(page.headers.get('cache-control')).toBe('no-store')
  expect(await page.text()).not.toMatch(/(src|href)="(https?:)?\/\//)
  expect(await (await fetch(`${url}/state`)).json()).toMatchObject({
    step: 'ready',
    name: 'Support',
    qr: null
  })
  const post = (path: string, body: object) =>
    fetch(`${url}/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body)
    })
  expect((await post('confirm', {})).status).toBe(409)
  expect((await post('pair', { method: 'code' })).status).toBe(400)
  expect((await post('pair', { method: 'qr', accountId: 'acc-other' })).status).toBe(400)
  expect((await fetch(`${stage.server.url}/link/${'A'.repeat(32)}/state`)).status).toBe(404)
  // A new ticket replaces the one before.
  const next = await stage.api.request<{ path: string }>('POST', `/v1/accounts/${accountId}/link-tickets`)
  expect((await fetch(`${url}/state`)).status).toBe(404)
  const again = `${stage.server.url}${next.body.path}/state`
  expect((await fetch(again)).status).toBe(200)
  stage.advance(16 * 60_000)
  await stage.api.until('the end of the link', async () =>
    (await fetch(again)).status === 404 ? true : undefined
  )
  expect(await stage.api.request('POST', '/v1/accounts/acc-none/link-tickets')).toMatchObject({ status: 404 })
})
