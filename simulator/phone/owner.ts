// Whose phone it is, what it knows, and how tests name others to it.
import type { Account, Companion } from '../state/account.ts'
import type { Group } from '../state/group.ts'
import type { Mailbox } from '../state/history/mailbox.ts'
import { accountNamed, type Chat, chatNamed, groupNamed } from '../state/names.ts'
import type { Network } from '../state/network.ts'

export class PhoneOwner {
  readonly account: Account
  readonly mailbox: Mailbox
  readonly contacts: readonly Account[]
  readonly groups: Group[]
  protected readonly network: Network

  constructor(network: Network, account: Account, mailbox: Mailbox, contacts: Account[], groups: Group[]) {
    this.network = network
    this.account = account
    this.mailbox = mailbox
    this.contacts = contacts
    this.groups = groups
  }

  get jid(): string {
    return this.account.jid
  }

  get lid(): string {
    return this.account.lid
  }

  get phoneNumber(): string {
    return this.account.phoneNumber
  }

  get name(): string {
    return this.account.pushName
  }

  get devices(): Companion[] {
    return [...this.account.companions.values()]
  }

  protected companion(device: number): Companion {
    const companion = this.account.companions.get(device)
    if (!companion) throw new Error(`${this.jid} has no device ${device}`)
    return companion
  }

  protected accountOf(chat: Chat): Account {
    return accountNamed(this.network.directory, chat)
  }

  protected accountsOf(chats: readonly Chat[]): Account[] {
    return chats.map(chat => this.accountOf(chat))
  }

  protected groupOf(chat: Chat): Group {
    return groupNamed(this.network.directory, chat)
  }

  protected chatOf(chat: Chat): Account | Group {
    return chatNamed(this.network.directory, chat)
  }
}
