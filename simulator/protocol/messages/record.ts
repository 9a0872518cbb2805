// Records messages in the truth: what a phone holds after a message came or went. What recipients got is in received.ts.
import { proto } from '@whiskeysockets/baileys'
import type { Account } from '../../state/account.ts'
import { type Group, isGroup } from '../../state/group.ts'
import { chatIdOf } from '../../state/history/chat.ts'
import { addFile, type HeldMessage } from '../../state/ledger.ts'
import { applyChange, applyVote, type ChangedBy } from '../../state/messages/changes.ts'
import {
  bodyOf,
  type Change,
  albumOf,
  changeOf,
  fileOf,
  type FileOf,
  isMessage,
  kindOf,
  quotedIdOf,
  unwrap
} from '../../state/messages/content.ts'
import { contextIn } from '../../state/messages/context.ts'
import { openVote, type Poll, pollOf } from '../../state/messages/polls.ts'
import { secretBeside } from '../../state/messages/secrets.ts'
import type { Network } from '../../state/network.ts'
import { STATUS_JID } from '../../wire/jid.ts'
import type { Writing } from './writing.ts'

/** A message as written by `sender`. */
export interface Written {
  readonly id: string
  readonly sender: Account
  /** Unix seconds. */
  readonly timestamp: number
  /** The other side: a group, the recipient's account, or an address that nobody has. */
  readonly chat: Group | Account | string
  readonly message: proto.IMessage
  readonly pushName: string | undefined
  /** The broadcast list it was sent to. */
  readonly list?: string | undefined
}

/** The chat of a message as one of its parties sees it. */
interface ChatView {
  readonly chatJid: string
  readonly group: Group | undefined
  /** The other side; nobody when the address belongs to nobody. */
  readonly partner: Account | Group | undefined
}

const chatViewOf = (holder: Account, { chat, sender }: Written): ChatView => {
  if (typeof chat === 'string') return { chatJid: chat, group: undefined, partner: undefined }
  if (isGroup(chat)) return { chatJid: chat.id, group: chat, partner: chat }
  const partner = holder === sender ? chat : sender
  return { chatJid: partner.jid, group: undefined, partner }
}

/** A phone or a contact holds the message from now on; a change is applied to the message it is about. */
export const recordHeld = (network: Network, holder: Account, written: Written): void => {
  const view = chatViewOf(holder, written)
  if (view.chatJid === STATUS_JID) return
  const change = changeOf(written.message)
  const file = fileOf(written.message)
  if (file) recordFile(network, holder, written, view, file)
  else if (change) recordChange(network, holder, written, view, change)
  else if (!isMessage(written.message)) recordSetting(network, holder, view.chatJid, written)
  else {
    const removedUpTo = view.partner && network.mailboxes.get(holder)?.find(view.partner)?.removedUpTo
    const isRemoved = removedUpTo !== undefined && written.timestamp <= removedUpTo
    const entry = entryOf(holder, written, view)
    network.ledger.hold(holder, isRemoved ? { ...entry, deletedForMe: true } : entry)
    if (view.partner) addToMailbox(network, holder, view.partner, written, { isCounted: !isRemoved })
  }
}

/** A file of another message: the phone holds it, but shows no message. */
const recordFile = (
  network: Network,
  holder: Account,
  written: Written,
  { chatJid, partner }: ChatView,
  { isBetter, parent }: FileOf
): void => {
  if (partner) addToMailbox(network, holder, partner, written, { isCounted: false })
  const { held, orphans } = network.ledger.of(holder)
  const entry = [...held.values()].find(one => one.chatJid === chatJid && one.id === parent)
  if (entry) addFile(entry, { id: written.id, isBetter })
  else orphans.push({ chatJid, parent, id: written.id, isBetter })
  network.signals.emit('changed', { account: holder.jid, id: parent })
}

const recordChange = (
  network: Network,
  holder: Account,
  written: Written,
  { chatJid, group, partner }: ChatView,
  change: Change
): void => {
  const { id, sender, timestamp } = written
  const at = 'at' in change && change.at > 0 ? change.at : timestamp * 1000
  const by: ChangedBy = { id, sender, at }
  const target = heldEntry(network, holder, chatJid, change.targetId)
  const isChanged =
    target &&
    (change.type === 'vote'
      ? countVote(network, holder, partner, change, target, by)
      : applyChange(target, change, { holder, group }, by))
  if (isChanged) network.mailboxes.get(holder)?.noteChange(target)
  network.signals.emit('changed', { account: holder.jid, id: change.targetId })
}

/** The entry of a message in the truth, so that it can be changed. */
export const heldEntry = (
  network: Network,
  holder: Account,
  chatJid: string,
  id: string
): HeldMessage | undefined => {
  const { held } = network.ledger.of(holder)
  const live = [...held.values()].find(entry => entry.chatJid === chatJid && entry.id === id)
  return live ?? generatedEntry(network, holder, chatJid, id)
}

/** The entry of a generated message, so that a later edit or revoke can change it. */
const generatedEntry = (
  network: Network,
  holder: Account,
  chatJid: string,
  id: string
): HeldMessage | undefined => {
  const { chat, mailbox } = network.chatNamed(holder, chatJid) ?? {}
  return chat && mailbox?.changeable(chat, id)
}

const entryOf = (
  holder: Account,
  { id, list, message, pushName, sender, timestamp }: Written,
  { chatJid, group, partner }: ChatView
): HeldMessage => {
  const fromMe = sender === holder
  const text = bodyOf(message)
  const quotedId = quotedIdOf(message)
  const quotedIn = contextIn(message)?.remoteJid
  const albumId = albumOf(message)
  return {
    chatJid,
    id,
    fromMe,
    timestamp,
    kind: kindOf(message),
    origin: 'live',
    ...(group && !fromMe ? { participant: sender.jid, participantLid: sender.lid } : {}),
    ...(partner && !isGroup(partner) ? { chatLid: partner.lid } : {}),
    ...(text === undefined ? {} : { text }),
    ...(quotedId === undefined ? {} : { quotedId }),
    ...(quotedIn ? { quotedIn } : {}),
    ...(albumId === undefined ? {} : { albumId }),
    ...(list === undefined ? {} : { list }),
    ...(pushName === undefined ? {} : { pushName })
  }
}

/** Somebody answers an event; the last answer counts. */
export const recordResponse = (
  network: Network,
  { chat, owner, sender }: Writing,
  { respond, response }: { readonly respond: string; readonly response: string }
): void => {
  const chatJid = isGroup(chat) ? chat.id : chat === owner ? sender.jid : chat.jid
  const event = heldEntry(network, owner, chatJid, respond)
  if (!event) return
  const others = (event.responses ?? []).filter(({ from }) => from !== sender.jid)
  event.responses = [...others, { from: sender.jid, response }]
}

/** A chat's disappearing time was set. */
const recordSetting = (network: Network, holder: Account, chatJid: string, written: Written): void => {
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
  const poll = author && pollOf(id, author, info.message, network.secrets.of(author, id))
  const added = network.addedOptions.get(id) ?? []
  return poll && { ...poll, options: [...poll.options, ...added] }
}

/** Opens a sealed vote with the poll's secret and writes it to the poll's entry. */
const countVote = (
  network: Network,
  holder: Account,
  partner: Account | Group | undefined,
  change: Extract<Change, { type: 'vote' }>,
  target: HeldMessage,
  by: ChangedBy
): boolean => {
  const poll = partner && heldPoll(network, holder, partner, change.targetId)
  const options = poll && openVote(poll, by.sender, change.sealed)
  if (!options) return false
  applyVote(target, options, holder, by)
  return true
}

/** A phone stores whole messages, to give them to a device that links later or asks for them. */
const addToMailbox = (
  network: Network,
  holder: Account,
  partner: Account | Group,
  written: Written,
  { isCounted = true } = {}
): void => {
  const mailbox = network.mailboxes.get(holder)
  if (!mailbox) return
  const chat = mailbox.chatWith(partner)
  const { id, timestamp, sender, message, pushName } = written
  const fromMe = sender === holder
  const author = isGroup(partner) ? { participant: sender.address(partner.addressing) } : {}
  mailbox.addLive(chat, {
    id,
    isCounted,
    timestamp,
    info: {
      key: { remoteJid: chatIdOf(chat), fromMe, id, ...author },
      messageTimestamp: timestamp,
      ...secretBeside(message),
      status: fromMe ? proto.WebMessageInfo.Status.SERVER_ACK : proto.WebMessageInfo.Status.DELIVERY_ACK,
      ...author,
      ...(!fromMe && pushName !== undefined ? { pushName } : {})
    }
  })
}
