// Messages that linked devices send: acknowledged, checked for repeats, and delivered to every device they were encrypted
// for. The server sees ciphertext only; what a simulated device makes of it is in simulated-recipient.ts.
import type { Account } from '../../state/account.ts'
import type { Companion } from '../../state/companion.ts'
import type { Group } from '../../state/group.ts'
import type { Network, Session } from '../../state/network.ts'
import { newChatRefusal } from '../new-chat-limits.ts'
import { receiveAsPrimary } from './primary-recipient.ts'
import { type BinaryNode, bytesOf, child, children, element } from '../../wire/binary-node.ts'
import { type Addressing, addressingOf, isGroupJid, parseJid, STATUS_JID } from '../../wire/jid.ts'
import { acknowledge, unixSeconds } from '../../wire/stanza.ts'

/** Children of a message that travel to the recipient as they are. */
const TRAVELLING = ['device-identity', 'meta', 'reporting', 'biz', 'bot']

export interface Envelope {
  readonly sender: Companion
  readonly id: string
  readonly timestamp: number
  /** Whom the sender wrote to, as it wrote it. */
  readonly to: string
  readonly group: Group | undefined
  readonly addressing: Addressing
  readonly node: BinaryNode
}

export const routeMessage = (
  network: Network,
  session: Session,
  companion: Companion,
  node: BinaryNode
): void => {
  const { id, to } = node.attrs
  if (!id || !to) return
  const group = network.directory.group(to)
  // What a device asks of its own phone is no message to anybody.
  const isPeer = node.attrs.category === 'peer'
  const error = isPeer ? undefined : refusalOf(network, companion, id, to, group)
  if (error !== undefined) {
    network.reply(session, acknowledge(node, { error }))
    network.signals.emit('rejected', { device: companion.jid, id, to, error })
    return
  }
  const timestamp = network.repeats.takenAt(companion.jid, id, unixSeconds())
  sendAck(network, session, companion, acknowledge(node, { t: timestamp, type: undefined }))
  const envelope: Envelope = {
    sender: companion,
    id,
    timestamp,
    to,
    group,
    addressing: group
      ? group.addressing
      : addressingOf(parseJid(to) ?? { user: '', server: '', device: undefined }),
    node
  }
  network.signals.emit('sent', { device: companion.jid, id, to })
  for (const delivery of deliveriesOf(network, envelope)) deliver(network, envelope, delivery)
}

/** The error a message is refused with, if it is. One that was taken before is only acknowledged once more. */
const refusalOf = (
  network: Network,
  companion: Companion,
  id: string,
  to: string,
  group: Group | undefined
): number | undefined => {
  const rejection = network.faults.take('rejectMessages', { companion })
  if (rejection) return rejection.error
  if (isGroupJid(to) && !group?.has(companion.account)) return group ? 403 : 404
  if (network.repeats.knows(companion.jid, id)) return undefined
  return newChatRefusal(network, companion.account, to)
}

/** Acknowledges now, later or never, as the faults have it. */
export const sendAck = (network: Network, session: Session, companion: Companion, ack: BinaryNode): void => {
  if (network.faults.take('loseAcks', { companion })) return
  network.faults.whenOver('holdAcks', { companion }, () => network.reply(session, ack))
}

interface Delivery {
  readonly account: Account
  readonly device: number
  readonly encrypted: BinaryNode[]
}

/** Every device this stanza is for, with what was encrypted for it. */
const deliveriesOf = (network: Network, envelope: Envelope): Delivery[] => {
  const { node, group, sender } = envelope
  const byDevice = new Map<string, Delivery>()
  const add = (address: string | undefined, encrypted: BinaryNode[]): void => {
    const jid = parseJid(address)
    const account = network.directory.find(address)
    if (!jid || !account || encrypted.length === 0) return
    const device = jid.device ?? 0
    if (account === sender.account && device === sender.number) return
    const key = `${account.phoneNumber}:${device}`
    const before = byDevice.get(key)
    byDevice.set(key, { account, device, encrypted: [...(before?.encrypted ?? []), ...encrypted] })
  }
  for (const participant of children(child(node, 'participants'), 'to')) {
    const account = network.directory.find(participant.attrs.jid)
    if (group && account && !group.has(account)) continue
    add(participant.attrs.jid, children(participant, 'enc'))
  }
  const shared = children(node, 'enc')
  if (shared.length > 0) {
    if (node.attrs.participant !== undefined) add(node.attrs.participant, shared)
    else if (group) {
      for (const member of group.members.keys()) {
        for (const device of member.devices) add(member.address('lid', device), shared)
      }
    } else if (envelope.to === STATUS_JID) {
      for (const participant of children(child(node, 'participants'), 'to'))
        add(participant.attrs.jid, shared)
    } else add(envelope.to, shared)
  }
  return [...byDevice.values()]
}

const deliver = (network: Network, envelope: Envelope, { account, device, encrypted }: Delivery): void => {
  const { sender, id } = envelope
  if (account !== sender.account && isBlocked(account, sender.account) && !envelope.group) return
  if (!network.repeats.first(sender.lid, id, account.address('lid', device), isRetry(envelope.node))) {
    network.signals.emit('repeated', { device: sender.jid, id })
    return
  }
  if (account !== sender.account) network.rememberTalk(account, sender.account)
  if (device === 0) {
    receiveAsPrimary(network, account, envelope, encrypted)
    return
  }
  const companion = account.companions.get(device)
  companion?.queue.add('message', stanzaFor(network, envelope, companion, encrypted))
}

const isRetry = (node: BinaryNode): boolean =>
  children(node, 'enc').some(enc => enc.attrs.count !== undefined)

const isBlocked = (reader: Account, writer: Account): boolean =>
  reader.blocked.has(writer.lid) || reader.blocked.has(writer.jid)

/** The message as a linked device of the recipient, or another of the sender's own, sees it. */
const stanzaFor = (
  network: Network,
  envelope: Envelope,
  companion: Companion,
  encrypted: BinaryNode[]
): BinaryNode => {
  const { sender, node, group, addressing, id } = envelope
  const content = [
    ...encrypted.map(enc => element('enc', enc.attrs, bytesOf(enc))),
    ...children(node).filter(item => TRAVELLING.includes(item.tag))
  ]
  const attrs = {
    id,
    t: stampFor(network, companion, envelope.timestamp),
    type: node.attrs.type ?? 'text',
    edit: node.attrs.edit,
    category: node.attrs.category,
    notify: sender.pushName ?? sender.account.pushName,
    ...addressesFor(network, envelope, companion)
  }
  if (group) return element('message', { ...attrs, addressing_mode: addressing }, content)
  return element('message', attrs, content)
}

const stampFor = (network: Network, companion: Companion, timestamp: number): number =>
  timestamp + (network.faults.take('futureTimestamps', { companion })?.seconds ?? 0)

const addressesFor = (
  network: Network,
  envelope: Envelope,
  companion: Companion
): Record<string, string | undefined> => {
  const { sender, group, addressing, to, node } = envelope
  const other: Addressing = addressing === 'lid' ? 'pn' : 'lid'
  const from = sender.address(addressing)
  const alternative = sender.account.address(other)
  if (group || to === STATUS_JID) {
    return {
      from: to,
      participant: from,
      [addressing === 'lid' ? 'participant_pn' : 'participant_lid']: alternative
    }
  }
  if (companion.account === sender.account) {
    // for our own devices the alternative address is the chat's, not the sender's
    const chat = node.attrs.recipient ?? to
    const partner = network.directory.find(chat)
    const isSelf = partner === sender.account
    return {
      from,
      recipient: partner ? partner.address(addressing) : chat,
      [addressing === 'lid' ? 'peer_recipient_pn' : 'peer_recipient_lid']:
        isSelf || partner ? partner?.address(other) : undefined
    }
  }
  return { from, [addressing === 'lid' ? 'sender_pn' : 'sender_lid']: alternative }
}
