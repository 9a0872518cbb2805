// What a phone holds: its chats, each a generated past and what was added while the simulator ran.
import type { proto } from '@whiskeysockets/baileys'
import type { Account } from '../account.ts'
import { type Group, isGroup } from '../group.ts'
import type { HeldMessage } from '../ledger.ts'
import type { MediaPool } from '../media/pool.ts'
import { asShown } from '../messages/shown.ts'
import { chatJidOf, type LiveMessage, type MailboxChat } from './chat.ts'
import { GeneratedHistory, type HistoryShape } from './generated-history.ts'

/** The truth of a history up to this size is cached, for the mailboxes that were asked last. */
const CACHED_MESSAGES = 20_000
const CACHED_MAILBOXES = 4

/** Mailboxes with a cache, the one filled longest ago first. */
const cachedMailboxes: Mailbox[] = []

export class Mailbox {
  readonly owner: Account
  readonly chats: MailboxChat[] = []
  /** Messages that were edited, revoked or reacted to while the simulator ran. */
  readonly changes = new Map<string, HeldMessage>()
  /** The owner's labels, by id. */
  readonly labels = new Map<string, { readonly name: string; readonly color: number }>()
  private readonly byPartner = new Map<Account | Group, MailboxChat>()
  private readonly generated: GeneratedHistory
  private cache: HeldMessage[] | undefined

  constructor(owner: Account, shape: HistoryShape, pool: MediaPool) {
    this.owner = owner
    this.generated = new GeneratedHistory(owner, shape, pool)
  }

  addChat(partner: Account | Group, count: number, settings: Partial<MailboxChat> = {}): MailboxChat {
    const chat: MailboxChat = {
      index: this.chats.length,
      partner,
      count,
      live: [],
      liveById: new Map(),
      others: isGroup(partner) ? [...partner.members.keys()].filter(member => member !== this.owner) : [],
      unread: 0,
      archived: false,
      pinned: false,
      mutedUntil: null,
      markedUnread: false,
      labels: new Set(),
      ...settings
    }
    this.chats.push(chat)
    this.cache = undefined
    this.byPartner.set(partner, chat)
    return chat
  }

  addLive(chat: MailboxChat, message: LiveMessage): void {
    const key = `${message.info.key?.fromMe ? 'me' : (message.info.key?.participant ?? '')}|${message.id}`
    if (chat.liveById.has(key)) return
    chat.liveById.set(key, chat.live.length)
    chat.live.push(message)
    if (message.info.key?.fromMe !== true && message.isCounted) chat.unread++
  }

  chatWith(partner: Account | Group): MailboxChat {
    return this.byPartner.get(partner) ?? this.addChat(partner, 0)
  }

  find(partner: Account | Group): MailboxChat | undefined {
    return this.byPartner.get(partner)
  }

  /** Number of messages in a chat, counted from the oldest: the generated past, then what was added. */
  size(chat: MailboxChat): number {
    return chat.count + chat.live.length
  }

  /** The message at a place as the phone has it now. */
  infoAt(chat: MailboxChat, place: number): proto.IWebMessageInfo | undefined {
    const { held, info } = this.writtenAt(chat, place)
    if (!info) return undefined
    const key = changeKey({ chatJid: chatJidOf(chat), id: info.key?.id ?? '' })
    const changed = this.changes.get(key) ?? (held?.edited ? held : undefined)
    return changed ? asShown(info, changed, this.owner) : info
  }

  /** As it was written; generated messages with their entry in the truth. */
  private writtenAt(
    chat: MailboxChat,
    place: number
  ): { info?: proto.IWebMessageInfo | undefined; held?: HeldMessage } {
    return place < chat.count
      ? this.generated.message(chat, place)
      : { info: chat.live[place - chat.count]?.info }
  }

  /** A message as the phone has it now, by its id. */
  infoOf(chat: MailboxChat, id: string): proto.IWebMessageInfo | undefined {
    const place = this.placeOf(chat, id)
    return place === undefined ? undefined : this.infoAt(chat, place)
  }

  placeOf(chat: MailboxChat, id: string): number | undefined {
    const live = chat.live.findLastIndex(
      message => message.id === id || this.editIdOf(chat, message.id) === id
    )
    return live >= 0 ? chat.count + live : this.generated.indexOf(chat, id)
  }

  /** The id of the last edit of a message, under which the phone has it since. */
  private editIdOf(chat: MailboxChat, id: string): string | undefined {
    return this.changes.get(changeKey({ chatJid: chatJidOf(chat), id }))?.editId
  }

  /** The id under which a message was sent, whatever edits have made of it. */
  idAt(chat: MailboxChat, place: number): string | undefined {
    return place < chat.count ? this.idOf(chat, place) : chat.live[place - chat.count]?.id
  }

  /** Whether what stands there is unread until it is read. */
  isCounted(chat: MailboxChat, place: number): boolean {
    return chat.live[place - chat.count]?.isCounted !== false
  }

  /** Unix seconds. */
  timeAt(chat: MailboxChat, place: number): number {
    return place < chat.count
      ? this.timestampOf(chat, place)
      : (chat.live[place - chat.count]?.timestamp ?? 0)
  }

  /** The first place that is not older than `time` (Unix seconds). */
  placeAt(chat: MailboxChat, time: number): number {
    let low = 0
    let high = this.size(chat)
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.timeAt(chat, middle) < time) low = middle + 1
      else high = middle
    }
    return low
  }

  /** Whether the other side ever wrote. */
  hasInbound(chat: MailboxChat): boolean {
    if (chat.live.some(({ info }) => info.key?.fromMe !== true)) return true
    for (let index = 0; index < chat.count; index++) if (!this.heldAt(chat, index).fromMe) return true
    return false
  }

  /** Records that a message was changed. */
  noteChange(held: HeldMessage): void {
    this.changes.set(changeKey(held), held)
    this.cache = undefined
  }

  get generatedCount(): number {
    return this.chats.reduce((sum, chat) => sum + chat.count, 0)
  }

  timestampOf(chat: MailboxChat, index: number): number {
    return this.generated.timestampOf(chat, index)
  }

  idOf(chat: MailboxChat, index: number): string {
    return this.generated.idOf(chat, index)
  }

  heldAt(chat: MailboxChat, index: number): HeldMessage {
    const { held } = this.generated.message(chat, index)
    return this.changes.get(changeKey(held)) ?? held
  }

  /** The entry of a generated message that later changes are written to. */
  changeable(chat: MailboxChat, id: string): HeldMessage | undefined {
    const index = this.generated.indexOf(chat, id)
    return index === undefined ? undefined : this.heldAt(chat, index)
  }

  /** Everything generated, oldest first within each chat. */
  *held(): Generator<HeldMessage> {
    if (this.cache) {
      yield* this.cache
      return
    }
    const made: HeldMessage[] | undefined = this.generatedCount <= CACHED_MESSAGES ? [] : undefined
    for (const chat of this.chats) {
      for (let index = 0; index < chat.count; index++) {
        const held = this.heldAt(chat, index)
        made?.push(held)
        yield held
      }
    }
    if (made) this.fillCache(made)
  }

  private fillCache(made: HeldMessage[]): void {
    this.cache = made
    cachedMailboxes.push(this)
    const oldest = cachedMailboxes.length > CACHED_MAILBOXES ? cachedMailboxes.shift() : undefined
    if (oldest && oldest !== this) oldest.cache = undefined
  }
}

const changeKey = (held: { chatJid: string; id: string }): string => `${held.chatJid}|${held.id}`
