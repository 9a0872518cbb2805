// Calls as messages.
import { proto } from '@whiskeysockets/baileys'
import { expect, test } from 'vitest'
import { isShown, type Row, shown } from './shown.ts'

const { CallOutcome } = proto.Message.CallLogMessage

test.each([
  ['CONNECTED', CallOutcome.CONNECTED, 'answered'],
  ['MISSED', CallOutcome.MISSED, 'missed'],
  ['FAILED', CallOutcome.FAILED, 'missed'],
  ['REJECTED', CallOutcome.REJECTED, 'declined'],
  ['ACCEPTED_ELSEWHERE', CallOutcome.ACCEPTED_ELSEWHERE, 'answered'],
  ['ONGOING', CallOutcome.ONGOING, 'ringing'],
  ['SILENCED_BY_DND', CallOutcome.SILENCED_BY_DND, 'missed']
] as const)('a call logged as %s', (_, callOutcome, outcome) => {
  const message = shown({ callLogMesssage: { isVideo: true, callOutcome, durationSecs: 63 } })
  expect(message).toMatchObject({
    type: 'call',
    body: 'Video call',
    call: { video: true, outcome, duration: 63 }
  })
})

const rows: ReadonlyArray<Row> = [
  [
    'a log that says nothing, as a call nobody took',
    { callLogMesssage: {} },
    { body: 'Voice call', call: { video: false, outcome: 'missed', duration: null } }
  ],
  ['a call’s keys', { call: {} }, { type: 'call', call: { outcome: 'ringing' } }],
  [
    'a broadcast call',
    { bcallMessage: { caption: 'Join us', mediaType: proto.Message.BCallMessage.MediaType.VIDEO } },
    { type: 'call', body: 'Join us', call: { video: true } }
  ]
]

test.each(rows)('%s is shown', isShown)
