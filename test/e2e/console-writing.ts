// What people send each other besides texts, read and written in the console.
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import type { ConsoleScene } from './console-pages.ts'
import { landscape } from './console-story.ts'

/** Brings a file to an element as dropping, or pasting, does. */
const bring = (page: Page, selector: string, kind: 'drop' | 'paste'): Promise<unknown> =>
  page.evaluate(`(() => {
    const data = new DataTransfer()
    data.items.add(new File(['notes'], 'notes.txt', { type: 'text/plain' }))
    const event = ${
      kind === 'drop'
        ? "new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true })"
        : "new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true })"
    }
    document.querySelector(${JSON.stringify(selector)}).dispatchEvent(event)
  })()`)

/** A web server that has the same picture everywhere. */
const pictureOnTheWeb = async () => {
  const picture = await landscape('#c9a66b', '#5b6b8f')
  const server = createServer((_, response) =>
    response.setHeader('content-type', 'image/jpeg').end(picture)
  ).listen(0, '127.0.0.1')
  await once(server, 'listening')
  // An address of a listening TCP server.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    }
  }
}

export const writingTests = (scene: () => ConsoleScene): void => {
  test('polls, events, places and contacts are sent from their forms; files are dropped and pasted; answers and deletions go by the menu', async () => {
    const page = await scene().opened()
    const log = page.getByRole('log')
    const dialog = page.getByRole('dialog')
    const fill = async (kind: string, fields: Readonly<Record<string, string>>): Promise<void> => {
      await page.getByRole('button', { name: 'Attach, or send later' }).click()
      await page.getByRole('menuitem', { name: kind, exact: true }).click()
      for (const [label, value] of Object.entries(fields))
        await dialog.getByLabel(label, { exact: true }).fill(value)
      await dialog.getByLabel(Object.keys(fields)[0]!, { exact: true }).press('Enter')
    }
    await fill('Poll', { Question: 'Which colour?', 'Option 1': 'Blue', 'Option 2': 'Blue' })
    await dialog.getByRole('alert').getByText('This answer is there already.').waitFor()
    await dialog.getByLabel('Option 2', { exact: true }).fill('Green')
    await page.keyboard.press('Enter')
    await log.getByText('Which colour?').waitFor()
    await fill('Event', { What: 'Test ride', Where: 'The shop' })
    await log.getByText('Test ride').waitFor()
    await fill('Place', { 'Latitude, longitude': '48.1374, 11.5755', 'Name of the place': 'Our new shop' })
    await log.getByText('Our new shop').waitFor()
    await fill('Contact', { Name: 'Nina (paint)', 'Number, with country code': '+1 555 010 0400' })
    await log.getByText('Nina (paint)').waitFor()

    await using web = await pictureOnTheWeb()
    await page.getByRole('button', { name: 'Attach, or send later' }).click()
    await page.getByRole('menuitem', { name: 'Files from the web' }).click()
    const addresses = dialog.getByLabel('Addresses of files, one in a line')
    const send = dialog.getByRole('button', { name: 'Send', exact: true })
    await addresses.fill('the blue one')
    await send.click()
    await dialog.getByRole('alert').waitFor()
    await addresses.fill(`${web.url}/1.jpg\n${web.url}/2.jpg`)
    await send.click()
    await log.locator('.album img').nth(1).waitFor()

    for (const [selector, kind] of [
      ['.conversation', 'drop'],
      ['.composer textarea', 'paste']
    ] as const) {
      await bring(page, selector, kind)
      await page.getByRole('dialog', { name: 'Send 1 file' }).getByText('notes.txt').waitFor()
      await page.keyboard.press('Escape')
      await dialog.waitFor({ state: 'detached' })
    }

    const menu = async (text: string, item: string): Promise<void> => {
      const message = page.locator('.message', { hasText: text }).last()
      await message.hover()
      await message.getByRole('button', { name: 'More' }).click()
      await page.getByRole('menuitem', { name: item, exact: true }).click()
    }
    await menu('Our new shop', 'Reply')
    await page.getByText('Reply to You').waitFor()
    await page.keyboard.type('It is near the station')
    await page.keyboard.press('Enter')
    const answer = page.locator('.message', { hasText: 'It is near the station' })
    await answer.locator('.quote', { hasText: 'Our new shop' }).waitFor()
    await answer.getByRole('img', { name: 'Read' }).waitFor()
    await menu('It is near the station', 'Forward')
    await dialog.locator('.choose-list button').nth(1).click()
    await page.getByText(/^Forwarded to /).waitFor()
    const arrived = () =>
      scene()
        .phone.truth()
        .received.filter(({ text }) => text === 'It is near the station')
    await expect.poll(() => arrived().length).toBe(2)
    const bar = page.locator('.pinned-bar', { hasText: 'It is near the station' })
    await menu('It is near the station', 'Pin for everyone')
    await dialog.getByRole('button', { name: '7 days' }).click()
    await bar.click()
    await page.locator('.revealed', { hasText: 'It is near the station' }).waitFor()
    await menu('It is near the station', 'Unpin')
    await bar.waitFor({ state: 'detached' })
    const before = await log.getByText('This message was deleted for everyone.').count()
    await menu('It is near the station', 'Delete for everyone')
    await expect.poll(() => log.getByText('This message was deleted for everyone.').count()).toBe(before + 1)
  })

  test('a group: its album, a sound that is played, an event with its answers, what happened to it, its label, and who has read what', async () => {
    const { accountId, phone, stage } = scene()
    const [ann, bob] = phone.contacts
    const group = phone.createGroup('Workshop', [ann!, bob!])
    const receive = (content: object) => phone.receive({ from: ann!, group, text: '', ...content })
    const bytes = await landscape('#8fb4d9', '#4d6b57')
    const picture = stage.simulator.fileMessage({ kind: 'image', mimetype: 'image/jpeg', bytes })
    const album = await receive({ message: { albumMessage: { expectedImageCount: 2 } } })
    for (let n = 0; n < 2; n += 1)
      await receive({ message: picture, association: { type: 'MEDIA_ALBUM', parent: album.id } })
    const sound = readFileSync(join(import.meta.dirname, 'tone.mp3'))
    await receive({
      message: stage.simulator.fileMessage({ kind: 'audio', mimetype: 'audio/mpeg', bytes: sound })
    })
    const event = await receive({
      message: { eventMessage: { name: 'Spring fair', startTime: 1_900_000_000 } }
    })
    await phone.receive({ from: bob!, group, respond: event.id, response: 'going' })
    phone.changeGroup(group, { subject: 'Workshop and shop' }, { by: ann })
    await phone.editLabel({ id: '7', name: 'Team', color: 3 })
    await phone.changeChat(group, { label: '7', labeled: true })

    const page = await scene().at(`/chats/${accountId}`)
    await page.getByLabel('Label').selectOption({ label: 'Team' })
    await page.getByRole('link', { name: 'Workshop and shop' }).click()
    expect(await page.locator('.thread').count()).toBe(1)
    const log = page.getByRole('log')
    await log.locator('.album img').nth(1).waitFor()
    await log.getByText('Spring fair').waitFor()
    await log.locator('.responses', { hasText: 'Going' }).waitFor()
    await log.getByText('named the group “Workshop and shop”').waitFor()
    // Its time is that of whoever reads it, in the list too.
    const when = await page.evaluate<string>(
      `new Intl.DateTimeFormat(navigator.language, { dateStyle: 'medium', timeStyle: 'short' }).format(1_900_000_000_000)`
    )
    await log.getByText(when).waitFor()
    await page.locator('.thread', { hasText: 'Workshop and shop' }).getByText(when).waitFor()
    await log.getByRole('button', { name: 'Play' }).click()
    await log.locator('audio[src^="blob:"]').waitFor()
    await page.getByRole('textbox', { name: 'Write a message' }).fill('Who brings the tools?')
    await page.keyboard.press('Enter')
    const sent = page.locator('.message', { hasText: 'Who brings the tools?' })
    await sent.getByRole('img', { name: 'Read' }).waitFor()
    await sent.hover()
    await sent.getByRole('button', { name: 'More' }).click()
    await page.getByRole('menuitem', { name: 'Details' }).click()
    const receipts = page.getByRole('dialog').locator('tbody tr')
    await receipts.nth(1).waitFor()
    expect(await receipts.count()).toBe(2)
    await page.keyboard.press('Escape')
    // What does not belong to a list any more leaves it.
    const row = page.locator('.thread', { hasText: 'Workshop and shop' })
    await phone.changeChat(group, { label: '7', labeled: false })
    await row.waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Groups' }).click()
    await page.getByLabel('Label').selectOption({ index: 0 })
    await page.getByRole('button', { name: 'All', exact: true }).click()
    await row.waitFor()
    await phone.changeChat(group, { archived: true })
    await row.waitFor({ state: 'detached' })
  })
  test('a status is a text or a picture, for those whom the owner shows it, and is deleted by its menu', async () => {
    const { accountId, phone, stage } = scene()
    await using web = await pictureOnTheWeb()
    const [person] = phone.contacts
    await phone.nameContact(person!, 'Ann in the book')
    phone.showStatusesTo('whitelist', [person!])
    const page = await scene().at(`/chats/${accountId}`)
    const dialog = page.getByRole('dialog', { name: 'New status' })
    await page.getByRole('button', { name: 'New status' }).click()
    await dialog.getByLabel('Write a status').press('Enter')
    await dialog.getByRole('alert').getByText('Write something.').waitFor()
    await dialog.getByLabel('Write a status').fill('Open on Sunday')
    await dialog.getByLabel('Write a status').press('Enter')
    await page.getByRole('heading', { level: 1, name: 'Statuses' }).waitFor()
    const posted = page.locator('.message', { hasText: 'Open on Sunday' })
    await posted.getByRole('img', { name: 'Read' }).waitFor()

    // In the thread of the statuses too, with what can be one.
    await page.getByRole('button', { name: 'Attach, or send later' }).click()
    await expect
      .poll(() => page.getByRole('menuitem').allInnerTexts(), { timeout: 10_000 })
      .toEqual(['Files', 'Send later'])
    await page.keyboard.press('Escape')
    await page.locator('input[type=file][multiple]').setInputFiles({
      name: 'shop.jpg',
      mimeType: 'image/jpeg',
      buffer: await landscape('#99aabb', '#445533')
    })
    const caption = page.getByRole('dialog').getByLabel('Caption')
    await caption.fill('Our new window')
    await caption.press('Enter')
    const shown = page.locator('.message', { hasText: 'Our new window' })
    await shown.getByRole('img', { name: 'Read' }).waitFor()
    const got = () =>
      phone
        .truth()
        .received.filter(({ chatJid, kind }) => chatJid === 'status@broadcast' && kind !== 'revoke')
    expect(got().map(({ kind, recipient, text }) => [kind, recipient, text])).toEqual([
      ['text', person!.jid, 'Open on Sunday'],
      ['image', person!.jid, 'Our new window']
    ])

    // From the web, by its address.
    await page.getByRole('button', { name: 'New status' }).click()
    const link = dialog.getByLabel('Or the address of one in the web')
    await link.fill('shop.example')
    await link.press('Enter')
    await dialog.getByRole('alert').getByText('An address that begins with https://').waitFor()
    await link.fill(`${web.url}/door.jpg`)
    await dialog.getByLabel('Write a status').fill('Our new door')
    await link.press('Enter')
    await page.locator('.message', { hasText: 'Our new door' }).getByRole('img', { name: 'Read' }).waitFor()
    expect(got().at(-1)).toMatchObject({ kind: 'image', text: 'Our new door' })

    await shown.hover()
    await shown.getByRole('button', { name: 'More' }).click()
    await expect
      .poll(() => page.getByRole('menuitem').allInnerTexts(), { timeout: 10_000 })
      .toEqual(['Copy text', 'Forward', 'Details', 'Delete for everyone'])
    await page.getByRole('menuitem', { name: 'Delete for everyone' }).click()
    await page.getByRole('log').getByText('This message was deleted for everyone.').waitFor()
    await stage.simulator.until(() => phone.account.statuses.length === 2)
  })
}
