// What waits in the console: for WhatsApp to lift a restriction, for its time; and addresses that lead to nothing.
import { expect, onTestFinished, test } from 'vitest'
import type { ConsoleScene } from './console-pages.ts'

const HOUR = 3_600_000

/** As the field for a time takes it, with seconds. */
const localTime = (at: number): string =>
  new Date(at - new Date(at).getTimezoneOffset() * 60_000).toISOString().slice(0, 19)

export const waitingTests = (scene: () => ConsoleScene): void => {
  test('what WhatsApp refuses with 463 waits, says until when, and can be taken back; the card of the account says it too', async () => {
    const { accountId, phone, stage } = scene()
    phone.fault({ kind: 'rejectMessages', error: 463 }, { times: 1 })
    onTestFinished(() => phone.restrict(null))
    const page = await scene().opened()
    await page.getByRole('button', { name: 'New message' }).click()
    const dialog = page.getByRole('dialog', { name: 'New message' })
    await dialog.getByLabel('To:').fill(stage.simulator.createContact({ name: 'Stranger' }).phoneNumber)
    await page.keyboard.press('Enter')
    await dialog.getByRole('alert').getByText('Write something.').waitFor()
    await page.keyboard.type('Dear stranger')
    await page.keyboard.press('Enter')
    const held = page.locator('.message', { hasText: 'Dear stranger' })
    const { restriction } = await stage.api.untilAccount(
      accountId,
      'the restriction',
      account => account.restriction !== null
    )
    const end = await page.evaluate<string>(
      `new Intl.DateTimeFormat(navigator.language, { dateStyle: 'medium', timeStyle: 'short' }).format(${restriction!.until})`
    )
    await held.getByText(`WhatsApp lets the account start no conversations until ${end}`).waitFor()
    await held.getByRole('button', { name: 'Cancel' }).click()
    await held.getByText('Cancelled.').waitFor()
    await page.getByRole('link', { name: 'Accounts' }).click()
    const notice = page.locator('.notice', {
      hasText: 'WhatsApp lets this account start no new conversations'
    })
    await notice.getByText(/^It ends in \d+ \w+\.$/).waitFor()
    phone.restrict(null)
    await notice.waitFor({ state: 'detached' })
  })

  test('what is scheduled says for when, is taken back, or is sent when its time comes while somebody watches', async () => {
    const { stage, thread } = scene()
    const page = await scene().opened()
    const field = page.getByRole('textbox', { name: 'Write a message' })
    const plan = async (at: number): Promise<void> => {
      await page.getByRole('button', { name: 'Attach, or send later' }).click()
      await page.getByRole('menuitem', { name: 'Send later' }).click()
      await page.getByLabel('Send at').fill(localTime(at))
      await page.keyboard.press('Enter')
    }
    await plan(Date.now() - HOUR)
    await page.getByRole('alert').getByText('That has passed already.').waitFor()
    await page.getByLabel('Send at').fill(localTime(Date.now() + 2 * HOUR))
    await page.getByLabel('Not after').fill(localTime(Date.now() + HOUR))
    await page.keyboard.press('Enter')
    await page.getByRole('alert').getByText('after the time of sending').waitFor()
    await page.keyboard.press('Escape')
    await plan(Date.now() + HOUR)
    await field.fill('Not yet')
    await page.keyboard.press('Enter')
    const planned = page.locator('.message', { hasText: 'Not yet' })
    await planned.getByText(/^Scheduled for .*\d{4}/).waitFor()
    await planned.getByRole('button', { name: 'Cancel' }).click()
    await planned.getByText('Cancelled.').waitFor()

    await stage.api.queue(thread.accountId, {
      threadId: thread.threadId,
      text: 'When its time has come',
      sendAt: Date.now() + 2000
    })
    const due = page.locator('.message', { hasText: 'When its time has come' })
    await due.getByText(/^Scheduled for/).waitFor()
    await due.getByRole('img', { name: 'Read' }).waitFor()
    expect(await due.getByText(/^Scheduled for/).count()).toBe(0)
  })

  test('an address that leads to nothing says so, and leads on', async () => {
    const { accountId } = scene()
    const page = await scene().at('/')
    const errors: Array<string> = []
    page.on('pageerror', error => errors.push(String(error)))
    for (const [path, title, link, next] of [
      ['/accounts/acc-nobody', 'There is no such account', 'To the accounts', '/'],
      ['/chats/acc-nobody', 'There is no such account', 'To the accounts', '/'],
      [
        `/chats/${accountId}/nothing`,
        'There is no such conversation',
        'To the conversations',
        `/chats/${accountId}`
      ]
    ] as const) {
      await scene().at(path)
      const heading = page.getByRole('heading', { level: 1, name: title })
      await heading.waitFor()
      await page.getByRole('link', { name: link }).click()
      await heading.waitFor({ state: 'detached' })
      expect(new URL(page.url()).hash).toBe(`#${next}`)
    }
    const { threadId } = scene().thread
    await scene().at(`/chats/${accountId}/${encodeURIComponent(threadId)}/NOTHING`)
    await page.getByText('That message is not kept here.').waitFor()
    await page.getByRole('log').locator('[data-key]').first().waitFor()
    expect(errors).toEqual([])
  })
}
