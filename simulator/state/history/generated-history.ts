// The generated past of a phone. Nothing of it is stored: message number i of a chat is made from the seed whenever it is asked
// for, so a million messages cost no memory.
import { proto } from '@whiskeysockets/baileys'
import type { Account } from '../account.ts'
import { isGroup } from '../group.ts'
import type { HeldMessage } from '../ledger.ts'
import type { MediaPool } from '../media/pool.ts'
import { Random } from '../random.ts'
import { chatIdOf, type MailboxChat } from './chat.ts'
import { type GeneratedContent, generateContent, type KindPicker } from './content.ts'

export interface HistoryShape {
  readonly seed: string
  /** Unix seconds of the oldest and the newest possible generated message. */
  readonly from: number
  readonly until: number
  readonly kinds: KindPicker
  /** How many chats end with a message from the far future. */
  readonly futureChats: number
  readonly mediaUrl: string
}

/** A message as a device gets it, and its entry in the truth. */
export interface GeneratedMessage {
  readonly info: proto.IWebMessageInfo
  readonly held: HeldMessage
}

const ID_PREFIX = '3A'
const EDIT_PREFIX = '3C'
const TWENTY_YEARS = 20 * 365 * 86_400

export class GeneratedHistory {
  private readonly owner: Account
  private readonly shape: HistoryShape
  private readonly pool: MediaPool

  constructor(owner: Account, shape: HistoryShape, pool: MediaPool) {
    this.owner = owner
    this.shape = shape
    this.pool = pool
  }

  timestampOf(chat: MailboxChat, index: number): number {
    const { from, until } = this.shape
    const jitter = this.randomOf(chat, index, 'time').next()
    const time = from + Math.floor(((until - from) * (index + jitter)) / chat.count)
    const isFuture = chat.index < this.shape.futureChats && index === chat.count - 1
    return isFuture ? time + TWENTY_YEARS : time
  }

  idOf(chat: MailboxChat, index: number): string {
    const tail = this.randomOf(chat, index, 'id').between(0, 0x100000000)
    const hex = (value: number, length: number): string =>
      value.toString(16).toUpperCase().padStart(length, '0')
    return `${ID_PREFIX}${hex(chat.index, 4)}${hex(index, 6)}${hex(tail, 8)}`
  }

  /** The number of the message with this id: the id carries it. */
  indexOf(chat: MailboxChat, id: string): number | undefined {
    if (id.startsWith(EDIT_PREFIX)) return this.indexOf(chat, id.replace(EDIT_PREFIX, ID_PREFIX))
    if (!id.startsWith(ID_PREFIX) || id.length !== 20) return undefined
    const index = Number.parseInt(id.slice(6, 12), 16)
    if (!(index >= 0 && index < chat.count)) return undefined
    return this.idOf(chat, index) === id ? index : undefined
  }

  /** Message number `index`; a shallow one leaves out what it quotes. */
  message(chat: MailboxChat, index: number, shallow = false): GeneratedMessage {
    const random = this.randomOf(chat, index, 'body')
    const fromMe = random.chance(0.45)
    const author = fromMe ? this.owner : this.otherIn(chat, random)
    const message = this.emptyMessage(chat, index, author, fromMe)
    const content = generateContent(this.shape.kinds, random, {
      index,
      media: kind => {
        const file = this.pool.file(kind, random)
        return { ...file, url: `${this.shape.mediaUrl}${file.directPath}` }
      },
      quote: shallow ? () => undefined : earlier => this.quote(chat, earlier)
    })
    fill(message, content)
    if (content.reaction !== undefined) {
      const reactor = fromMe ? this.otherIn(chat, random) : this.owner
      this.react(chat, message, reactor, content.reaction)
    }
    if (isGroup(chat.partner) && fromMe && !shallow) {
      message.info.userReceipt = receiptsIn(chat, message.held.timestamp, random)
    }
    return message
  }

  /** A message without content: its id, its time, its author. */
  private emptyMessage(chat: MailboxChat, index: number, author: Account, fromMe: boolean): GeneratedMessage {
    const { partner } = chat
    const id = this.idOf(chat, index)
    const timestamp = this.timestampOf(chat, index)
    const participant = isGroup(partner) ? { participant: author.address(partner.addressing) } : {}
    const pushName = fromMe ? {} : { pushName: author.pushName }
    return {
      held: {
        chatJid: isGroup(partner) ? partner.id : partner.jid,
        id,
        fromMe,
        timestamp,
        kind: 'text',
        origin: 'history',
        ...(isGroup(partner) ? {} : { chatLid: partner.lid }),
        ...(isGroup(partner) && !fromMe ? { participant: author.jid, participantLid: author.lid } : {}),
        ...pushName
      },
      info: {
        key: { remoteJid: chatIdOf(chat), fromMe, id, ...participant },
        messageTimestamp: timestamp,
        status: fromMe ? proto.WebMessageInfo.Status.READ : proto.WebMessageInfo.Status.DELIVERY_ACK,
        ...participant,
        ...pushName
      }
    }
  }

  private quote(chat: MailboxChat, index: number): proto.IContextInfo {
    const { info, held } = this.message(chat, index, true)
    const author = held.fromMe
      ? this.owner.address(chat.partner.addressing)
      : (info.participant ?? chatIdOf(chat))
    return {
      stanzaId: held.id,
      participant: author,
      quotedMessage: info.message ?? { conversation: '' }
    }
  }

  private react(chat: MailboxChat, { held, info }: GeneratedMessage, reactor: Account, text: string): void {
    const { partner } = chat
    held.reactions = [{ from: reactor.jid, text }]
    info.reactions = [
      {
        key: {
          remoteJid: chatIdOf(chat),
          fromMe: reactor === this.owner,
          id: `${held.id.slice(0, 12)}FFFF${held.id.slice(16)}`,
          ...(isGroup(partner) ? { participant: reactor.address(partner.addressing) } : {})
        },
        text,
        senderTimestampMs: (held.timestamp + 5) * 1000
      }
    ]
  }

  /** The partner, or one of a group's members. */
  private otherIn({ others, partner }: MailboxChat, random: Random): Account {
    if (!isGroup(partner)) return partner
    return others[random.between(0, others.length)] ?? this.owner
  }

  private randomOf(chat: MailboxChat, index: number, what: string): Random {
    return Random.at(this.shape.seed, chat.index, index, what)
  }
}

const editIdOf = (id: string): string => id.replace(ID_PREFIX, EDIT_PREFIX)

const fill = ({ held, info }: GeneratedMessage, content: GeneratedContent): void => {
  held.kind = content.kind
  if (content.text !== undefined) held.text = content.text
  if (content.quotedId !== undefined) held.quotedId = content.quotedId
  if (content.edited) {
    held.edited = true
    held.editId = editIdOf(held.id)
    held.editedAt = (held.timestamp + 60) * 1000
  }
  if (content.message) info.message = content.message
  if (content.kind === 'revoked') {
    held.revoked = true
    info.messageStubType = proto.WebMessageInfo.StubType.REVOKE
  }
}

/** How far a message to a group got: everyone has it, some read it. */
const receiptsIn = (chat: MailboxChat, timestamp: number, random: Random): proto.IUserReceipt[] =>
  chat.others.slice(0, 5).map(member => ({
    userJid: member.address(chat.partner.addressing),
    receiptTimestamp: timestamp + 1,
    ...(random.chance(0.5) ? { readTimestamp: timestamp + 60 } : {})
  }))
