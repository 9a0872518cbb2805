// Calls as messages: the phone's call log, and messages that announce a call.
import { proto } from '@whiskeysockets/baileys/WAProto/index.js'
import type { Call } from '../../../../domain/message.ts'
import { numberOf } from '../numbers.ts'
import type { Family, Parts } from './parts.ts'

export const callParts = (call: Call): Parts & { readonly body: string; readonly call: Call } => ({
  type: 'call',
  body: call.video ? 'Video call' : 'Voice call',
  call
})

const { CallOutcome } = proto.Message.CallLogMessage

const OUTCOMES: ReadonlyMap<number, Call['outcome']> = new Map<number, Call['outcome']>([
  [CallOutcome.CONNECTED, 'answered'],
  [CallOutcome.ACCEPTED_ELSEWHERE, 'answered'],
  [CallOutcome.ONGOING, 'ringing'],
  [CallOutcome.REJECTED, 'declined']
])

export const CALL: Family = {
  callLogMesssage: log =>
    callParts({
      video: log.isVideo === true,
      // Missed, failed and silenced calls were all not answered.
      outcome: OUTCOMES.get(log.callOutcome ?? CallOutcome.MISSED) ?? 'missed',
      duration: numberOf(log.durationSecs)
    }),
  call: () => callParts({ video: false, outcome: 'ringing', duration: null }),
  bcallMessage: ({ caption, mediaType }) => {
    const parts = callParts({
      video: mediaType === proto.Message.BCallMessage.MediaType.VIDEO,
      outcome: 'ringing',
      duration: null
    })
    return { ...parts, body: caption || parts.body }
  }
}
