// The owner of a phone, a contact or a group member writes: the content becomes a message and is sent.
import type { Account } from '../../state/account.ts'
import { type Group, isGroup } from '../../state/group.ts'
import { unreadablePlaintext } from '../../state/messages/newer-fields.ts'
import type { Network } from '../../state/network.ts'
import type { Unreadable } from '../../state/sent-messages.ts'
import {
  type Addressing,
  formatJid,
  HOSTED_DEVICE,
  HOSTED_LID_SERVER,
  HOSTED_SERVER
} from '../../wire/jid.ts'
import { recordResponse } from './record.ts'
import { sendFromPrimary } from './primary-sender.ts'
import { addressingFor } from './stanza.ts'
import { sealedForm } from './sealed.ts'
import { type Content, messageFrom } from './written.ts'
import type { Writing } from './writing.ts'

export interface WriteOptions {
  readonly id?: string | undefined
  /** Unix seconds; now when left out. */
  readonly timestamp?: number | undefined
  readonly addressing?: Addressing | undefined
  /**
   * The writer's device: one hosted at Meta, with the number (`hosted`) or the LID (`hosted.lid`), or one with any other address,
   * such as a bot's. The stanza has no second address then.
   */
  readonly as?: string | undefined
  /** The stanza has no second address; one to the owner's broadcast list names no recipients. */
  readonly bare?: boolean | undefined
  /** The writer's broadcast list. */
  readonly list?: string | undefined
  /** What the writer's client does wrong on purpose: no linked device can read it. */
  readonly unreadable?: Unreadable | undefined
}

const deviceAddress = (sender: Account, as: string): string => {
  if (as === HOSTED_SERVER) return formatJid(sender.phoneNumber, as, HOSTED_DEVICE)
  return as === HOSTED_LID_SERVER ? formatJid(sender.lidUser, as) : as
}

export interface WrittenMessage {
  readonly id: string
  /** Unix seconds. */
  readonly timestamp: number
  readonly chatJid: string
}

/** Resolves when every linked device's copy is queued; `owner` is the phone that the chat is on. */
export const write = async (
  network: Network,
  { owner, sender, chat }: { owner: Account; sender: Account; chat: Account | Group },
  options: Content & WriteOptions
): Promise<WrittenMessage> => {
  const { addressing, bare, id = network.messageId(), list, unreadable } = options
  const { timestamp = network.clock.seconds() } = options
  const chatJid = isGroup(chat) ? chat.id : chat === owner ? sender.jid : chat.jid
  const writing: Writing = {
    network,
    owner,
    sender,
    chat,
    addressing: addressingFor({ sender, addressing }, chat)
  }
  const content = messageFrom(options, writing)
  const message = unreadable === 'plaintext' ? unreadablePlaintext(content) : content
  const sealed = sealedForm(options, message, writing)
  // Whoever adds to the message needs its secret.
  network.secrets.remember(sender, id, 'comment' in options && sealed ? sealed : message)
  const as = options.as === undefined ? undefined : deviceAddress(sender, options.as)
  const outgoing = { sender, chat, message, sealed, id, timestamp, addressing, as, bare, list, unreadable }
  await sendFromPrimary(network, outgoing)
  if ('respond' in options) recordResponse(network, writing, options)
  return { id, timestamp, chatJid }
}
