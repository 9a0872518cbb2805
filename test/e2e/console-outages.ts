// The console when something is away: messages in the middle of a conversation, and the server itself.
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { Receiver } from './console-activity.ts'
import type { ConsoleScene } from './console-pages.ts'

export const outageTests = (scene: () => ConsoleScene): void => {
  test('what is missing in the middle of a conversation is a gap with its dates and its reason; fetched, it is gone', async () => {
    const { stage } = scene()
    const { accountId, phone } = await stage.linked({
      name: 'Evenings',
      history: { chats: 1, messages: 30, groupsShare: 0, mediaShare: 0 }
    })
    await stage.api.command(accountId, 'disconnect')
    await stage.api.untilAccount(accountId, 'the end of the connection', ({ state }) => state === 'stopped')
    await stage.simulator.until(() => phone.devices.every(({ queue }) => !queue.connected))
    const [partner] = phone.contacts
    for (let n = 0; n < 3; n += 1) await phone.receive({ from: partner!, text: `lost on the way ${n}` })
    phone.expireOfflineQueue()
    phone.goOffline()
    await stage.api.command(accountId, 'connect')
    await stage.api.untilAccount(accountId, 'the connection', ({ tags }) => tags.includes('online'))
    await phone.receive({
      from: partner!,
      text: 'the first live one',
      timestamp: Math.floor(Date.now() / 1000) + 5
    })
    const [thread] = await stage.api.threads(accountId)
    const page = await scene().opened(thread)
    const gap = page.getByRole('region', { name: 'Missing messages' })
    await gap.getByText('Often nothing is missing').waitFor()
    await gap.getByText('its answer is awaited').waitFor()
    expect(await gap.locator('strong').innerText()).toMatch(/\d{4}.* – .*\d{4}/)
    expect(await page.getByText(/lost on the way/).count()).toBe(0)
    const order = await page.locator('.window-rows > *').evaluateAll(rows => rows.map(row => row.className))
    expect(order.findIndex(name => name.includes('row-gap'))).toBeLessThan(
      order.findLastIndex(name => name.includes('row-message'))
    )
    await gap.getByRole('button', { name: 'Fetch from the phone' }).click()
    await page.getByText('What it sends appears here').waitFor()
    phone.goOnline()
    await page.getByText('lost on the way 2').waitFor()
    await gap.waitFor({ state: 'detached' })
    expect(await page.getByText(/lost on the way/).count()).toBe(3)
  })

  test('while the server is away it says so; then everything that was missed is there, changes too', async () => {
    const { partner, phone, stage } = scene()
    const receiver = await Receiver.start()
    receiver.status = 500
    const { webhook } = await stage.api.webhooks<{ webhook: { webhookId: string } }>(201, 'POST', '', {
      url: receiver.url,
      name: 'Orders',
      types: ['message.stored']
    })
    const page = await scene().opened()
    const earlier = await phone.receive({ from: partner, text: 'To be changed meanwhile' })
    await page.locator('.bubble', { hasText: 'To be changed meanwhile' }).waitFor()
    const { port } = new URL(stage.server.url)
    await expect.poll(() => receiver.ids.length).toBeGreaterThan(0)
    await stage.server.stop()
    // Two and a half days later.
    using database = new DatabaseSync(join(stage.dataDir, 'backscroll.db'))
    database
      .prepare('UPDATE webhook_lanes SET attempts = 99, next_at = 0 WHERE webhook_id = ?')
      .run(webhook.webhookId)
    database.close()
    await page.getByText('The server does not answer.').waitFor()
    await page.getByText('No connection').waitFor()
    const field = page.getByRole('textbox', { name: 'Write a message' })
    await phone.receive({ from: partner, edit: earlier.id, text: 'Changed meanwhile' })
    for (let n = 0; n < 30; n += 1) await phone.receive({ from: partner, text: `Missed ${n}` })
    await field.fill('Written meanwhile')
    await stage.restart({ PORT: port, SEND_PACE: '1h' })
    await page.locator('.bubble', { hasText: 'Missed 29' }).waitFor()
    await page.getByText('The server does not answer.').waitFor({ state: 'detached' })
    await page.locator('.bubble', { hasText: 'Changed meanwhile' }).waitFor()
    await expect
      .poll(() => page.locator('.bubble', { hasText: /^Missed \d+/ }).count(), { timeout: 10_000 })
      .toBe(30)
    await field.press('Enter')
    await page
      .locator('.message', { hasText: 'Written meanwhile' })
      .getByRole('img', { name: 'Read' })
      .waitFor()
    // The next one waits for the pace of sending.
    await field.fill('Not so fast')
    await field.press('Enter')
    const next = page.locator('.message', { hasText: 'Not so fast' })
    await next.getByText('Waits for its turn.').waitFor()
    await next.getByRole('button', { name: 'Cancel' }).click()
    await next.getByText('Cancelled.').waitFor()

    receiver.status = 200
    await scene().at('/activity/webhooks')
    const card = page.getByRole('article', { name: 'Orders' })
    await card.getByRole('button', { name: /^Given up \([1-9]/ }).click()
    const dialog = page.getByRole('dialog', { name: 'Given up' })
    await dialog.getByRole('cell', { name: /^message.stored/ }).waitFor()
    const [lost] = receiver.ids
    const before = receiver.ids.length
    // What is known stays when it cannot be read again: in the dialog, and in the list behind it.
    await page.route(/\/v1\/webhooks(\/[^/]+\/dead-letters)?(\?.*)?$/, route => route.abort())
    await dialog.getByRole('button', { name: 'Deliver them again' }).click()
    await dialog.getByText('This could not be read again.').waitFor()
    await dialog.getByRole('cell', { name: /^message.stored/ }).waitFor()
    await page.keyboard.press('Escape')
    await page.getByText('This could not be read again.').waitFor()
    await page.unrouteAll()
    await page.getByText('This could not be read again.').waitFor({ state: 'detached' })
    await card.getByRole('button', { name: 'Given up (0)' }).click()
    await dialog.getByText('Nothing was given up.').waitFor()
    // What waited behind it comes first, one by one.
    await expect.poll(() => receiver.ids.slice(before), { timeout: 30_000 }).toContain(lost)
  })
}
