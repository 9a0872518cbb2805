// Puts messages into the truth: what a phone holds after a message came or went, and what its recipients received.
import { proto } from '@whiskeysockets/baileys'
import type { Account } from '../../state/account.ts'
import type { Group } from '../../state/group.ts'
import type { HeldMessage } from '../../state/ledger.ts'
import {
  bodyOf,
  type Change,
  changeOf,
  isMessage,
  kindOf,
  quotedIdOf,
  unwrap
} from '../../state/messages/content.ts'
import { applyChange, applyVote } from '../../state/messages/changes.ts'
import type { Envelope } from './routing.ts'
import type { Network } from '../../state/network.ts'
import { openVote, type Poll, pollOf } from '../../state/messages/polls.ts'
import { openMedia } from '../../state/media/download.ts'
import { STATUS_JID } from '../../wire/jid.ts'

/** A message as written by `sender`, from the view of `holder`. */
export interface Written {
  readonly id: string
  readonly sender: Account
  readonly timestamp: number
  /** The other side: a group, or the recipient's account. */
  readonly chat: Group | Account | string
  readonly message: proto.IMessage
  readonly pushName: string | undefined
}

const isGroup = (chat: Group | Account | string): chat is Group =>
  typeof chat === 'object' && 'members' in chat

const chatJidFor = (holder: Account, written: Written): string => {
  const { chat, sender } = written
  if (typeof chat === 'string') return chat
  if (isGroup(chat)) return chat.id
  return holder === sender ? chat.jid : sender.jid
}

export const hold = (network: Network, holder: Account, written: Written): void => {
  const { message, sender, chat } = written
  const chatJid = chatJidFor(holder, written)
  if (chatJid === STATUS_JID) return
  const change = changeOf(message)
  const { held } = network.ledger.of(holder)
  if (change) {
    const mailbox = network.mailboxes.get(holder)
    const live = [...held.values()].find(entry => entry.chatJid === chatJid && entry.id === change.targetId)
    const target = live ?? network.heldInHistory(holder, chatJid, change.targetId)
    const group = isGroup(chat) ? chat : undefined
    const changed =
      target &&
      (change.type === 'vote'
        ? countVote(network, holder, written, change, target)
        : applyChange(target, change, { holder, sender, group }))
    if (changed) mailbox?.noteChange(target)
    network.signals.emit('changed', { account: holder.jid, id: change.targetId })
    return
  }
  const kind = kindOf(message)
  if (!isMessage(message)) {
    noteSetting(network, holder, chatJid, written)
    return
  }
  const text = bodyOf(message)
  const quotedId = quotedIdOf(message)
  const entry: HeldMessage = {
    chatJid,
    id: written.id,
    fromMe: sender === holder,
    timestamp: written.timestamp,
    kind,
    origin: 'live',
    ...(isGroup(chat) && sender !== holder ? { participant: sender.jid } : {}),
    ...(text === undefined ? {} : { text }),
    ...(quotedId === undefined ? {} : { quotedId }),
    ...(written.pushName === undefined ? {} : { pushName: written.pushName })
  }
  const partner =
    typeof chat === 'string' ? undefined : isGroup(chat) ? chat : holder === sender ? chat : sender
  if (partner && !isGroup(partner)) entry.chatLid = partner.lid
  if (isGroup(chat) && sender !== holder) entry.participantLid = sender.lid
  network.ledger.hold(holder, entry)
  if (partner) keepInMailbox(network, holder, partner, written)
}

/** A chat's disappearing time was set. */
const noteSetting = (network: Network, holder: Account, chatJid: string, written: Written): void => {
  const protocol = unwrap(written.message).protocolMessage
  if (protocol?.type !== proto.Message.ProtocolMessage.Type.EPHEMERAL_SETTING) return
  network.ledger.event(holder, {
    type: 'disappearing',
    id: written.id,
    chatJid,
    by: written.sender.jid,
    timestamp: written.timestamp,
    value: String(protocol.ephemeralExpiration ?? 0)
  })
}

/** A poll that a phone holds, with the secret its votes are sealed with. */
export const heldPoll = (
  network: Network,
  holder: Account,
  partner: Account | Group,
  id: string
): Poll | undefined => {
  const mailbox = network.mailboxes.get(holder)
  const chat = mailbox?.find(partner)
  const info = chat && mailbox?.infoOf(chat, id)
  if (!info?.message) return undefined
  const author = info.key?.fromMe
    ? holder
    : isGroup(partner)
      ? network.directory.find(info.key?.participant ?? undefined)
      : partner
  return author && pollOf(id, author, info.message)
}

/** Opens a sealed vote with the poll's secret and writes it to the poll's entry. */
const countVote = (
  network: Network,
  holder: Account,
  { chat, sender }: Written,
  change: Extract<Change, { type: 'vote' }>,
  target: HeldMessage
): boolean => {
  const partner = typeof chat === 'string' || isGroup(chat) || holder === sender ? chat : sender
  const poll = typeof partner === 'string' ? undefined : heldPoll(network, holder, partner, change.targetId)
  const options = poll && openVote(poll, sender, change.sealed)
  if (!options) return false
  applyVote(target, options, { holder, sender })
  return true
}

/** A phone keeps whole messages, to give them to a device that links later or asks for them. */
const keepInMailbox = (
  network: Network,
  holder: Account,
  partner: Account | Group,
  written: Written
): void => {
  const mailbox = network.mailboxes.get(holder)
  if (!mailbox) return
  const chat = mailbox.chatWith(partner)
  const { id, timestamp, sender, message, pushName } = written
  const fromMe = sender === holder
  const author = isGroup(partner) ? { participant: sender.address(partner.addressing) } : {}
  if (!fromMe) chat.unread++
  mailbox.addLive(chat, {
    id,
    timestamp,
    info: {
      key: { remoteJid: mailbox.chatId(chat), fromMe, id, ...author },
      messageTimestamp: timestamp,
      message,
      status: fromMe ? proto.WebMessageInfo.Status.SERVER_ACK : proto.WebMessageInfo.Status.DELIVERY_ACK,
      ...author,
      ...(!fromMe && pushName !== undefined ? { pushName } : {})
    }
  })
}

/** A simulated device decrypted a message a linked device had sent. */
export const holdFor = (
  network: Network,
  holder: Account,
  {
    envelope,
    message,
    destination
  }: { envelope: Envelope; message: proto.IMessage; destination: string | undefined }
): void => {
  const { sender, id, timestamp, group, to } = envelope
  const chat = group ?? network.directory.find(destination ?? to) ?? destination ?? to
  hold(network, holder, {
    id,
    sender: sender.account,
    timestamp,
    chat,
    message,
    pushName: sender.pushName ?? sender.account.pushName
  })
  if (holder !== sender.account)
    recordReceived(network, sender.account, holder, group?.id ?? holder.jid, id, message)
}

export const recordReceived = (
  network: Network,
  sender: Account,
  recipient: Account,
  chatJid: string,
  id: string,
  message: proto.IMessage
): void => {
  const change = changeOf(message)
  const text = change && 'text' in change ? change.text : bodyOf(message)
  const quotedId = quotedIdOf(message)
  network.ledger.receive(sender, recipient, {
    chatJid,
    id,
    kind: change?.type ?? kindOf(message),
    ...(text === undefined ? {} : { text }),
    ...(quotedId === undefined ? {} : { quotedId }),
    ...(change ? { targetId: change.targetId } : {}),
    ...openMedia(network.media, message)
  })
}
