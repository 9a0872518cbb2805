// The phone's log of calls, in the history and in app state: calls that this server did not see, or not the end of, among them
// those that the owner made.
import { proto } from '@whiskeysockets/baileys/WAProto/index.js'
import type { Address, Fact, Party } from '../../../domain/fact.ts'
import type { Call } from '../../../domain/message.ts'
import { isChatJid, isGroupJid, isPersonJid } from '../../../domain/jid.ts'
import { address, partyOf, type Self } from './address.ts'
import { callParts } from './content/call.ts'
import { NO_DETAILS_FACT } from './content/parts.ts'
import { numberOf } from './numbers.ts'

const { CallResult } = proto.CallLogRecord

/** What is not listed was not answered. */
const OUTCOMES: ReadonlyMap<number, Call['outcome']> = new Map<number, Call['outcome']>([
  [CallResult.CONNECTED, 'answered'],
  [CallResult.ACCEPTEDELSEWHERE, 'answered'],
  [CallResult.REJECTED, 'declined'],
  [CallResult.ONGOING, 'ringing']
])

/** The first millisecond that is no second, and the first microsecond that is no millisecond, of this century. */
const FIRST_MS = 100_000_000_000
const FIRST_US = 100_000_000_000_000

/** Phones write the beginning in one unit or another; milliseconds since 1970. */
const startOf = ({ startTime }: proto.ICallLogRecord): number | undefined => {
  const at = numberOf(startTime) ?? 0
  if (at <= 0) return undefined
  if (at < FIRST_MS) return at * 1000
  return at < FIRST_US ? at : Math.floor(at / 1000)
}

interface LoggedCall {
  readonly record: proto.ICallLogRecord
  /** What the place of the record says, which may be more than the record. */
  readonly creator?: string | undefined
  readonly callId?: string | undefined
  /** Whether it has only just been logged. */
  readonly live: boolean
}

/** Whom the call was with: the group, or the other side. */
const chatOf = (
  self: Self,
  { groupJid, participants }: proto.ICallLogRecord,
  creator: Address | undefined
): Address | undefined => {
  const group = address(groupJid)
  if (group !== undefined && isGroupJid(group.jid)) return group
  return [creator, ...(participants ?? []).map(({ userJid }) => address(userJid))].find(
    who => who !== undefined && isPersonJid(who.jid) && partyOf(self, who) !== 'me'
  )
}

/** Who called. Whether it was incoming is written the wrong way round by some devices: it only counts where nobody is named. */
const callerOf = (
  self: Self,
  { isIncoming }: proto.ICallLogRecord,
  creator: Address | undefined,
  chat: Address
): Party | undefined => {
  if (creator !== undefined) return partyOf(self, creator)
  if (isIncoming !== true) return 'me'
  return isGroupJid(chat.jid) ? undefined : chat
}

/** A call of the log as a message; nothing when it is planned, or nobody knows with whom it was. */
export const factsOfLoggedCall = (
  self: Self,
  { callId, creator: named, live, record }: LoggedCall
): ReadonlyArray<Fact> => {
  const creator = address(named || record.callCreatorJid)
  const chat = chatOf(self, record, creator)
  const whatsAppId = callId || record.callId
  const timestamp = startOf(record)
  const result = record.callResult ?? CallResult.CONNECTED
  if (chat === undefined || !isChatJid(chat.jid) || !whatsAppId || timestamp === undefined) return []
  if (result === CallResult.UPCOMING) return []
  const sender = callerOf(self, record, creator, chat)
  if (sender === undefined) return []
  const call: Call = {
    video: record.isVideo === true,
    outcome: OUTCOMES.get(result) ?? 'missed',
    duration: numberOf(record.duration) || null
  }
  return [
    {
      kind: 'message',
      chat,
      sender,
      whatsAppId,
      timestamp,
      live,
      ...NO_DETAILS_FACT,
      ...callParts(call),
      quoted: null,
      status: sender === 'me' ? 'sent' : 'received',
      reactions: [],
      raw: null
    }
  ]
}
