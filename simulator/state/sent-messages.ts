// What primary devices sent lately, so that a linked device that could not decrypt a message can have it again.
import type { proto } from '@whiskeysockets/baileys'
import type { Addressing } from '../wire/jid.ts'
import type { Account, Companion } from './account.ts'
import { BoundedMap } from './bounded-map.ts'
import type { Group } from './group.ts'

const LIMIT = 50_000

/** A message that a primary device sends. */
export interface Outgoing {
  readonly sender: Account
  readonly chat: Account | Group
  readonly message: proto.IMessage
  /** What goes over the wire in its place: the same, sealed with the secret of another message. */
  readonly sealed?: proto.IMessage | undefined
  readonly id: string
  /** Unix seconds. */
  readonly timestamp: number
  readonly addressing?: Addressing | undefined
  /** The address that the stanza names the writer by, when that is another one: a hosted device, a bot, another messenger. */
  readonly as?: string | undefined
  /** The stanza gives one address of the writer only. */
  readonly bare?: boolean | undefined
  /** The broadcast list that it is sent to. */
  readonly list?: string | undefined
  /** No linked device can make sense of it, however often it asks for it again. */
  readonly unreadable?: Unreadable | undefined
}

/** `ciphertext`: it cannot be decrypted; `plaintext`: it can, and is no message. Phones show nothing of the latter. */
export const UNREADABLE = ['ciphertext', 'plaintext'] as const
export type Unreadable = (typeof UNREADABLE)[number]

/** A message that a phone sends to one of its own linked devices. */
export interface PeerMessage {
  readonly id: string
  /** Unix seconds. */
  readonly timestamp: number
  readonly protocolMessage: proto.Message.IProtocolMessage
}

/** What the devices of recipients are sent. */
export const onTheWire = ({ message, sealed }: Outgoing): proto.IMessage => sealed ?? message

/**
 * What the sender's own linked devices are sent of a message to one person. Phones write the context, with the secret, beside
 * the wrapped message.
 */
export const copyForOwnDevices = (outgoing: Outgoing, destinationJid: string): proto.IMessage => {
  const message = onTheWire(outgoing)
  if (outgoing.sender.habits.contextInsideCopies || !message.messageContextInfo)
    return { deviceSentMessage: { destinationJid, message } }
  const { messageContextInfo, ...content } = message
  return { deviceSentMessage: { destinationJid, message: content }, messageContextInfo }
}

export class SentMessages {
  private readonly messages = new BoundedMap<Outgoing>(LIMIT)
  private readonly peerMessages = new BoundedMap<PeerMessage>(LIMIT)

  add(outgoing: Outgoing): void {
    this.messages.set(`${outgoing.sender.lidUser}|${outgoing.id}`, outgoing)
  }

  get(sender: Account, id: string): Outgoing | undefined {
    return this.messages.get(`${sender.lidUser}|${id}`)
  }

  addPeer(companion: Companion, message: PeerMessage): void {
    this.peerMessages.set(`${companion.lid}|${message.id}`, message)
  }

  getPeer(companion: Companion, id: string): PeerMessage | undefined {
    return this.peerMessages.get(`${companion.lid}|${id}`)
  }
}
