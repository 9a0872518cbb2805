// Polls as they are asked.
import type { proto } from '@whiskeysockets/baileys'
import { expect, test } from 'vitest'
import { isShown, type Row, shown } from './shown.ts'

const poll = {
  name: 'When?',
  options: [{ optionName: 'Now' }, { optionName: 'Later' }],
  selectableOptionsCount: 1
}

test.each<[string, proto.IMessage]>([
  ['first', { pollCreationMessage: poll }],
  ['second', { pollCreationMessageV2: poll }],
  ['third', { pollCreationMessageV3: poll }],
  ['fourth, an envelope,', { pollCreationMessageV4: { message: { pollCreationMessageV3: poll } } }],
  ['fifth', { pollCreationMessageV5: poll }]
])('the %s form of a poll asks its question with nobody’s vote yet', (_, message) => {
  expect(shown(message)).toMatchObject({
    type: 'poll',
    body: 'When?\n• Now\n• Later',
    poll: {
      question: 'When?',
      options: [
        { name: 'Now', voters: [] },
        { name: 'Later', voters: [] }
      ],
      selectable: 1
    }
  })
})

const rows: ReadonlyArray<Row> = [
  ['a poll without anything', { pollCreationMessage: {} }, { body: '', poll: { question: '', options: [] } }],
  [
    'a poll’s forwarded results',
    {
      pollResultSnapshotMessage: {
        name: 'When?',
        pollVotes: [{ optionName: 'Now', optionVoteCount: 2 }, { optionName: 'Later' }]
      }
    },
    { type: 'poll', body: 'When?\n• Now (2)\n• Later (0)', poll: null }
  ]
]

test.each(rows)('%s is shown', isShown)
