// What people read: aligned columns, text of others made harmless, QR codes.
import { create } from 'qrcode'
import { expect, test } from 'vitest'
import { qrText } from '../../../src/app/cli/screen/qr.ts'
import { plain, sizeText, styleFor } from '../../../src/app/cli/screen/style.ts'
import { facts, shortened, table } from '../../../src/app/cli/screen/table.ts'

const style = styleFor(false)

test('columns are aligned by what a terminal shows, not by the length of the text', () => {
  const rows = [
    ['acc-1', { text: 'open', draw: styleFor(true).good }, 'ファイル'],
    ['acc-22', 'stopped', 'Shop']
  ]
  const text = table(['id', 'state', 'name'], rows, { style, columns: undefined })
  expect(text).toBe(
    'ID      STATE    NAME\nacc-1   \u001B[32mopen\u001B[0m     ファイル\nacc-22  stopped  Shop\n'
  )
})

test('the last column is cut to the width of the terminal, between characters', () => {
  const text = table(['id', 'name'], [['1', 'a long name that does not fit']], { style, columns: 20 })
  expect(text.split('\n')).toEqual(['ID  NAME', '1   a long name tha…', ''])
  expect(shortened('👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦', 4)).toBe('👩‍👩‍👧‍👦…')
  expect(
    facts(
      [
        ['a', 'x'],
        ['long', 'y']
      ],
      style
    )
  ).toBe('a     x\nlong  y\n')
})

test.each([
  ['\u001B[2J\u001B]0;title\u0007gone', '[2J ]0;title gone'],
  ['one\ntwo\r\u009Bthree', 'one two three'],
  ['invoice\u202Egpj.exe', 'invoice gpj.exe'],
  ['Grüße 👋 שלום', 'Grüße 👋 שלום']
])('%j is shown as %j', (text, shown) => {
  expect(plain(text)).toBe(shown)
})

test('sizes are for people', () => {
  expect([0, 1023, 1536, 20 * 1024 ** 2, 3 * 1024 ** 4].map(sizeText)).toEqual([
    '0 bytes',
    '1023 bytes',
    '1.5 KiB',
    '20 MiB',
    '3.0 TiB'
  ])
})

/** The modules that a reader of black on white sees. */
const seen = (drawn: string): ReadonlyArray<string> =>
  drawn
    .trimEnd()
    .split('\n')
    // oxlint-disable-next-line no-control-regex
    .map(line => line.replaceAll(/\u001B\[[\d;]*m/g, ''))
    .flatMap(line =>
      ['▀█', '▄█'].map(ink =>
        line
          .split('')
          .map(cell => (ink.includes(cell) ? '1' : '0'))
          .join('')
      )
    )

test.each([true, false])('a QR code has its modules in their places (with colours: %s)', hasColours => {
  const text = '2@abcdefghijklmnopqrstuvwxyz0123456789,key,identity,secret'
  const { modules } = create(text, { errorCorrectionLevel: 'L' })
  const rows = seen(qrText(text, hasColours))
  const dark = hasColours ? '1' : '0'
  for (let row = 0; row < modules.size; row += 1)
    for (let column = 0; column < modules.size; column += 1)
      expect(rows[row + 2]?.[column + 2] === dark).toBe(modules.get(row, column) !== 0)
  expect(rows[0]).toBe((hasColours ? '0' : '1').repeat(modules.size + 4))
})
