// Announces changes of an account's keys and devices to everyone who has a list of them.
import type { Account, Companion } from '../state/account.ts'
import type { Network } from '../state/network.ts'
import { element } from '../wire/binary-node.ts'
import { unixSeconds } from '../wire/stanza.ts'
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
): void =>
  notify(
    network,
    [...account.companions.values(), ...network.acquaintedDevices(account)],
    { from: account.jid, type: 'devices', lid: account.lid },
    [
      element(change, {}, [
        element('device', { jid: companion.jid, lid: companion.lid, 'key-index': companion.keyIndex }),
        element('key-index-list', { ts: unixSeconds() })
      ])
    ],
    companion
  )
