// What a phone holds: its chats, each a generated past and what was added while the simulator ran. Generated messages are
// not stored: message number i of a chat is made from the seed whenever someone asks for it, so a million cost nothing.
import { proto } from '@whiskeysockets/baileys'
import type { Account } from '../account.ts'
import type { Group } from '../group.ts'
import { asChanged } from '../messages/changes.ts'
import { generateContent, type KindPicker } from './content.ts'
import type { HeldMessage } from '../ledger.ts'
import type { MediaPool } from '../media/sample-files.ts'
import { Random } from '../random.ts'
import type { Addressing } from '../../wire/jid.ts'

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

export interface MailboxChat {
  readonly index: number
  readonly partner: Account | Group
  /** Number of generated messages; 0 is the oldest. */
  readonly count: number
  /** Written while the simulator ran, oldest first. */
  readonly live: LiveMessage[]
  readonly liveById: Map<string, number>
  /** Who wrote the generated messages of a group besides the owner. */
  readonly others: readonly Account[]
  unread: number
  archived: boolean
  pinned: boolean
  muted: boolean
}

export interface LiveMessage {
  readonly info: proto.IWebMessageInfo
  readonly timestamp: number
  readonly id: string
}

export interface GeneratedMessage {
  readonly info: proto.IWebMessageInfo
  readonly held: HeldMessage
}

const ID_PREFIX = '3A'
const KEPT_LIMIT = 20_000
const KEEPERS = 4
const TWENTY_YEARS = 20 * 365 * 86_400

export const isGroupChat = (partner: Account | Group): partner is Group => 'members' in partner

/** Mailboxes that keep their generated truth, the one asked longest ago first. */
const keepers: Mailbox[] = []

export class Mailbox {
  readonly owner: Account
  readonly chats: MailboxChat[] = []
  /** Messages that were edited, revoked or reacted to while the simulator ran. */
  readonly changes = new Map<string, HeldMessage>()
  private readonly byPartner = new Map<Account | Group, MailboxChat>()
  private readonly shape: HistoryShape
  private kept: HeldMessage[] | undefined
  private readonly pool: MediaPool

  constructor(owner: Account, shape: HistoryShape, pool: MediaPool) {
    this.owner = owner
    this.shape = shape
    this.pool = pool
  }

  addChat(partner: Account | Group, count: number, settings: Partial<MailboxChat> = {}): MailboxChat {
    const chat: MailboxChat = {
      index: this.chats.length,
      partner,
      count,
      live: [],
      liveById: new Map(),
      others: isGroupChat(partner) ? [...partner.members.keys()].filter(member => member !== this.owner) : [],
      unread: 0,
      archived: false,
      pinned: false,
      muted: false,
      ...settings
    }
    this.chats.push(chat)
    this.kept = undefined
    this.byPartner.set(partner, chat)
    return chat
  }

  addLive(chat: MailboxChat, message: LiveMessage): void {
    const key = `${message.info.key?.fromMe ? 'me' : (message.info.key?.participant ?? '')}|${message.id}`
    if (chat.liveById.has(key)) return
    chat.liveById.set(key, chat.live.length)
    chat.live.push(message)
  }

  /** Everything in a chat, counted from the oldest: the generated past, then what was added. */
  size(chat: MailboxChat): number {
    return chat.count + chat.live.length
  }

  infoAt(chat: MailboxChat, place: number): proto.IWebMessageInfo | undefined {
    const info = place < chat.count ? this.generate(chat, place).info : chat.live[place - chat.count]?.info
    if (!info || this.changes.size === 0) return info
    const { partner } = chat
    const chatJid = isGroupChat(partner) ? partner.id : partner.jid
    const changed = this.changes.get(changeKey({ chatJid, id: info.key?.id ?? '' }))
    return changed ? asChanged(info, changed, this.owner) : info
  }

  /** Whether the other side ever wrote. */
  hasInbound(chat: MailboxChat): boolean {
    if (chat.live.some(({ info }) => info.key?.fromMe !== true)) return true
    for (let index = 0; index < chat.count; index++) if (!this.heldAt(chat, index).fromMe) return true
    return false
  }

  /** A whole message as the phone has it now, by its id. */
  infoOf(chat: MailboxChat, id: string): proto.IWebMessageInfo | undefined {
    const place = this.placeOf(chat, id)
    return place === undefined ? undefined : this.infoAt(chat, place)
  }

  placeOf(chat: MailboxChat, id: string): number | undefined {
    const live = chat.live.findLastIndex(message => message.id === id)
    return live >= 0 ? chat.count + live : this.indexOf(chat, id)
  }

  timeAt(chat: MailboxChat, place: number): number {
    return place < chat.count
      ? this.timestampOf(chat, place)
      : (chat.live[place - chat.count]?.timestamp ?? 0)
  }

  /** Remembers that a message is no longer what it was. */
  noteChange(held: HeldMessage): void {
    this.changes.set(changeKey(held), held)
    this.kept = undefined
  }

  chatWith(partner: Account | Group): MailboxChat {
    return this.byPartner.get(partner) ?? this.addChat(partner, 0)
  }

  find(partner: Account | Group): MailboxChat | undefined {
    return this.byPartner.get(partner)
  }

  get generatedCount(): number {
    return this.chats.reduce((sum, chat) => sum + chat.count, 0)
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

  /** Finds a generated message by its id: the id carries its place. */
  indexOf(chat: MailboxChat, id: string): number | undefined {
    if (!id.startsWith(ID_PREFIX) || id.length !== 20) return undefined
    const index = Number.parseInt(id.slice(6, 12), 16)
    if (!(index >= 0 && index < chat.count)) return undefined
    return this.idOf(chat, index) === id ? index : undefined
  }

  heldAt(chat: MailboxChat, index: number): HeldMessage {
    const held = this.generate(chat, index).held
    return this.changes.get(changeKey(held)) ?? held
  }

  private keep(made: HeldMessage[]): void {
    this.kept = made
    keepers.push(this)
    const oldest = keepers.length > KEEPERS ? keepers.shift() : undefined
    if (oldest && oldest !== this) oldest.kept = undefined
  }

  /** The entry of a generated message that later changes are written to. */
  changeable(chat: MailboxChat, id: string): HeldMessage | undefined {
    const index = this.indexOf(chat, id)
    if (index === undefined) return undefined
    return this.heldAt(chat, index)
  }

  /** Everything generated, oldest first within each chat. The last few small histories asked for are kept. */
  *held(): Generator<HeldMessage> {
    if (this.kept) {
      yield* this.kept
      return
    }
    const made: HeldMessage[] | undefined = this.generatedCount <= KEPT_LIMIT ? [] : undefined
    for (const chat of this.chats) {
      for (let index = 0; index < chat.count; index++) {
        const held = this.heldAt(chat, index)
        made?.push(held)
        yield held
      }
    }
    if (made) this.keep(made)
  }

  addressing(chat: MailboxChat): Addressing {
    return chat.partner.addressing
  }

  chatId(chat: MailboxChat): string {
    const { partner } = chat
    return isGroupChat(partner) ? partner.id : partner.address(partner.addressing)
  }

  /** Message number `index`; a shallow one leaves out what it quotes. */
  generate(chat: MailboxChat, index: number, shallow = false): GeneratedMessage {
    const random = this.randomOf(chat, index, 'body')
    const group = isGroupChat(chat.partner) ? chat.partner : undefined
    const partner = isGroupChat(chat.partner) ? undefined : chat.partner
    const fromMe = random.chance(0.45)
    const author = fromMe ? this.owner : (partner ?? this.memberOf(chat, random))
    const id = this.idOf(chat, index)
    const timestamp = this.timestampOf(chat, index)
    const held: HeldMessage = {
      chatJid: group?.id ?? partner?.jid ?? '',
      id,
      fromMe,
      timestamp,
      kind: 'text',
      origin: 'history',
      ...(partner ? { chatLid: partner.lid } : {}),
      ...(group && !fromMe ? { participant: author.jid, participantLid: author.lid } : {}),
      ...(fromMe ? {} : { pushName: author.pushName })
    }
    const participant = group ? { participant: author.address(group.addressing) } : {}
    const info: proto.IWebMessageInfo = {
      key: { remoteJid: this.chatId(chat), fromMe, id, ...participant },
      messageTimestamp: timestamp,
      status: fromMe ? proto.WebMessageInfo.Status.READ : proto.WebMessageInfo.Status.DELIVERY_ACK,
      ...participant,
      ...(fromMe ? {} : { pushName: author.pushName })
    }
    const content = generateContent(this.shape.kinds, random, {
      index,
      media: kind => {
        const file = this.pool.file(kind, random)
        return { ...file, url: `${this.shape.mediaUrl}${file.directPath}` }
      },
      quote: shallow ? () => undefined : earlier => this.quote(chat, earlier)
    })
    held.kind = content.kind
    if (content.text !== undefined) held.text = content.text
    if (content.quotedId !== undefined) held.quotedId = content.quotedId
    if (content.edited) held.edited = true
    if (content.message) info.message = content.message
    if (content.kind === 'revoked') {
      held.revoked = true
      info.messageStubType = proto.WebMessageInfo.StubType.REVOKE
    }
    if (content.reaction !== undefined) {
      const reactor = fromMe ? (partner ?? this.memberOf(chat, random)) : this.owner
      this.react(chat, info, held, reactor, content.reaction)
    }
    if (group && fromMe && !shallow) info.userReceipt = this.receiptsIn(chat, timestamp, random)
    return { info, held }
  }

  /** How far a message to a group got: everyone has it, some read it. */
  private receiptsIn(chat: MailboxChat, timestamp: number, random: Random): proto.IUserReceipt[] {
    return chat.others.slice(0, 5).map(member => ({
      userJid: member.address(chat.partner.addressing),
      receiptTimestamp: timestamp + 1,
      ...(random.chance(0.5) ? { readTimestamp: timestamp + 60 } : {})
    }))
  }

  private quote(chat: MailboxChat, index: number): proto.IContextInfo {
    const { info, held } = this.generate(chat, index, true)
    const author = held.fromMe
      ? this.owner.address(chat.partner.addressing)
      : (info.participant ?? this.chatId(chat))
    return {
      stanzaId: held.id,
      participant: author,
      quotedMessage: info.message ?? { conversation: '' }
    }
  }

  private react(
    chat: MailboxChat,
    info: proto.IWebMessageInfo,
    held: HeldMessage,
    reactor: Account,
    text: string
  ): void {
    const group = isGroupChat(chat.partner) ? chat.partner : undefined
    held.reactions = [{ from: reactor.jid, text }]
    info.reactions = [
      {
        key: {
          remoteJid: this.chatId(chat),
          fromMe: reactor === this.owner,
          id: `${held.id.slice(0, 12)}FFFF${held.id.slice(16)}`,
          ...(group ? { participant: reactor.address(group.addressing) } : {})
        },
        text,
        senderTimestampMs: (held.timestamp + 5) * 1000
      }
    ]
  }

  private memberOf(chat: MailboxChat, random: Random): Account {
    const others = chat.others
    return others[random.between(0, others.length)] ?? this.owner
  }

  private randomOf(chat: MailboxChat, index: number, what: string): Random {
    return Random.at(this.shape.seed, chat.index, index, what)
  }
}

const changeKey = (held: { chatJid: string; id: string }): string => `${held.chatJid}|${held.id}`
