// An account gets another number. WhatsApp tells those who know it, and the groups it is in, unless the number simply went from one
// person to another.
import type { Account } from '../state/account.ts'
import type { Network } from '../state/network.ts'
import { element } from '../wire/binary-node.ts'
import { PHONE_SERVER } from '../wire/jid.ts'
import { memberNode, notifyGroup } from './groups/notifications.ts'
import { notify } from './notifications.ts'

export interface NumberChange {
  /** A free one when left out; whoever has it gets another one, and nobody is told of that. */
  readonly phoneNumber?: string | undefined
  /** Whether acquaintances and groups are told; they are by default. */
  readonly told?: boolean | undefined
}

export const changeNumber = (
  network: Network,
  account: Account,
  { phoneNumber, told = true }: NumberChange
): void => {
  if (account.companions.size > 0) throw new Error('an account with linked devices keeps its number here')
  const before = account.jid
  network.directory.changeNumber(account, phoneNumber)
  if (!told) return
  const { jid, lid } = account
  notify(network, network.acquaintedDevices(account), { from: PHONE_SERVER, type: 'contacts' }, [
    element('modify', { old: before, new: jid, old_lid: lid, new_lid: lid })
  ])
  for (const group of network.directory.groupsOf(account)) {
    const member =
      group.addressing === 'lid'
        ? memberNode(group, account, group.members.get(account))
        : element('participant', { jid: before })
    notifyGroup(network, group, account, element('modify', {}, [member]))
  }
}
