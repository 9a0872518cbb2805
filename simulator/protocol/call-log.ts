// The phone's log of calls: in app state, as it tells its linked devices of each call that is over.
import { proto } from '@whiskeysockets/baileys'
import type { Account } from '../state/account.ts'
import { type Group, isGroup } from '../state/group.ts'
import type { Network } from '../state/network.ts'
import { changeFromPhone } from './app-state.ts'

const { CallResult } = proto.CallLogRecord

export const LOGGED_OUTCOMES = ['answered', 'declined', 'missed'] as const

export interface LoggedCall {
  /** Left out of a call that linked devices did not see. */
  readonly id?: string | undefined
  /** The owner called. */
  readonly own?: boolean | undefined
  readonly video?: boolean | undefined
  readonly outcome?: (typeof LOGGED_OUTCOMES)[number] | undefined
  /** Seconds. */
  readonly duration?: number | undefined
  /** Milliseconds since 1970. */
  readonly at?: number | undefined
}

const RESULTS = {
  answered: CallResult.CONNECTED,
  declined: CallResult.REJECTED,
  missed: CallResult.MISSED
}

/** Logs a call with a person or a group; returns its id. */
export const logCall = async (
  network: Network,
  owner: Account,
  partner: Account | Group,
  {
    at = network.clock.milliseconds(),
    duration,
    id = network.messageId(),
    outcome = 'answered',
    own = false,
    video = false
  }: LoggedCall
): Promise<string> => {
  const caller = own || isGroup(partner) ? owner : partner
  await changeFromPhone(network, owner, {
    type: 'regular',
    index: ['call_log', caller.jid, id, own ? '0' : '1'],
    apiVersion: 1,
    operation: proto.SyncdMutation.SyncdOperation.SET,
    syncAction: {
      timestamp: network.clock.milliseconds(),
      callLogAction: {
        callLogRecord: {
          callResult: RESULTS[outcome],
          callId: id,
          callCreatorJid: caller.jid,
          isIncoming: !own,
          isVideo: video,
          startTime: at,
          duration: duration ?? 0,
          ...(isGroup(partner) ? { groupJid: partner.id } : { participants: [{ userJid: partner.jid }] })
        }
      }
    }
  })
  return id
}
