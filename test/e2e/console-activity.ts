// What the console shows of the server: keys, webhooks, incidents, each from the first click to the last.
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { Page } from 'playwright-core'
import { expect, onTestFinished, test } from 'vitest'
import { SUPPORT } from './console-linking.ts'
import type { ConsoleScene } from './console-pages.ts'

/** A server that is told of events. */
export class Receiver {
  status = 200
  readonly ids: Array<string> = []
  private readonly server: Server

  private constructor(server: Server) {
    this.server = server
  }

  static async start(): Promise<Receiver> {
    const receiver = new Receiver(createServer())
    receiver.server.on('request', (request: IncomingMessage, response) => {
      void text(request).then(() => {
        receiver.ids.push(String(request.headers['webhook-id']))
        response.writeHead(receiver.status).end()
      })
    })
    receiver.server.listen(0, '127.0.0.1')
    await new Promise(resolve => receiver.server.once('listening', resolve))
    onTestFinished(() => void receiver.server.close())
    return receiver
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/`
  }
}

const choose = async (page: Page, name: string, item: string): Promise<void> => {
  await page.getByRole('button', { name: `More for ${name}` }).click()
  await page.getByRole('menuitem', { name: item }).click()
}

const dialogOf = (page: Page) => page.getByRole('dialog')

export const activityTests = (scene: () => ConsoleScene): void => {
  test('a key for some accounts is shown once, hears all of its accounts, is exchanged, and shut out when it is revoked', async () => {
    const page = await scene().at('/activity/keys')
    await page.getByRole('button', { name: 'New key' }).first().click()
    await page.getByLabel('Name', { exact: true }).fill('Shop floor')
    for (const account of ['Rosa’s Bicycles', SUPPORT]) await page.getByLabel(account).check()
    await page.getByLabel('Days it is valid').fill('1.5')
    await page.keyboard.press('Enter')
    await page.getByRole('alert').getByText('A whole number of days').waitFor()
    await page.getByLabel('Days it is valid').fill('30')
    await page.keyboard.press('Enter')
    const first = await dialogOf(page).getByLabel('Secret').inputValue()
    await page.keyboard.press('Escape')
    await choose(page, 'Shop floor', 'Exchange the secret')
    await dialogOf(page).getByRole('button', { name: 'Exchange the secret' }).click()
    const second = await dialogOf(page).getByLabel('Secret').inputValue()
    expect(second).not.toBe(first)
    await page.keyboard.press('Escape')

    const theirs = await scene().signedIn(second)
    onTestFinished(() => theirs.close())
    const card = theirs.getByRole('article', { name: SUPPORT })
    await theirs.getByText('Live', { exact: true }).waitFor()
    const phones = scene().stage.simulator.phones
    const support = phones.find(
      ({ devices, phoneNumber }) => devices.length > 0 && phoneNumber !== scene().phone.phoneNumber
    )!
    const messages = card.locator('dd').first()
    const before = Number(await messages.innerText())
    await support.receive({ from: support.contacts[0]!, text: 'heard by a key for some accounts' })
    await card
      .locator('dd')
      .first()
      .getByText(String(before + 1), { exact: true })
      .waitFor()

    await page.getByRole('link', { name: 'Audit' }).click()
    const made = page.getByRole('row', { name: 'keys.create' }).first()
    await made.getByText('The administrator’s key').waitFor()
    await page.getByRole('link', { name: 'Store' }).click()
    await page.getByText('From this server: the API').waitFor()
    await page.getByText(/^[\d.,]+ \wB of [\d.,]+ \wB$/).waitFor()
    await page.getByRole('button', { name: 'Switch it on' }).click()
    await page.getByRole('link', { name: 'Open the inspector' }).waitFor()
    await page.getByRole('link', { name: 'Keys' }).click()
    await choose(page, 'Shop floor', 'Revoke')
    await dialogOf(page).getByRole('button', { name: 'Revoke' }).click()
    await theirs.getByText('The key is wrong, expired or revoked').waitFor()
  })

  test('a webhook is made, tested, replayed, gets another secret; what disabled it is an incident that is acknowledged', async () => {
    const receiver = await Receiver.start()
    const page = await scene().at('/activity/webhooks')
    await page.getByRole('button', { name: 'New webhook' }).first().click()
    await page.getByLabel('Address').press('Enter')
    await page.getByRole('alert').getByText('An address that begins with https://').waitFor()
    await page.getByLabel('Address').fill(receiver.url)
    await page.getByLabel('Name', { exact: true }).fill('CRM')
    await page.getByLabel('Name', { exact: true }).press('Enter')
    const secret = await dialogOf(page).getByLabel('Secret').inputValue()
    await page.keyboard.press('Escape')
    const card = page.getByRole('article', { name: 'CRM' })
    await card.getByRole('button', { name: 'Test' }).click()
    await page.getByText(/^Taken with 200 in/).waitFor()
    expect(receiver.ids).toHaveLength(1)

    await scene().phone.receive({ from: scene().partner, text: 'For the webhook' })
    await expect.poll(() => receiver.ids.length).toBeGreaterThan(1)
    await card.getByRole('button', { name: 'Deliveries' }).click()
    await dialogOf(page)
      .getByRole('cell', { name: /^message.stored/ })
      .first()
      .waitFor()
    await page.keyboard.press('Escape')
    await card.getByRole('button', { name: 'Given up (0)' }).click()
    await dialogOf(page).getByText('Nothing was given up.').waitFor()
    await page.keyboard.press('Escape')
    const before = receiver.ids.length
    await choose(page, 'CRM', 'Replay')
    await dialogOf(page).getByLabel('Since').press('Enter')
    await page.getByText(/events are delivered again/).waitFor()
    await expect.poll(() => receiver.ids.length).toBeGreaterThan(before)
    await choose(page, 'CRM', 'Exchange the secret')
    await dialogOf(page).getByRole('button', { name: 'Exchange the secret' }).click()
    await dialogOf(page).getByText('It is shown this once').waitFor()
    expect(await dialogOf(page).getByLabel('Secret').inputValue()).not.toBe(secret)
    await page.keyboard.press('Escape')

    receiver.status = 410
    await scene().phone.receive({ from: scene().partner, text: 'Refused for good' })
    await card.getByText('disabled', { exact: true }).waitFor()
    await page.getByRole('link', { name: 'Incidents' }).click()
    const incident = page.getByRole('article').filter({ hasText: 'webhook.disabled' })
    await incident.getByRole('link', { name: 'CRM' }).waitFor()
    await incident.getByRole('button', { name: 'Acknowledge' }).click()
    await incident.waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Acknowledged' }).click()
    await incident.waitFor()

    await page.getByRole('link', { name: 'Webhooks' }).click()
    await choose(page, 'CRM', 'Delete')
    await dialogOf(page).getByRole('button', { name: 'Delete' }).click()
    await page.getByText('No webhook yet').waitFor()
  })

  test('what is known of the store stays when it cannot be read again, which is said until it can', async () => {
    const page = await scene().signedIn()
    await page.clock.install()
    await page.evaluate(`location.hash = '/activity/store'`)
    const known = page.getByRole('heading', { name: 'Where applications read' })
    await known.waitFor()
    await page.route('**/v1/store', route => route.abort())
    await page.clock.fastForward('00:06')
    const notice = page.getByText('This could not be read again.')
    await notice.waitFor()
    expect(await known.count()).toBe(1)
    await page.unroute('**/v1/store')
    await page.clock.fastForward('00:06')
    await notice.waitFor({ state: 'detached' })
    await page.close()
  })
}
