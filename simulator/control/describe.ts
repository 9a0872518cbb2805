// How the control port shows phones, accounts and groups.
import type { Phone } from '../phone.ts'
import type { Simulator } from '../simulator.ts'
import type { Account } from '../state/account.ts'
import type { Group } from '../state/group.ts'

export const describeAccount = ({ network }: Simulator, account: Account) => ({
  jid: account.jid,
  lid: account.lid,
  name: account.pushName,
  addressing: account.addressing,
  directAddressing: account.directAddressing,
  readsAutomatically: account.readsAutomatically,
  online: account.online,
  /** How much waits for the primary device to be online. */
  waitingOffline: network.waitingOffline(account),
  /** The linked devices that subscribed to the account's presence. */
  presenceSubscribers: [...network.presence.subscribersOf(account)].map(({ jid }) => jid)
})

export const describeGroup = (group: Group) => ({
  id: group.id,
  subject: group.subject,
  addressing: group.addressing,
  members: [...group.members].map(([member, rank]) => ({ jid: member.jid, lid: member.lid, rank }))
})

export const describePhone = (simulator: Simulator, phone: Phone) => ({
  phoneNumber: phone.phoneNumber,
  ...describeAccount(simulator, phone.account),
  generatedMessages: phone.mailbox.generatedCount,
  contacts: phone.contacts.map(contact => describeAccount(simulator, contact)),
  groups: phone.groups.map(describeGroup),
  devices: phone.devices.map(device => ({
    number: device.number,
    jid: device.jid,
    lid: device.lid,
    connected: device.connection !== undefined,
    logins: device.logins,
    version: device.version,
    preKeys: device.preKeys.size,
    waiting: device.queue.size
  }))
})
