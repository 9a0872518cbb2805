// Words.
import { test } from 'vitest'
import { isShown, type Row } from './shown.ts'

const rows: ReadonlyArray<Row> = [
  ['plain text', { conversation: 'Hello' }, { type: 'text', body: 'Hello' }],
  ['emoji and right-to-left text', { conversation: 'שלום 👋🏽' }, { body: 'שלום 👋🏽' }],
  [
    'text with a link preview',
    { extendedTextMessage: { text: 'https://x.y', title: 'X' } },
    { body: 'https://x.y' }
  ],
  ['text without words', { extendedTextMessage: {} }, { type: 'text', body: null }],
  [
    'an assistant’s answer',
    { richResponseMessage: { submessages: [{ messageText: 'One' }, {}, { messageText: 'Two' }] } },
    { type: 'text', body: 'One\nTwo' }
  ]
]

test.each(rows)('%s is shown', isShown)
