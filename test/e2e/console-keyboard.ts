// The console by the keyboard alone.
import { expect, test } from 'vitest'
import type { ConsoleScene } from './console-pages.ts'

export const keyboardTests = (scene: () => ConsoleScene): void => {
  test('every key does what ? says of it', async () => {
    const page = await scene().at('/')
    const heading = (name: string) => page.getByRole('heading', { level: 1, name }).waitFor()
    const dialog = async (key: string, name: string, lacks?: string): Promise<void> => {
      await page.keyboard.press(key)
      await page.getByRole('dialog', { name }).waitFor()
      if (lacks !== undefined) {
        await page.keyboard.press('Enter')
        await page.getByRole('alert').getByText(lacks).waitFor()
      }
      await page.keyboard.press('Escape')
      // Until then keys go to a field of the dialog.
      await expect.poll(() => page.evaluate('document.activeElement === document.body')).toBe(true)
    }
    await dialog('a', 'Add an account', 'Give it a name.')
    await page.keyboard.press('3')
    await heading('Activity')
    await page.keyboard.press('4')
    await heading('Settings')
    await page.getByLabel('Search settings').fill('SEND_PACE')
    await page.getByRole('listitem').getByText('Default: 250ms.').waitFor()
    await page.getByLabel('Search settings').blur()
    for (const [language, name, direction] of [
      ['de', 'Einstellungen', 'ltr'],
      ['ar', 'الإعدادات', 'rtl'],
      ['en', 'Settings', 'ltr']
    ] as const) {
      await page.locator('.language select').selectOption(language)
      await heading(name)
      expect(await page.evaluate('[document.documentElement.lang, document.documentElement.dir]')).toEqual([
        language,
        direction
      ])
    }
    await page.locator('.language select').blur()
    await page.keyboard.press('1')
    await heading('Accounts')
    await page.keyboard.press('2')
    await page.locator('.thread').nth(1).waitFor()
    const open = async (): Promise<number> =>
      page.locator('.thread').evaluateAll(all => all.findIndex(one => one.ariaCurrent === 'page'))
    for (const [key, place] of [
      ['j', 0],
      ['j', 1],
      ['k', 0]
    ] as const) {
      await page.keyboard.press(key)
      await expect.poll(open).toBe(place)
      await page.getByRole('log').waitFor()
    }
    await dialog('d', 'Go to a date')
    await dialog('n', 'New message', 'Say to whom')
    await page.keyboard.press('i')
    await page.getByRole('complementary', { name: 'About this conversation' }).waitFor()
    await page.keyboard.press('i')
    await page.getByRole('complementary').waitFor({ state: 'detached' })
    await page.keyboard.press('c')
    expect(await page.evaluate('document.activeElement.ariaLabel')).toBe('Write a message')
    await page.keyboard.press('Escape')
    await page.getByRole('log').focus()
    await page.keyboard.press('ArrowUp')
    await page.keyboard.press('Enter')
    await page.getByRole('menuitem', { name: 'Details' }).waitFor()
    await page.keyboard.press('Escape')
    await page.keyboard.press('?')
    const help = page.getByRole('dialog', { name: 'Keyboard shortcuts' })
    await help.waitFor()
    const listed = await help.locator('dt').allInnerTexts()
    expect(listed.toSorted()).toEqual(
      [
        '1',
        '2',
        '3',
        '4',
        '/',
        '?',
        'Enter',
        'ShiftEnter',
        'c',
        'd',
        'e',
        'i',
        'j',
        'k',
        'n',
        '↑↓'
      ].toSorted()
    )
    await page.keyboard.press('Escape')
    await page.getByRole('log').evaluate(one => (one.scrollTop = 0))
    await page.getByRole('button', { name: 'To the newest message' }).waitFor()
    await page.keyboard.press('e')
    await page.getByRole('button', { name: 'To the newest message' }).waitFor({ state: 'detached' })
    await page.keyboard.press('/')
    await page.keyboard.type('coming')
    await page.getByRole('region', { name: 'Found messages' }).getByRole('link').first().waitFor()
    await page.getByRole('searchbox').fill('')
  })
}
