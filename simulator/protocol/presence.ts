// Presence and typing: who is available, told to those who subscribed; composing and paused, told to the other side.
// None of it is queued: whoever is away misses it.
import type { Account } from '../state/account.ts'
import type { Companion } from '../state/companion.ts'
import type { Network } from '../state/network.ts'
import { type BinaryNode, children, element } from '../wire/binary-node.ts'
import { addressingOf, parseJid } from '../wire/jid.ts'
import { unixSeconds } from '../wire/stanza.ts'

const SUBSCRIPTIONS_LIMIT = 10_000

export class Presence {
  private readonly subscribers = new Map<Account, Set<Companion>>()
  private readonly lastSeen = new Map<Account, number>()

  subscribe(account: Account, companion: Companion): void {
    const devices = this.subscribers.get(account) ?? new Set()
    if (devices.size < SUBSCRIPTIONS_LIMIT) this.subscribers.set(account, devices.add(companion))
  }

  subscribersOf(account: Account): Iterable<Companion> {
    return this.subscribers.get(account) ?? []
  }

  left(account: Account): void {
    this.lastSeen.set(account, unixSeconds())
  }

  lastSeenOf(account: Account): number | undefined {
    return this.lastSeen.get(account)
  }
}

export const isAvailable = (account: Account): boolean =>
  [...account.companions.values()].some(device => device.available)

export const routePresence = (network: Network, companion: Companion, node: BinaryNode): void => {
  const { type, name, to } = node.attrs
  if (name) companion.pushName = name.slice(0, 200)
  if (type === 'subscribe') {
    const account = network.directory.find(to)
    if (!account) return
    network.presence.subscribe(account, companion)
    tell(network, account, companion)
    network.signals.emit('subscribed', { device: companion.jid, to: account.jid })
    return
  }
  if (type !== 'available' && type !== 'unavailable') return
  setAvailable(network, companion, type === 'available')
}

export const setAvailable = (network: Network, companion: Companion, available: boolean): void => {
  if (companion.available === available) return
  companion.available = available
  if (!available) network.presence.left(companion.account)
  for (const subscriber of network.presence.subscribersOf(companion.account)) {
    tell(network, companion.account, subscriber)
  }
  network.signals.emit('presence', { device: companion.jid, available })
}

const tell = (network: Network, account: Account, subscriber: Companion): void => {
  const available = isAvailable(account)
  void subscriber.connection?.send(
    element('presence', {
      from: account.jid,
      type: available ? undefined : 'unavailable',
      last: available ? undefined : (network.presence.lastSeenOf(account) ?? 'deny')
    })
  )
}

export const routeChatState = (network: Network, companion: Companion, node: BinaryNode): void => {
  const { to } = node.attrs
  const state = children(node).find(({ tag }) => tag === 'composing' || tag === 'paused')
  if (!state) return
  // only what is understood travels on: other clients trip over anything else
  const content = [element(state.tag, { media: state.attrs.media === 'audio' ? 'audio' : undefined })]
  const typing = { state: state.tag, ...content[0]?.attrs }
  const group = network.directory.group(to)
  if (group) {
    if (!group.has(companion.account)) return
    for (const member of group.members.keys()) {
      if (member === companion.account) continue
      for (const device of member.companions.values()) {
        void device.connection?.send(
          element(
            'chatstate',
            { from: group.id, participant: companion.account.address(group.addressing) },
            content
          )
        )
      }
    }
    network.signals.emit('chatstate', { from: companion.jid, to: group.id, ...typing })
    return
  }
  const jid = parseJid(to)
  const account = network.directory.find(to)
  if (!jid || !account) return
  for (const device of account.companions.values()) {
    void device.connection?.send(
      element('chatstate', { from: companion.account.address(addressingOf(jid)) }, content)
    )
  }
  network.signals.emit('chatstate', { from: companion.jid, to: account.jid, ...typing })
}
