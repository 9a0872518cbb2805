// Everyone and every group the server knows, found by phone number, by LID or by group id.
import { Account, type Companion } from './account.ts'
import type { Group } from './group.ts'
import { otherSpelling } from './phone-numbers.ts'
import { Random } from './random.ts'
import { HOSTED_LID_SERVER, HOSTED_SERVER, LID_SERVER, parseJid, PHONE_SERVER } from '../wire/jid.ts'

export class Directory {
  readonly accounts = new Map<string, Account>()
  readonly groups = new Map<string, Group>()
  private readonly byLid = new Map<string, Account>()
  private readonly random: Random

  constructor(seed: number) {
    this.random = new Random(seed, 'directory')
  }

  create(options: { phoneNumber?: string; name?: string; named?: boolean } = {}): Account {
    const phoneNumber = options.phoneNumber?.replace(/\D/g, '') ?? this.freeNumber()
    if (this.registered(phoneNumber)) throw new Error(`${phoneNumber} exists already`)
    let lidUser = this.random.digits(14)
    while (this.byLid.has(lidUser)) lidUser = this.random.digits(14)
    const account = new Account({
      phoneNumber,
      lidUser,
      name: options.name ?? `Person ${phoneNumber.slice(-4)}`,
      named: options.named ?? options.name !== undefined
    })
    this.accounts.set(phoneNumber, account)
    this.byLid.set(lidUser, account)
    return account
  }

  /** The account an address belongs to, whichever of the two address forms it is in. */
  find(address: string | undefined): Account | undefined {
    const jid = parseJid(address)
    if (!jid) return undefined
    if (jid.server === LID_SERVER || jid.server === HOSTED_LID_SERVER) return this.byLid.get(jid.user)
    if (jid.server === PHONE_SERVER || jid.server === HOSTED_SERVER) return this.accounts.get(jid.user)
    return undefined
  }

  /** Gives the account another number; whoever had that one gets a free one. */
  changeNumber(account: Account, phoneNumber: string = this.freeNumber()): void {
    const wanted = phoneNumber.replace(/\D/g, '')
    const owner = this.accounts.get(wanted)
    if (owner === account) return
    if (owner) this.place(owner, this.freeNumber())
    this.place(account, wanted)
  }

  private place(account: Account, phoneNumber: string): void {
    if (this.accounts.get(account.phoneNumber) === account) this.accounts.delete(account.phoneNumber)
    account.formerNumbers.push(account.phoneNumber)
    account.phoneNumber = phoneNumber
    this.accounts.set(phoneNumber, account)
  }

  byPhoneNumber(phoneNumber: string): Account | undefined {
    return this.accounts.get(phoneNumber.replace(/\D/g, ''))
  }

  /** The account that has this number, however it is spelled. */
  registered(phoneNumber: string): Account | undefined {
    const digits = phoneNumber.replace(/\D/g, '')
    return this.accounts.get(digits) ?? this.accounts.get(otherSpelling(digits) ?? '')
  }

  companion(address: string | undefined): Companion | undefined {
    const device = parseJid(address)?.device
    return device ? this.find(address)?.companions.get(device) : undefined
  }

  group(address: string | undefined): Group | undefined {
    return address === undefined ? undefined : this.groups.get(address)
  }

  /** Same person, whatever the address form and device. */
  same(one: string | undefined, other: string | undefined): boolean {
    if (one === undefined || other === undefined) return false
    const account = this.find(one)
    return account ? account === this.find(other) : one === other
  }

  groupsOf(account: Account): Group[] {
    return [...this.groups.values()].filter(group => group.has(account))
  }

  freeGroupId(): string {
    for (;;) {
      const id = `120363${this.random.digits(12)}@g.us`
      if (!this.groups.has(id)) return id
    }
  }

  private freeNumber(): string {
    for (;;) {
      const number = `1555${this.random.digits(7)}`
      if (!this.accounts.has(number)) return number
    }
  }
}
