// Presence and typing: who is available, sent to those who subscribed; composing and paused, sent to the other side.
// None of it is queued: a device that is not connected misses it.
import type { Account, Companion } from '../state/account.ts'
import type { Group } from '../state/group.ts'
import type { Network } from '../state/network.ts'
import { type BinaryNode, children, element } from '../wire/binary-node.ts'
import { addressingOf, parseJid } from '../wire/jid.ts'

export type TypingState = 'composing' | 'recording' | 'paused'

/** `false` for a type that is not served. */
export const routePresence = (network: Network, companion: Companion, node: BinaryNode): boolean => {
  const { type, name, to } = node.attrs
  if (name) companion.pushName = name.slice(0, 200)
  if (type === 'subscribe') {
    const account = network.directory.find(to)
    if (!account) return true
    network.presence.subscribe(account, companion)
    sendPresence(network, account, [companion], isAvailable(account))
    network.signals.emit('subscribed', { device: companion.jid, to: account.jid })
    return true
  }
  // A name alone.
  if (type === undefined) return true
  if (type !== 'available' && type !== 'unavailable') return false
  setAvailable(network, companion, type === 'available')
  return true
}

export const setAvailable = (network: Network, companion: Companion, available: boolean): void => {
  if (companion.available === available) return
  companion.available = available
  const { account } = companion
  if (!available) network.presence.left(account, network.clock.seconds())
  sendPresence(network, account, network.presence.subscribersOf(account), isAvailable(account))
  network.signals.emit('presence', { device: companion.jid, available })
}

/** A contact becomes available or not; devices that subscribed to it get it, and these. */
export const showPresence = (
  network: Network,
  contact: Account,
  available: boolean,
  others: Iterable<Companion> = []
): void => {
  if (!available) network.presence.left(contact, network.clock.seconds())
  const subscribers = new Set([...network.presence.subscribersOf(contact), ...others])
  sendPresence(network, contact, subscribers, available)
}

const isAvailable = (account: Account): boolean =>
  [...account.companions.values()].some(device => device.available)

const sendPresence = (
  network: Network,
  account: Account,
  subscribers: Iterable<Companion>,
  available: boolean
): void => {
  const presence = element('presence', {
    from: account.jid,
    type: available ? undefined : 'unavailable',
    last: available ? undefined : (network.presence.lastSeenOf(account) ?? 'deny')
  })
  for (const { connection } of subscribers) void connection?.send(presence)
}

/** A linked device types or stops, in a group or to one person; `false` for a state that is not served. */
export const routeChatState = (network: Network, companion: Companion, node: BinaryNode): boolean => {
  const { account } = companion
  const { to } = node.attrs
  const state = children(node).find(({ tag }) => tag === 'composing' || tag === 'paused')
  if (!state) return false
  // Only what is known is passed on: other clients fail on anything else.
  const content = element(state.tag, { media: state.attrs.media === 'audio' ? 'audio' : undefined })
  const typing = { state: state.tag, ...content.attrs }
  const group = network.directory.group(to)
  if (group) {
    if (!group.has(account)) return true
    for (const member of group.members.keys()) {
      if (member !== account) sendChatState(member, account.address(group.addressing), group, content)
    }
    network.signals.emit('chatstate', { from: companion.jid, to: group.id, ...typing })
    return true
  }
  const jid = parseJid(to)
  const reader = network.directory.find(to)
  if (!jid || !reader) return true
  sendChatState(reader, account.address(addressingOf(jid)), undefined, content)
  network.signals.emit('chatstate', { from: companion.jid, to: reader.jid, ...typing })
  return true
}

/** A contact, or a member in a group, types or stops. */
export const showTyping = (
  reader: Account,
  writer: Account,
  state: TypingState,
  group: Group | undefined
): void => {
  const from = writer.address(group ? group.addressing : writer.addressing)
  const content = element(state === 'paused' ? 'paused' : 'composing', {
    media: state === 'recording' ? 'audio' : undefined
  })
  sendChatState(reader, from, group, content)
}

const sendChatState = (
  reader: Account,
  from: string,
  group: Group | undefined,
  content: BinaryNode
): void => {
  const attributes = group ? { from: group.id, participant: from } : { from }
  for (const { connection } of reader.companions.values()) {
    void connection?.send(element('chatstate', attributes, [content]))
  }
}
