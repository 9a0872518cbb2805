// Restrictions of an account: what WhatsApp reports of them, and asking about them.
import type {
  ConnectionState,
  NewChatMessageCapInfo,
  ReachoutTimelockState,
  WASocket
} from '@whiskeysockets/baileys'
import { Effect } from 'effect'
import type { Restriction } from '../../../domain/account.ts'
import type { ConnectionEvent } from '../../../domain/connection.ts'
import { secondsToMilliseconds } from '../convert/numbers.ts'
import { NotConnected } from '../errors.ts'

/** When WhatsApp restricts an account and does not say until when, it is asked again after this. */
const UNSPECIFIED_MS = 60 * 60_000

/** The reach-out time-lock, `null` when there is none. */
export const reachoutRestriction = (state: ReachoutTimelockState, now: number): Restriction | null => {
  if (!state.isActive) return null
  const until = state.timeEnforcementEnds?.getTime() ?? now + UNSPECIFIED_MS
  return until <= now
    ? null
    : {
        kind: 'reachout',
        reason: 'WhatsApp does not let this account start new conversations for a time',
        until
      }
}

/** The cap on new conversations, `null` while it is not reached. */
export const cappingRestriction = (info: NewChatMessageCapInfo, now: number): Restriction | null => {
  const { capping_status: status, cycle_end_timestamp: end, total_quota: total, used_quota: used } = info
  const isReached =
    status === undefined ? total !== undefined && used !== undefined && used >= total : status === 'CAPPED'
  if (!isReached) return null
  const statedUntil = secondsToMilliseconds(end)
  return {
    kind: 'capping',
    reason: 'This account has started as many new conversations as WhatsApp allows for now',
    until: statedUntil > now ? statedUntil : now + UNSPECIFIED_MS
  }
}

export interface RestrictionWatch {
  /** What WhatsApp does not let the account do; `null` when it reports no restriction. */
  readonly ask: Effect.Effect<Restriction | null, NotConnected>
  readonly onUpdate: (update: Partial<ConnectionState>) => void
}

/** Emits restrictions as WhatsApp reports them, and asks about them. */
export const watchRestrictions = (options: {
  readonly socket: WASocket
  readonly timeoutMs: number
  readonly emit: (event: ConnectionEvent) => void
  readonly now: () => number
}): RestrictionWatch => {
  const { emit, now, socket, timeoutMs } = options
  let isAsking = false
  socket.ev.on('message-capping.update', info =>
    emit({ type: 'socket.restrictionChanged', restriction: cappingRestriction(info, now()) })
  )
  const question = Effect.tryPromise({
    try: async () => {
      isAsking = true
      return (
        reachoutRestriction(await socket.fetchAccountReachoutTimelock(), now()) ??
        cappingRestriction(await socket.fetchNewChatMessageCap(), now())
      )
    },
    catch: () => new NotConnected({})
  })
  return {
    // A question that is never answered must not hide what WhatsApp reports later.
    ask: question.pipe(
      Effect.timeoutOrElse({ duration: timeoutMs, orElse: () => Effect.fail(new NotConnected({})) }),
      Effect.ensuring(Effect.sync(() => (isAsking = false)))
    ),
    onUpdate: ({ reachoutTimeLock }) => {
      // Baileys also reports the answer to a question of this server, which the caller gets directly.
      if (reachoutTimeLock === undefined || isAsking) return
      emit({ type: 'socket.restrictionChanged', restriction: reachoutRestriction(reachoutTimeLock, now()) })
    }
  }
}
