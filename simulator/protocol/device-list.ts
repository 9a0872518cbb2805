// Tells those who keep a list of an account's devices that it changed: its own devices, and everyone who may write to it.
import type { Account } from '../state/account.ts'
import type { Companion } from '../state/companion.ts'
import type { Network } from '../state/network.ts'
import { element, unixSeconds } from '../wire/stanza.ts'

/** Tells those who know an account that its identity key is another one. */
export const announceIdentity = (network: Network, account: Account): void => {
  for (const reader of network.directory.accounts.values()) {
    if (reader === account || !network.haveTalked(reader, account)) continue
    for (const device of reader.companions.values()) {
      device.queue.add(
        'notification',
        element(
          'notification',
          { from: account.jid, type: 'encrypt', id: network.nextId(), t: unixSeconds(), lid: account.lid },
          [element('identity')]
        )
      )
    }
  }
}

export const announceDevices = (
  network: Network,
  account: Account,
  change: 'add' | 'remove',
  companion: Companion
): void => {
  for (const reader of network.directory.accounts.values()) {
    if (reader !== account && !network.haveTalked(reader, account)) continue
    for (const device of reader.companions.values()) {
      if (device === companion) continue
      device.queue.add(
        'notification',
        element(
          'notification',
          { from: account.jid, type: 'devices', id: network.nextId(), t: unixSeconds(), lid: account.lid },
          [
            element(change, {}, [
              element('device', {
                jid: companion.jid,
                lid: companion.lid,
                'key-index': companion.keyIndex
              }),
              element('key-index-list', { ts: unixSeconds() })
            ])
          ]
        )
      )
    }
  }
}
