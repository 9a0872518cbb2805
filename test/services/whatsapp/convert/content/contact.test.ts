// Contact cards.
import { expect, test } from 'vitest'
import { isShown, type Row, shown } from './shown.ts'

const vcard = (...lines: ReadonlyArray<string>) =>
  ['BEGIN:VCARD', 'VERSION:3.0', 'FN:Ada Lovelace', ...lines, 'END:VCARD'].join('\r\n')

const rows: ReadonlyArray<Row> = [
  ['a contact card', { contactMessage: { vcard: vcard() } }, { type: 'contact', body: 'Ada Lovelace' }],
  [
    'the name the sender has for them',
    { contactMessage: { displayName: 'Ada', vcard: vcard() } },
    { body: 'Ada', contacts: [{ name: 'Ada', vcard: vcard() }] }
  ],
  [
    'several contact cards',
    { contactsArrayMessage: { contacts: [{ displayName: 'Ada' }, { displayName: 'Bo' }] } },
    { type: 'contact', body: 'Ada, Bo', contacts: [{ name: 'Ada' }, { name: 'Bo', vcard: null }] }
  ],
  ['a card that says nothing', { contactMessage: {} }, { type: 'contact', body: null }]
]

test.each(rows)('%s is shown', isShown)

test.each([
  ['as written', 'TEL;type=CELL;waid=491701234567:+49 170 1234567', ['+49 170 1234567']],
  ['of a grouped line', 'item1.TEL;waid=1:+1 555', ['+1 555']],
  ['of a plain line', 'TEL:030 123', ['030 123']],
  ['of version 4 of the format', 'TEL;VALUE=uri:tel:+1-555-0100', ['+1-555-0100']],
  ['that only WhatsApp’s id gives', 'TEL;waid=491701234567:', ['+491701234567']],
  ['of a folded line', 'TEL;type=CELL:+49 170\r\n  1234567', ['+49 170 1234567']],
  ['when there is none', 'TELEX:1', []]
])('a telephone number %s', (_, line, phoneNumbers) => {
  expect(shown({ contactMessage: { vcard: vcard(line) } })?.contacts).toMatchObject([{ phoneNumbers }])
})

test('a card made to be slow to read is not', () => {
  // Read in a time that grows with the square of its length, it would take an hour.
  const hostile = `TEL${';x'.repeat(2_000_000)}\nFN${';'.repeat(2_000_000)}`
  expect(shown({ contactMessage: { vcard: hostile } })?.contacts).toMatchObject([{ phoneNumbers: [] }])
})
