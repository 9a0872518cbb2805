// The truth: what every phone holds, what every recipient got and how often, which receipts passed through the server.
// Written by the parts of the server as things happen, read by tests; nothing in the server depends on it.
import type { Account } from './account.ts'
import type { Signals } from './signals.ts'

export interface HeldMessage {
  /** A group's id, or the partner's phone-number address. */
  chatJid: string
  chatLid?: string
  id: string
  fromMe: boolean
  /** In groups, who wrote it when it was not the owner, by phone number and by LID. */
  participant?: string
  participantLid?: string
  timestamp: number
  kind: string
  text?: string
  pushName?: string
  edited?: true
  revoked?: true
  quotedId?: string
  reactions?: { from: string; text: string }[]
  /** How it came: from the generated history, or while the simulator ran. */
  origin: 'history' | 'live'
}

export interface Received {
  recipient: string
  chatJid: string
  id: string
  from: string
  times: number
  kind: string
  text?: string
}

export interface SeenReceipt {
  from: string
  device: number
  chatJid: string
  id: string
  type: string
  timestamp: number
}

const keyOf = (chatJid: string, sender: string, id: string): string => `${chatJid}|${sender}|${id}`

/** One account's part of the truth. */
export class AccountLedger {
  readonly held = new Map<string, HeldMessage>()
  readonly received = new Map<string, Received>()
  readonly receipts: SeenReceipt[] = []
}

export class Ledger {
  private readonly accounts = new Map<Account, AccountLedger>()
  private readonly signals: Signals

  constructor(signals: Signals) {
    this.signals = signals
  }

  of(account: Account): AccountLedger {
    let part = this.accounts.get(account)
    if (!part) this.accounts.set(account, (part = new AccountLedger()))
    return part
  }

  hold(account: Account, message: HeldMessage): void {
    const sender = message.fromMe ? 'me' : (message.participant ?? message.chatJid)
    const { held } = this.of(account)
    const key = keyOf(message.chatJid, sender, message.id)
    if (!held.has(key)) held.set(key, message)
    this.signals.emit('held', { account: account.jid, id: message.id })
  }

  /** A recipient got a message that `sender` wrote. */
  receive(
    sender: Account,
    recipient: Account,
    message: Omit<Received, 'times' | 'recipient' | 'from'>
  ): void {
    const { received } = this.of(sender)
    const key = keyOf(message.chatJid, recipient.jid, message.id)
    const before = received.get(key)
    if (before) before.times++
    else received.set(key, { ...message, recipient: recipient.jid, from: sender.jid, times: 1 })
    this.signals.emit('received', { from: sender.jid, recipient: recipient.jid, id: message.id })
  }

  /** A receipt for a message `sender` wrote, or (read-self and the like) one its own devices sent each other. */
  receipt(sender: Account, receipt: SeenReceipt): void {
    this.of(sender).receipts.push(receipt)
    this.signals.emit('receipt', { sender: sender.jid, ...receipt })
  }
}
