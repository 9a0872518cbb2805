// What WhatsApp does to accounts that write to too many strangers: the reach-out time-lock (no message to anyone who never
// wrote to the account) and message capping (a number of new chats per cycle). Both refuse with error 463; linked devices
// learn of both by `mex` notifications and ask for them with `w:mex` queries.
import type { Account } from '../state/account.ts'
import type { Network } from '../state/network.ts'
import type { MessageCap, ReachoutTimelock } from '../state/new-chat-limits.ts'
import { element } from '../wire/binary-node.ts'
import { LID_SERVER, parseJid, PHONE_SERVER, SERVER_JID } from '../wire/jid.ts'
import { notify } from './notifications.ts'

const REFUSED = 463

export const restrict = (network: Network, account: Account, timelock: ReachoutTimelock | null): void => {
  network.limits.of(account).timelock = timelock ?? undefined
  notifyLimit(network, account, 'NotificationUserReachoutTimelockUpdate', {
    xwa2_notify_account_reachout_timelock: timelockInfo(network, account)
  })
}

export const capMessages = (network: Network, account: Account, cap: MessageCap | null): void => {
  const limits = network.limits.of(account)
  limits.cap = cap ?? undefined
  limits.reached.clear()
  notifyCap(network, account)
}

const notifyCap = (network: Network, account: Account): void =>
  notifyLimit(network, account, 'MessageCappingInfoNotification', {
    xwa2_notify_new_chat_messages_capping_info_update: cappingInfo(network, account)
  })

const notifyLimit = (network: Network, account: Account, operation: string, data: unknown): void => {
  const connected = [...account.companions.values()].filter(({ queue }) => queue.connected)
  notify(network, connected, { from: SERVER_JID, type: 'mex' }, [
    element('update', { op_name: operation }, Buffer.from(JSON.stringify({ data })))
  ])
  network.signals.emit('limits', { account: account.jid, operation })
}

const seconds = (milliseconds: number): string => String(Math.ceil(milliseconds / 1000))

export const timelockInfo = (network: Network, account: Account): Record<string, unknown> => {
  const timelock = network.limits.timelockOf(account)
  if (!timelock) return { is_active: false, time_enforcement_ends: '0', enforcement_type: 'DEFAULT' }
  return {
    is_active: true,
    time_enforcement_ends: timelock.until === null ? null : seconds(timelock.until),
    enforcement_type: timelock.enforcement ?? 'DEFAULT'
  }
}

export const cappingInfo = (network: Network, account: Account): Record<string, unknown> => {
  const cap = network.limits.capOf(account)
  const common = {
    server_sent_timestamp: seconds(Date.now()),
    ote_status: 'NOT_ELIGIBLE',
    mv_status: 'NOT_ELIGIBLE'
  }
  if (!cap) return { total_quota: -1, used_quota: 0, capping_status: 'NONE', ...common }
  return {
    total_quota: cap.total,
    used_quota: cap.used,
    cycle_end_timestamp: seconds(cap.until),
    capping_status: cap.status ?? (cap.used >= cap.total ? 'CAPPED' : 'NONE'),
    ...common
  }
}

/** The error a message to this address is refused with; a new chat that is allowed counts. */
export const newChatRefusal = (network: Network, account: Account, to: string): number | undefined => {
  const { server } = parseJid(to) ?? {}
  const timelock = network.limits.timelockOf(account)
  const cap = network.limits.capOf(account)
  if (!timelock && !cap) return undefined
  if (server !== PHONE_SERVER && server !== LID_SERVER) return undefined
  const partner = network.directory.find(to)
  if (partner === account) return undefined
  const mailbox = network.mailboxes.get(account)
  const chat = partner && mailbox?.find(partner)
  if (timelock && !(chat && mailbox?.hasInbound(chat))) return REFUSED
  if (!cap || (chat && mailbox && mailbox.size(chat) > 0)) return undefined
  const { reached } = network.limits.of(account)
  if (reached.has(partner ?? to)) return undefined
  if (cap.used >= cap.total) return REFUSED
  reached.add(partner ?? to)
  network.limits.of(account).cap = { ...cap, used: cap.used + 1 }
  if (cap.used + 1 >= cap.total) notifyCap(network, account)
  return undefined
}
