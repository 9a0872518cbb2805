// What the owner and others write to each other: messages, statuses, posts of channels, calls, and that somebody types.
import { type CallOutcome, ring } from '../protocol/calls.ts'
import { answerFromBot, askBot, type BotAnswer, META_AI } from '../protocol/messages/bots.ts'
import { type Flood, flood } from '../protocol/messages/flood.ts'
import { sendToList } from '../protocol/messages/broadcast.ts'
import { type ChannelPostOptions, postToChannel } from '../protocol/messages/channel-post.ts'
import { postStatus, type StatusContent } from '../protocol/messages/status.ts'
import { write, type WriteOptions, type WrittenMessage } from '../protocol/messages/write.ts'
import type { Content } from '../protocol/messages/written.ts'
import { showPresence, showTyping, type TypingState } from '../protocol/presence.ts'
import type { Account, StatusAudience } from '../state/account.ts'
import { isGroup } from '../state/group.ts'
import type { Chat } from '../state/names.ts'
import type { BinaryNode } from '../wire/binary-node.ts'
import type { Unreadable } from '../state/sent-messages.ts'
import { STANZA_KINDS } from '../state/stanza-queue.ts'
import { LinkingPhone } from './linking.ts'

export class WritingPhone extends LinkingPhone {
  /** Someone writes to this phone, 1:1 or in a group. Resolves when every linked device's copy is queued. */
  async receive(
    options: { from: Chat; group?: Chat | undefined } & Content & WriteOptions
  ): Promise<WrittenMessage> {
    const sender = this.accountOf(options.from)
    const chat = options.group === undefined ? this.account : this.groupOf(options.group)
    if (isGroup(chat) && !(chat.has(sender) && chat.has(this.account))) {
      throw new Error('both the writer and this phone must be members of the group')
    }
    return write(this.network, { owner: this.account, sender, chat }, options)
  }

  /** The phone's owner writes. */
  async send(options: { to: Chat } & Content & WriteOptions): Promise<WrittenMessage> {
    const parties = { owner: this.account, sender: this.account, chat: this.chatOf(options.to) }
    return write(this.network, parties, options)
  }

  /** The phone's owner writes to a broadcast list. */
  async sendToList(
    options: { list: string; to: readonly Chat[] } & Content & WriteOptions
  ): Promise<WrittenMessage> {
    const recipients = this.accountsOf([...options.to])
    return sendToList(this.network, { list: options.list, owner: this.account, recipients }, options)
  }

  /** The owner asks a bot on the phone, in its own chat. */
  askBot(text: string, bot = META_AI): Promise<{ id: string; timestamp: number }> {
    return askBot(this.network, this.account, { bot, text })
  }

  /** A bot answers what somebody asked: in its own chat, or in the group it was asked in. */
  receiveBotAnswer(
    options: { to: string; text: string; from?: Chat | undefined; group?: Chat | undefined } & Partial<
      Pick<BotAnswer, 'bot' | 'continues' | 'isLast'>
    >
  ): { id: string; timestamp: number } {
    const { bot = META_AI, from, group, ...answer } = options
    return answerFromBot(this.network, this.account, {
      ...answer,
      bot,
      asker: from === undefined ? this.account : this.accountOf(from),
      group: group === undefined ? undefined : this.groupOf(group)
    })
  }

  /** Someone types to this phone, or stops. */
  showTyping(options: { from: Chat; group?: Chat | undefined; state: TypingState }): void {
    const group = options.group === undefined ? undefined : this.groupOf(options.group)
    showTyping(this.account, this.accountOf(options.from), options.state, group)
  }

  /** Someone becomes available or not; devices that subscribed are notified, those of this phone also `unasked`. */
  showPresence(options: { from: Chat; available: boolean; unasked?: boolean | undefined }): void {
    const others = options.unasked === true ? this.devices : []
    showPresence(this.network, this.accountOf(options.from), options.available, others)
  }

  /** Someone posts a status that this phone may see, deletes it, or reacts to one. It belongs to no chat. */
  receiveStatus(options: { from: Chat } & StatusContent): Promise<{ id: string; timestamp: number }> {
    const parties = { owner: this.account, poster: this.accountOf(options.from), readers: [] }
    return postStatus(this.network, parties, options)
  }

  /** The owner posts a status for all contacts, deletes one, or reacts to somebody's. */
  postStatus(content: StatusContent): Promise<{ id: string; timestamp: number }> {
    const parties = { owner: this.account, poster: this.account, readers: this.contacts }
    return postStatus(this.network, parties, content)
  }

  /** Whom the owner shows statuses: `contacts` is everybody in the address book, `blacklist` all but these, `whitelist` only these. */
  showStatusesTo(type: StatusAudience['type'], people: readonly Account[] = []): void {
    this.account.statusAudience = { type, people }
  }

  /** A channel that the owner follows gets a post, or one of its posts changes. */
  receivePost(options: ChannelPostOptions): { id: string } {
    return postToChannel(this.network, this.account, options)
  }

  /** WhatsApp sends the linked devices any stanza; it waits until they acknowledge it. */
  receiveStanza(stanza: BinaryNode): { id: string } {
    const id = stanza.attrs.id ?? this.network.nextId()
    const kind = STANZA_KINDS.find(known => known === stanza.tag) ?? 'other'
    for (const { queue } of this.devices) queue.add(kind, { ...stanza, attrs: { ...stanza.attrs, id } })
    return { id }
  }

  /** Someone calls and gives up, unless it is answered or declined on the phone; returns the call's id. */
  ring(options: { from: Chat; video?: boolean | undefined; outcome?: CallOutcome | undefined }): string {
    return ring(this.network, this.account, this.accountOf(options.from), options)
  }

  /**
   * Many live messages, from one contact or several in turn (every contact when left out), as fast as they can be encrypted.
   * Resolves when all are queued.
   */
  flood(options: {
    from?: Chat | readonly Chat[] | undefined
    count: number
    text?: string
    unreadable?: Unreadable | undefined
  }): Promise<Flood> {
    const { from = this.contacts, count, text = 'flood', unreadable } = options
    return flood(this.network, this.account, this.accountsOf(isSeveral(from) ? from : [from]), {
      count,
      text,
      unreadable
    })
  }
}

const isSeveral = (chats: Chat | readonly Chat[]): chats is readonly Chat[] => Array.isArray(chats)
