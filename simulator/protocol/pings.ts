// Whether linked devices are still there: WhatsApp asks, and they have to answer.
import type { Account } from '../state/account.ts'
import type { Network } from '../state/network.ts'
import type { Session } from '../state/session.ts'
import { type BinaryNode, element } from '../wire/binary-node.ts'
import { SERVER_JID } from '../wire/jid.ts'

/** Asks all connected devices of an account. */
export const ping = (network: Network, account: Account): void => {
  for (const session of network.sessions.values()) {
    if (session.companion?.account !== account) continue
    const attributes = { from: SERVER_JID, t: network.clock.seconds(), type: 'get', xmlns: 'urn:xmpp:ping' }
    network.reply(session, element('iq', attributes))
  }
}

/** Whether a query is an answer to that. */
export const isPong = (network: Network, { companion }: Session, { attrs }: BinaryNode): boolean => {
  if (attrs.type !== 'result') return false
  network.signals.emit('pong', { device: companion?.jid ?? '' })
  return true
}
