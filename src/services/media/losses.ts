// Files that cannot be fetched any more: the message says so, its waiters get an error, and an incident is reported.
import { Clock, Effect } from 'effect'
import type { Message } from '../../domain/message.ts'
import type { IncidentReport, Incidents } from '../incidents/incidents.ts'
import type { OpenError } from './outcomes.ts'
import type { Records } from './records.ts'
import type { Waiters } from './waiters.ts'

export type LossState = 'gone' | 'tooLarge' | 'failed'

/** Old chats may have thousands of lost files: one report an hour is enough, the messages say which they are. */
const REPORT_EVERY_MS = 60 * 60 * 1000

export const mediaLost = (message: Message, state: LossState, reason: string): IncidentReport => ({
  accountId: message.accountId,
  kind: 'media.lost',
  severity: 'warning',
  subject: state,
  threadId: message.threadId,
  messageId: message.messageId,
  happened: `A received file could not be fetched: ${reason}`,
  did: 'The message is kept without its file',
  advice:
    state === 'gone'
      ? 'Nothing: neither WhatsApp nor the phone has the file any more'
      : 'Keep the phone online and ask for the file again (GET …/media)'
})

/** When a loss was reported last (milliseconds since 1970), by account and kind of loss. */
export type ReportedLosses = Map<string, Map<LossState, number>>

const isReportDue = (reported: ReportedLosses, accountId: string, state: LossState, now: number): boolean => {
  const byState = reported.get(accountId) ?? new Map<LossState, number>()
  if ((byState.get(state) ?? -Infinity) > now - REPORT_EVERY_MS) return false
  reported.set(accountId, byState.set(state, now))
  return true
}

export type GiveUp = ReturnType<typeof makeGiveUp>

/** Ends the attempts to fetch a message's file; `answer` is what its waiters get. */
export const makeGiveUp = (losing: {
  readonly records: Records
  readonly waiters: Waiters
  readonly incidents: Incidents['Service']
  readonly reported: ReportedLosses
}) =>
  Effect.fnUntraced(function* (message: Message, state: LossState, reason: string, answer: OpenError) {
    const { incidents, records, reported, waiters } = losing
    const hasFile = yield* records.recordState(message, { state, reason }, 'done')
    yield* waiters.fail(message, answer)
    // A deleted message, or a file that the settings exclude, is no loss.
    if (!hasFile || state === 'tooLarge') return
    const now = yield* Clock.currentTimeMillis
    if (!isReportDue(reported, message.accountId, state, now)) return
    yield* incidents.report(mediaLost(message, state, reason))
  })
