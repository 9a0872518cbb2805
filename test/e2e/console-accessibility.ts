// axe on everything that the console shows: its screens, and what opens above them.
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { thorough } from '../thorough.ts'
import { findingsOf } from './accessibility.ts'
import type { ConsoleScene } from './console-pages.ts'

const TABS = ['outbox', 'jobs', 'incidents', 'events', 'webhooks', 'keys', 'audit', 'store']

/** Each time in another one of the schemes. */
const dress = (page: Page, index: number): Promise<void> =>
  page.emulateMedia({ colorScheme: index % 2 === 0 ? 'light' : 'dark', reducedMotion: 'reduce' })

/** Now and then on a phone. */
const fit = (page: Page, index: number): Promise<void> =>
  page.setViewportSize(index % 3 === 2 ? { width: 390, height: 844 } : { width: 1360, height: 860 })

type Press = readonly [role: 'button' | 'menuitem', name: string]

const HERE = 'the conversation'

/** Where a dialog is opened, and what a person presses for it. */
const DIALOGS: ReadonlyArray<readonly [place: string, ...presses: ReadonlyArray<Press>]> = [
  ['/', ['button', 'Add an account']],
  ['/', ['button', 'More for Rosa’s Bicycles'], ['menuitem', 'Delete']],
  ['/activity/keys', ['button', 'New key']],
  ['/activity/webhooks', ['button', 'New webhook']],
  [HERE, ['button', 'New message']],
  [HERE, ['button', 'New status']],
  [HERE, ['button', 'Go to a date']],
  ...['Poll', 'Event', 'Place', 'Contact', 'Files from the web', 'Send later'].map(
    name => [HERE, ['button', 'Attach, or send later'], ['menuitem', name]] as const
  ),
  ...['Forward', 'Pin for everyone', 'Details'].map(
    name => [HERE, ['button', 'More'], ['menuitem', name]] as const
  )
]

export const accessibilityTests = (scene: () => ConsoleScene): void => {
  test('screens are accessible, in light and in dark, and on a phone', async () => {
    const page = await scene().opened()
    const [, chat = ''] = page.url().split('#')
    // Lists are made of the same parts, and so are tables.
    const tabs = thorough(
      TABS.filter((_, index) => index % 3 === 1),
      TABS
    )
    const screens = ['/', '/settings', chat, ...tabs.map(tab => `/activity/${tab}`)]
    const found: Array<object> = []
    for (const [index, screen] of screens.entries()) {
      await dress(page, index)
      await fit(page, index)
      await page.evaluate(`location.hash = ${JSON.stringify(screen)}`)
      await page.locator('main h1').first().waitFor({ state: 'attached' })
      await page.locator('main .waiting').first().waitFor({ state: 'detached' })
      found.push(...(await findingsOf(page, screen)))
    }
    expect(found).toEqual([])
  })

  test('dialogs are accessible', async () => {
    const page = await scene().opened()
    const [, chat = ''] = page.url().split('#')
    const dialog = page.locator('dialog[open]')
    const read = page.locator('.message.outbound', { has: page.getByRole('img', { name: 'Read' }) }).last()
    const found: Array<object> = []
    // They are made of the same parts.
    const some = thorough(
      DIALOGS.filter((_, index) => index % 6 === 0),
      DIALOGS
    )
    for (const [index, [place, ...presses]] of some.entries()) {
      await dress(page, index)
      await scene().at(place === HERE ? chat : place)
      for (const [role, name] of presses) {
        if (name === 'More') await read.hover()
        const from = name === 'More' ? read : page
        await from.getByRole(role, { name, exact: true }).first().click()
      }
      await dialog.waitFor()
      await fit(page, index)
      found.push(...(await findingsOf(page, JSON.stringify(presses), 'dialog[open]')))
      await page.keyboard.press('Escape')
      await dialog.waitFor({ state: 'detached' })
    }
    expect(found).toEqual([])
  })
}
