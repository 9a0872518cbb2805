// What WhatsApp tells about restrictions of an account, in our words.
import type { NewChatMessageCapInfo, ReachoutTimelockState } from '@whiskeysockets/baileys'
import type { Restriction } from '../../../domain/account.ts'
import { secondsToMilliseconds } from '../convert/numbers.ts'

/** When WhatsApp restricts an account and does not say until when, it is asked again after this. */
const UNTOLD_MS = 60 * 60_000

/** The reach-out time-lock, `null` when there is none. */
export const reachoutRestriction = (state: ReachoutTimelockState, now: number): Restriction | null => {
  if (!state.isActive) return null
  const until = state.timeEnforcementEnds?.getTime() ?? now + UNTOLD_MS
  return until <= now
    ? null
    : {
        kind: 'reachout',
        reason: 'WhatsApp does not let this account start new conversations for a time',
        until
      }
}

/** The cap on new conversations, `null` while it is not reached. */
export const cappingRestriction = (told: NewChatMessageCapInfo, now: number): Restriction | null => {
  const { capping_status: status, cycle_end_timestamp: end, total_quota: total, used_quota: used } = told
  const isReached =
    status === undefined ? total !== undefined && used !== undefined && used >= total : status === 'CAPPED'
  if (!isReached) return null
  const toldUntil = secondsToMilliseconds(end)
  return {
    kind: 'capping',
    reason: 'This account has started as many new conversations as WhatsApp allows for now',
    until: toldUntil > now ? toldUntil : now + UNTOLD_MS
  }
}
