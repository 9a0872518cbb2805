// Why a phone does not show what it got as what it is meant to be: a picture of an album that it does not have, a pin that names
// no message, an event that nobody can answer.
import { proto } from '@whiskeysockets/baileys'
import type { Account } from '../../state/account.ts'
import { type Group, isGroup } from '../../state/group.ts'
import { albumOf, changeOf, kindOf, unwrap } from '../../state/messages/content.ts'
import { secretIn } from '../../state/messages/secrets.ts'
import { isViewOnceByHalf } from '../../state/messages/view-once.ts'
import type { Network } from '../../state/network.ts'
import { type BinaryNode, child } from '../../wire/binary-node.ts'
import type { HeldMessage } from '../../state/ledger.ts'

/** A message as a recipient's phone has opened it. */
export interface Opened {
  readonly sender: Account
  readonly recipient: Account
  readonly chat: Group | Account
  readonly message: proto.IMessage
  /** It was posted as a status. */
  readonly isStatus: boolean
  /** The stanza that brought it. */
  readonly node: BinaryNode
  /** The message of this id in the chat, as the recipient holds it. */
  readonly held: (id: string) => HeldMessage | undefined
}

/** How long phones let a message stay pinned: a day, a week, thirty days. */
const PIN_SECONDS: readonly number[] = [86_400, 604_800, 2_592_000]

const { PIN_FOR_ALL, UNPIN_FOR_ALL } = proto.Message.PinInChatMessage.Type

export const hiddenBecause = (network: Network, opened: Opened): string | undefined => {
  const { message } = opened
  if (opened.isStatus) return statusFault(opened)
  const { albumMessage, eventMessage, pinInChatMessage } = unwrap(message)
  if (pinInChatMessage) return pinFault(network, opened, pinInChatMessage)
  if (eventMessage) return eventFault(opened, eventMessage)
  if (albumMessage) return albumFault(albumMessage)
  return partFault(opened) ?? (isViewOnceByHalf(message) ? 'it is view once by half' : undefined)
}

const POSTED: ReadonlySet<string> = new Set(['text', 'image', 'video', 'audio'])

/** Phones show statuses of people in the address book, and owners show them whom they chose. */
const statusFault = ({ message, recipient, sender }: Opened): string | undefined => {
  const { people, type } = sender.statusAudience
  const isNamed = people.includes(recipient)
  if (type === 'contacts' ? false : isNamed !== (type === 'whitelist'))
    return 'the owner does not show statuses to this person'
  if (recipient.strangers.has(sender)) return 'the status is of a stranger'
  return changeOf(message) || POSTED.has(kindOf(message)) ? undefined : 'phones show no such status'
}

const albumFault = ({ expectedImageCount, expectedVideoCount }: proto.Message.IAlbumMessage) =>
  (expectedImageCount ?? 0) + (expectedVideoCount ?? 0) < 2 ? 'an album of less than two files' : undefined

/** A part of an album is shown there, or not at all. */
const partFault = ({ held, message, sender }: Opened): string | undefined => {
  const albumId = albumOf(message)
  if (albumId === undefined) return undefined
  const album = held(albumId)
  if (album?.kind !== 'album') return 'there is no such album'
  if ((album.participant ?? album.chatJid) !== sender.jid) return 'the album is of somebody else'
  const { parentMessageKey } = message.messageContextInfo?.messageAssociation ?? {}
  return parentMessageKey?.fromMe === true ? undefined : 'the key of the album is not that of its writer'
}

const eventFault = (
  { message, node }: Opened,
  { name, startTime }: proto.Message.IEventMessage
): string | undefined => {
  if (!name) return 'an event without a name'
  if (!Number(startTime)) return 'an event without a time'
  if (!secretIn(message)) return 'an event without a secret'
  return child(node, 'meta')?.attrs.event_type === 'creation'
    ? undefined
    : 'the stanza does not tell of an event'
}

const pinFault = (
  network: Network,
  opened: Opened,
  { key, senderTimestampMs, type }: proto.Message.IPinInChatMessage
): string | undefined => {
  const { message, node } = opened
  if (node.attrs.edit !== '2') return 'the stanza does not tell of a pin'
  if (!Number(senderTimestampMs)) return 'a pin without a time'
  if (type === PIN_FOR_ALL) {
    const seconds = message.messageContextInfo?.messageAddOnDurationInSecs ?? 0
    if (!PIN_SECONDS.includes(seconds)) return 'a pin for no time that phones know'
  } else if (type !== UNPIN_FOR_ALL) return 'neither a pin nor its end'
  return isMessageOf(network, opened, key) ? undefined : 'there is no such message'
}

/** Whether the key, which is written as the sender sees the chat, names a message that is there, and its author. */
const isMessageOf = (
  network: Network,
  { chat, held, recipient, sender }: Opened,
  key: proto.IMessageKey | null | undefined
): boolean => {
  const id = key?.id
  if (!id) return false
  const named = isGroup(chat) ? network.directory.find(key.participant ?? undefined) : recipient
  const author = key.fromMe === true ? sender : named
  if (author === undefined || (author === sender) !== (key.fromMe === true)) return false
  if (isGroup(chat) && named !== author) return false
  const entry = held(id)
  if (entry !== undefined) return (entry.participant ?? entry.chatJid) === author.jid
  return network.sent.get(author, id) !== undefined || isInHistory(network, { chat, sender }, id, author)
}

/** Messages of the generated history are with the phone whose history it is. */
const isInHistory = (
  network: Network,
  { chat, sender }: Pick<Opened, 'chat' | 'sender'>,
  id: string,
  author: Account
): boolean => {
  const mailbox = network.mailboxes.get(sender)
  const found = mailbox?.find(chat)
  const key = found && mailbox?.infoOf(found, id)?.key
  if (!key) return false
  const writer = isGroup(chat) ? network.directory.find(key.participant ?? undefined) : chat
  return (key.fromMe === true ? sender : writer) === author
}
