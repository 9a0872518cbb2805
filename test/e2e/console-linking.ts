// Accounts in the console: linked by a code and a passkey, by a link for the owner, taken over from another server, and gone again.
import { expect, test } from 'vitest'
import { findingsOf } from './accessibility.ts'
import type { ConsoleScene } from './console-pages.ts'
import { OtherServer } from './other-server.ts'
import { zipOf } from './zip.ts'

const HISTORY = { history: { chats: 1, messages: 3, groupsShare: 0, mediaShare: 0 } }

/** The second account, whose name is used by later tests. */
export const SUPPORT = 'Support'

export const linkingTests = (scene: () => ConsoleScene): void => {
  test('a link is made for the owner; a pairing code is typed on the phone, and WhatsApp is given the answer of the passkey', async () => {
    const { stage } = scene()
    const phone = stage.simulator.createPhone(HISTORY)
    phone.demandPasskey(true)
    const page = await scene().at('/')
    await page.getByRole('button', { name: 'Add an account' }).click()
    await page.getByLabel('What do you call it?').fill(SUPPORT)
    await page.getByRole('button', { name: 'Add and link' }).click()
    await page.getByRole('button', { name: 'Make a link' }).click()
    const link = await page.getByLabel(/for this account only/).inputValue()
    const shown = await fetch(link)
    expect([shown.status, await shown.text()]).toEqual([200, expect.stringContaining('WhatsApp')])

    const number = page.getByLabel('Number of the phone, with country code')
    await number.fill('12')
    await number.press('Enter')
    await page.getByRole('alert').getByText('A number with its country code').waitFor()
    await number.fill(phone.phoneNumber)
    await number.press('Enter')
    const code = await page.getByLabel('Pairing code').innerText()
    const device = phone.enterPairingCode(code)
    await page.getByText('WhatsApp wants to be sure that it is the owner.').waitFor()
    expect(await findingsOf(page, 'a passkey', 'dialog[open]')).toEqual([])
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    await page.getByRole('button', { name: 'Copy the script' }).click()
    await page.getByText('Copied').waitFor()
    const script = await page.evaluate<string>('navigator.clipboard.readText()')
    const [account] = (
      await stage.api.request<{ accounts: ReadonlyArray<{ accountId: string; name: string }> }>(
        'GET',
        '/v1/accounts'
      )
    ).body.accounts.filter(({ name }) => name === SUPPORT)
    const { options } = await stage.api.untilPasskey(account!.accountId, 'requested')
    expect(script).toContain(options.challenge)

    const answer = page.getByLabel('The answer of the passkey')
    const give = page.getByRole('button', { name: 'Give it to WhatsApp' })
    await answer.fill('{ "not": "an answer" }')
    await give.click()
    await page.getByRole('alert').getByText('That is not the whole answer of the passkey.').waitFor()
    await answer.fill(JSON.stringify(phone.assertPasskey(options.challenge)))
    await give.click()
    expect(await device).toBe(1)
    await page.getByRole('button', { name: 'Watch it come in' }).click()
    await page.getByRole('article', { name: SUPPORT }).getByText('open', { exact: true }).waitFor()
  })

  test('a session of another server is taken over; the account is restarted, logged out, and deleted when its name is typed', async () => {
    const { simulator } = scene().stage
    const phone = simulator.createPhone(HISTORY)
    await using other = await OtherServer.linked(simulator, phone, '6.7')
    await other.stop()
    const page = await scene().at('/')
    await page.getByRole('button', { name: 'Add an account' }).click()
    await page.getByLabel('What do you call it?').fill('Old shop')
    await page.getByText('Move in from another server instead').click()
    await page.getByRole('button', { name: 'Import the session' }).click()
    await page.getByRole('alert').getByText('Choose the file of the session.').waitFor()
    await page.getByLabel('The session').setInputFiles({
      name: 'session.zip',
      mimeType: 'application/zip',
      buffer: await zipOf(other.files())
    })
    await page.getByRole('button', { name: 'Import the session' }).click()
    const card = page.getByRole('article', { name: 'Old shop' })
    await card.getByText(/^(open|backfilling)$/).waitFor()
    const dialog = page.getByRole('dialog')
    const choose = async (item: string): Promise<void> => {
      await card.getByRole('button', { name: 'More for Old shop' }).click()
      await page.getByRole('menuitem', { name: item }).click()
    }
    await choose('Restart')
    await page.getByText('The account is being restarted').waitFor()
    await page.getByRole('link', { name: 'Activity' }).click()
    await page.getByRole('link', { name: 'Events' }).click()
    const states = page.locator('.events li', { hasText: 'account.state' }).filter({ hasText: 'Old shop' })
    await states.filter({ hasText: 'connecting' }).first().waitFor()
    await states.first().getByText('open', { exact: true }).waitFor()
    await page.goto(`${scene().stage.server.url}/#/`)
    await choose('Log out')
    // In haste nothing is lost: Cancel has the focus.
    await dialog.waitFor()
    await page.keyboard.press('Enter')
    await dialog.waitFor({ state: 'detached' })
    expect(phone.devices).toHaveLength(1)
    await choose('Log out')
    await dialog.getByRole('button', { name: 'Log out' }).click()
    await card.getByText('loggedOut', { exact: true }).waitFor()
    await card.getByRole('button', { name: 'Link a phone' }).waitFor()
    expect(phone.devices).toHaveLength(0)
    await choose('Delete')
    await dialog.getByLabel('Type “Old shop” to confirm').fill('Old')
    await page.keyboard.press('Enter')
    await dialog.getByRole('alert').getByText('That is not “Old shop”.').waitFor()
    await dialog.getByLabel('Type “Old shop” to confirm').fill('Old shop')
    await page.keyboard.press('Enter')
    await card.waitFor({ state: 'detached' })
  })
}
