// Announces changes of an account's keys and devices to everyone who has a list of them.
import { createHash } from 'node:crypto'
import type { Account, Companion } from '../state/account.ts'
import type { Network } from '../state/network.ts'
import { element } from '../wire/binary-node.ts'
import { PHONE_SERVER } from '../wire/jid.ts'
import { notify } from './notifications.ts'

/** The account has another identity key. */
export const announceIdentity = (network: Network, account: Account): void =>
  notify(
    network,
    network.acquaintedDevices(account),
    { from: account.jid, type: 'encrypt', lid: account.lid },
    [element('identity')]
  )

/** A linked device was added or removed; the account's other devices keep the list too. */
export const announceDevices = (
  network: Network,
  account: Account,
  change: 'add' | 'remove',
  companion: Companion
): void => {
  const news = [
    element(change, {}, [
      element('device', { jid: companion.jid, lid: companion.lid, 'key-index': companion.keyIndex }),
      element('key-index-list', { ts: network.clock.seconds() })
    ])
  ]
  const ofAccount = { from: account.jid, type: 'devices', lid: account.lid }
  notify(network, account.companions.values(), ofAccount, news, companion)
  if (account.deviceNews === 'devices') {
    notify(network, network.acquaintedDevices(account), ofAccount, news)
  } else if (account.deviceNews === 'hash') {
    const update = element('update', { hash: notificationHash(account.phoneNumber) })
    notify(network, network.acquaintedDevices(account), { from: PHONE_SERVER, type: 'devices' }, [update])
  }
}

/** Names a number to those who may not have it in their address book. */
const notificationHash = (phoneNumber: string): string =>
  createHash('md5').update(`${phoneNumber}WA_ADD_NOTIF`).digest().subarray(0, 3).toString('base64')
