// The content of a history chunk, made from the mailbox when the chunk is sent.
import { deflateSync } from 'node:zlib'
import { proto } from '@whiskeysockets/baileys'
import { formatJid, PHONE_SERVER } from '../../wire/jid.ts'
import type { Account } from '../account.ts'
import { isGroup } from '../group.ts'
import { statusInfo } from '../statuses.ts'
import { givenToken, saltOf } from '../tokens.ts'
import { chatIdOf, type MailboxChat } from './chat.ts'
import type { Mailbox } from './mailbox.ts'
import type { Chunk, Stretch } from './plan.ts'

const { HistorySyncType } = proto.HistorySync
export const { EndOfHistoryTransferType } = proto.Conversation
/** The phone holds older messages and gives them to no linked device. Baileys has no name for it yet. */
// oxlint-disable-next-line typescript/no-unsafe-type-assertion
export const NO_ACCESS = 3 as proto.Conversation.EndOfHistoryTransferType

const conversationOf = (mailbox: Mailbox, stretch: Stretch, settings: boolean): proto.IConversation => {
  const { chat, from, to } = stretch
  const messages: proto.IHistorySyncMsg[] = []
  const take = (place: number): void => {
    const info = mailbox.infoAt(chat, place)
    if (info) messages.push({ message: info, msgOrderId: place + 1 })
  }
  for (let newest = (stretch.live ?? 0) - 1; newest >= 0; newest--) take(chat.count + newest)
  for (let newest = from; newest < to; newest++) take(chat.count - 1 - newest)
  const conversation: proto.IConversation = { id: chatIdOf(chat), messages }
  if (stretch.last) {
    conversation.endOfHistoryTransfer = true
    conversation.endOfHistoryTransferType =
      to < chat.count
        ? mailbox.owner.historySharing.olderMessages
          ? EndOfHistoryTransferType.COMPLETE_BUT_MORE_MESSAGES_REMAIN_ON_PRIMARY
          : NO_ACCESS
        : EndOfHistoryTransferType.COMPLETE_AND_NO_MORE_MESSAGE_REMAIN_ON_PRIMARY
  }
  Object.assign(
    conversation,
    timeOf(mailbox, chat),
    identityOf(chat),
    settings ? { ...settingsOf(mailbox, chat), ...tokensOf(chat) } : {}
  )
  return conversation
}

/** When the chat's newest message was written. */
const timeOf = (mailbox: Mailbox, chat: MailboxChat): proto.IConversation => {
  const size = mailbox.size(chat)
  if (size === 0) return {}
  const newest = mailbox.timeAt(chat, size - 1)
  return { conversationTimestamp: newest, lastMsgTimestamp: newest }
}

/** What the owner has not read of the chat by now. */
export const unreadCountOf = (mailbox: Mailbox, chat: MailboxChat): proto.IConversation => ({
  ...timeOf(mailbox, chat),
  unreadCount: chat.unread,
  ...(chat.markedUnread ? { markedAsUnread: true } : {})
})

export const identityOf = ({ partner }: MailboxChat): proto.IConversation => {
  if (isGroup(partner)) return { name: partner.subject }
  return partner.addressing === 'lid'
    ? { name: partner.pushName, pnJid: partner.jid, accountLid: partner.lid }
    : { name: partner.pushName, lidJid: partner.lid }
}

/** The token that the partner gave, and when the owner gave one. */
const tokensOf = ({ partner }: MailboxChat): proto.IConversation => {
  if (isGroup(partner)) return {}
  const now = Math.floor(Date.now() / 1000)
  return { tcToken: givenToken(partner), tcTokenTimestamp: now, tcTokenSenderTimestamp: now }
}

const settingsOf = (mailbox: Mailbox, chat: MailboxChat): proto.IConversation => ({
  unreadCount: chat.unread,
  archived: chat.archived,
  ...(chat.pinned ? { pinned: mailbox.timestampOf(chat, Math.max(0, chat.count - 1)) } : {}),
  ...(chat.mutedUntil === null ? {} : { muteEndTime: Math.floor(chat.mutedUntil / 1000) }),
  ...(chat.markedUnread ? { markedAsUnread: true } : {}),
  notSpam: true,
  ...(isGroup(chat.partner)
    ? {
        participant: [...chat.partner.members].map(([member, rank]) => ({
          userJid: member.address('lid'),
          rank: rank === 'superadmin' ? 2 : rank === 'admin' ? 1 : 0
        }))
      }
    : {})
})

const partnersOf = (mailbox: Mailbox): Account[] => {
  const partners = new Set<Account>([mailbox.owner])
  for (const { partner } of mailbox.chats) {
    if (isGroup(partner)) for (const member of partner.members.keys()) partners.add(member)
    else partners.add(partner)
  }
  return [...partners]
}

/** Numbers and LIDs, also those that somebody had before: the later mapping of a number is the one that holds. */
const mappingsOf = (mailbox: Mailbox): proto.IPhoneNumberToLIDMapping[] => {
  const partners = partnersOf(mailbox)
  const former = partners.flatMap(({ formerNumbers, lid }) =>
    formerNumbers.map(number => ({ pnJid: formatJid(number, PHONE_SERVER), lidJid: lid }))
  )
  return [...former, ...partners.map(({ jid, lid }) => ({ pnJid: jid, lidJid: lid }))]
}

/** Status posts of two contacts, and what the phone shows besides: they belong to no chat. */
const statusesOf = (mailbox: Mailbox): proto.IWebMessageInfo[] => {
  const generated = partnersOf(mailbox)
    .slice(1, 3)
    .map((poster, place) => ({
      id: `3ASTATUS${place}`,
      poster,
      message: { conversation: `Status of ${poster.pushName}` },
      timestamp: 1_767_225_600
    }))
  const { owner } = mailbox
  return [...generated, ...owner.statuses].map(status => statusInfo(owner, status))
}

/** For every group, two of the owner's other contacts who have left it. */
const pastParticipantsOf = (mailbox: Mailbox): proto.IPastParticipants[] =>
  mailbox.chats.flatMap(({ partner }) => {
    if (!isGroup(partner)) return []
    const left = partnersOf(mailbox)
      .filter(account => !partner.members.has(account))
      .slice(0, 2)
    return [
      {
        groupJid: partner.id,
        pastParticipants: left.map((account, place) => ({
          userJid: account.address(partner.addressing),
          leaveReason: place,
          leaveTs: 1_767_225_600 + place
        }))
      }
    ]
  })

/** A chunk with a field that Baileys' classes do not know. */
interface HistoryChunk extends proto.IHistorySync {
  readonly nctSalt?: Uint8Array
}

/** The content of a chunk as the phone sends it. */
export const buildChunk = (mailbox: Mailbox, chunk: Chunk): HistoryChunk => {
  const { syncType, chunkOrder, progress, stretches } = chunk
  const common = { syncType, chunkOrder, progress }
  if (syncType === HistorySyncType.PUSH_NAME) {
    return {
      ...common,
      pushnames: partnersOf(mailbox).map(partner => ({
        id: partner.address(partner.addressing),
        pushname: partner.pushName
      }))
    }
  }
  if (syncType === HistorySyncType.INITIAL_STATUS_V3)
    return { ...common, statusV3Messages: statusesOf(mailbox) }
  if (syncType === HistorySyncType.NON_BLOCKING_DATA) {
    return { ...common, pastParticipants: pastParticipantsOf(mailbox) }
  }
  const first = syncType === HistorySyncType.INITIAL_BOOTSTRAP
  return {
    ...common,
    conversations: stretches.map(stretch => conversationOf(mailbox, stretch, first)),
    ...(first
      ? {
          phoneNumberToLidMappings: mappingsOf(mailbox),
          nctSalt: saltOf(mailbox.owner)
        }
      : {})
  }
}

/** As it travels: encoded and deflated. */
export const compressChunk = (chunk: HistoryChunk): Buffer => {
  const writer = proto.HistorySync.encode(chunk)
  if (chunk.nctSalt) writer.uint32(SALT_TAG).bytes(chunk.nctSalt)
  return deflateSync(writer.finish(), { level: 3 })
}

/** Field 19, length-delimited. */
const SALT_TAG = (19 << 3) | 2
