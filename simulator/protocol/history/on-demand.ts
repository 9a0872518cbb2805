// Older history of one chat, as a linked device asks for it: a page before an anchor, newest first, in an ON_DEMAND chunk that
// names the request it answers.
import { proto } from '@whiskeysockets/baileys'
import type { Account, Companion } from '../../state/account.ts'
import { isGroup } from '../../state/group.ts'
import { chatIdOf, type MailboxChat } from '../../state/history/chat.ts'
import { identityOf, unreadCountOf } from '../../state/history/chunk.ts'
import { EndOfHistoryTransferType, NO_ACCESS } from '../../state/history/chunk.ts'
import type { HistorySharing } from '../../state/history/sharing.ts'
import type { Mailbox } from '../../state/history/mailbox.ts'
import type { Network } from '../../state/network.ts'
import { respond } from './peer-response.ts'
import { sendChunk } from './send.ts'

const PAGE_LIMIT = 50

export type OnDemandRequest = proto.Message.PeerDataOperationRequestMessage.IHistorySyncOnDemandRequest

export const answerOnDemand = async (
  network: Network,
  companion: Companion,
  id: string,
  request: OnDemandRequest
): Promise<void> => {
  const { chat, mailbox } = network.chatNamed(companion.account, request.chatJid) ?? {}
  if (!mailbox || !chat) return
  if (!isUnderstood(companion.account.historySharing, request)) return
  const fault = network.faults.take('historyOnDemand', { companion }, one =>
    [undefined, request.chatJid, chatIdOf(chat)].includes(one.chat)
  )
  if (fault?.effect === 'silent') return
  if (fault?.effect === 'refused') {
    const type = proto.Message.PeerDataOperationRequestType.HISTORY_SYNC_ON_DEMAND
    await respond(network, companion, id, type, [])
    return
  }
  const page = pageBefore(mailbox, chat, fault?.effect === 'sameAgain' ? {} : request, {
    count: pageSize(request),
    oldest: oldestPlace(network, companion.account, chat)
  })
  const chunk = { chunkOrder: 0, progress: 100 }
  const conversation = {
    ...(fault?.effect === 'otherAddress'
      ? { id: otherAddress(chat, request.chatJid) }
      : { id: request.chatJid ?? chatIdOf(chat), ...identityOf(chat) }),
    ...contentOf(page),
    ...unreadCountOf(mailbox, chat)
  }
  await sendChunk(network, companion, {
    plan: network.syncPlanOf(companion.account),
    build: () => ({
      ...chunk,
      syncType: proto.HistorySync.HistorySyncType.ON_DEMAND,
      conversations: [conversation]
    }),
    notification: {
      ...chunk,
      syncType: proto.Message.HistorySyncType.ON_DEMAND,
      peerDataRequestSessionId: id
    }
  })
}

const pageSize = ({ onDemandMsgCount }: OnDemandRequest): number =>
  Math.min(Math.max(onDemandMsgCount ?? PAGE_LIMIT, 1), PAGE_LIMIT)

interface Page {
  readonly infos: proto.IWebMessageInfo[]
  /** How many older messages the phone holds. */
  readonly remaining: number
  /** Whether it gives none of them to linked devices. */
  readonly isDenied: boolean
}

/** The first of a chat's messages that linked devices get. */
const oldestPlace = (network: Network, owner: Account, chat: MailboxChat): number =>
  owner.historySharing.olderMessages ? 0 : Math.max(0, chat.count - network.syncPlanOf(owner).pushPerChat)

const isUnderstood = (
  { requestTimes }: HistorySharing,
  { oldestMsgTimestampMs }: OnDemandRequest
): boolean => {
  const time = Number(oldestMsgTimestampMs ?? 0)
  return time === 0 || requestTimes === 'both' || unitOf(time) === requestTimes
}

const unitOf = (time: number): 'seconds' | 'milliseconds' =>
  time > 100_000_000_000 ? 'milliseconds' : 'seconds'

const contentOf = ({ infos, isDenied, remaining }: Page): proto.IConversation => ({
  messages: infos.map((info, place) => ({ message: info, msgOrderId: remaining + infos.length - place })),
  endOfHistoryTransfer: true,
  endOfHistoryTransferType: isDenied
    ? NO_ACCESS
    : remaining > 0
      ? EndOfHistoryTransferType.COMPLETE_ON_DEMAND_SYNC_BUT_MORE_MSG_REMAIN_ON_PRIMARY
      : EndOfHistoryTransferType.COMPLETE_AND_NO_MORE_MESSAGE_REMAIN_ON_PRIMARY
})

/** The form of a person's address that the request did not use. */
const otherAddress = ({ partner }: MailboxChat, asked: string | null | undefined): string =>
  isGroup(partner) ? partner.id : asked === partner.jid ? partner.lid : partner.jid

const pageBefore = (
  mailbox: Mailbox,
  chat: MailboxChat,
  request: OnDemandRequest,
  { count, oldest }: { count: number; oldest: number }
): Page => {
  const infos: proto.IWebMessageInfo[] = []
  let place = anchorPlace(mailbox, chat, request) - 1
  for (; place >= oldest && infos.length < count; place--) {
    const info = mailbox.infoAt(chat, place)
    if (info) infos.push(info)
  }
  return { infos, remaining: place + 1, isDenied: oldest > 0 && place < oldest }
}

/** Where the anchor stands among the chat's messages, oldest first; by its time when its id is not known. */
const anchorPlace = (mailbox: Mailbox, chat: MailboxChat, request: OnDemandRequest): number => {
  const known = mailbox.placeOf(chat, request.oldestMsgId ?? '')
  if (known !== undefined) return known
  const given = Number(request.oldestMsgTimestampMs ?? 0)
  const time = unitOf(given) === 'milliseconds' ? Math.floor(given / 1000) : given
  return time <= 0 ? mailbox.size(chat) : mailbox.placeAt(chat, time)
}
