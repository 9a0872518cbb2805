// Messages that linked devices send: acknowledged, checked for repeats, and delivered to every device they were encrypted
// for. The server sees ciphertext only; what a primary device does with it is in primary-recipient.ts.
import type { Account, Companion } from '../../state/account.ts'
import type { Group } from '../../state/group.ts'
import type { Network } from '../../state/network.ts'
import type { Session } from '../../state/session.ts'
import { newChatRefusal } from '../new-chat-limits.ts'
import { addressAttributes } from './addresses.ts'
import { addressRefusal, tokenRefusal } from './direct-addressing.ts'
import type { Envelope } from './envelope.ts'
import { receiveAsPrimary } from './primary-recipient.ts'
import { type BinaryNode, bytesOf, child, children, element } from '../../wire/binary-node.ts'
import { addressingOf, isGroupJid, otherAddressing, parseJid, STATUS_JID } from '../../wire/jid.ts'
import { acknowledge } from '../../wire/stanza.ts'

/** Children of a message that are passed to the recipient unchanged. */
const PASSED_ON = ['device-identity', 'meta', 'reporting', 'biz', 'bot']

/** What shows that the recipient allows the message, or that the account may begin a chat. */
const TOKENS = ['tctoken', 'cstoken']

export const routeMessage = (
  network: Network,
  session: Session,
  companion: Companion,
  node: BinaryNode
): void => {
  const { id, to } = node.attrs
  if (!id || !to) return
  const group = network.directory.group(to)
  // What a device asks its own phone is not sent to a chat.
  const isPeer = node.attrs.category === 'peer'
  const error = isPeer ? undefined : refusalOf(network, companion, node, { id, to, group })
  if (error !== undefined) {
    network.reply(session, acknowledge(node, network.clock.seconds(), { error }))
    network.signals.emit('rejected', { device: companion.jid, id, to, error })
    return
  }
  const timestamp = network.repeats.acceptedAt(companion.jid, id, network.clock.seconds())
  const refreshLid = network.faults.take('refreshLid', { companion }) ? 'true' : undefined
  sendAck(
    network,
    session,
    companion,
    acknowledge(node, timestamp, { type: undefined, refresh_lid: refreshLid })
  )
  const envelope: Envelope = {
    sender: companion,
    id,
    timestamp,
    to,
    group,
    addressing: group ? group.addressing : addressingOf(parseJid(firstAddress(node)) ?? NOBODY),
    node
  }
  network.signals.emit('sent', {
    device: companion.jid,
    id,
    to,
    recipientNumber: node.attrs.peer_recipient_pn,
    token: TOKENS.find(token => child(node, token))
  })
  for (const delivery of deliveriesOf(network, envelope)) deliver(network, envelope, delivery)
}

const NOBODY = { user: '', server: '', device: undefined }

/** A status is addressed to each who may see it. */
const firstAddress = (node: BinaryNode): string | undefined =>
  node.attrs.to === STATUS_JID ? children(child(node, 'participants'), 'to')[0]?.attrs.jid : node.attrs.to

/** The error a message is refused with, if it is. One that was accepted before is only acknowledged once more. */
const refusalOf = (
  network: Network,
  companion: Companion,
  node: BinaryNode,
  { group, id, to }: { readonly id: string; readonly to: string; readonly group: Group | undefined }
): number | undefined => {
  const rejection = network.faults.take('rejectMessages', { companion })
  if (rejection) return rejection.error
  if (isGroupJid(to) && !group?.has(companion.account)) return group ? 403 : 404
  if (network.repeats.knows(companion.jid, id)) return undefined
  return (
    addressRefusal(companion, node) ??
    tokenRefusal(network, companion, node) ??
    newChatRefusal(network, companion.account, to)
  )
}

/** Acknowledges at once, later or never, depending on the faults. */
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
    const key = `${account.lidUser}:${device}`
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
  if (account !== sender.account && account.hasBlocked(sender.account) && !envelope.group) return
  if (!network.repeats.isFirst(sender.lid, id, account.address('lid', device), isRetry(envelope.node))) {
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
    ...children(node).filter(item => PASSED_ON.includes(item.tag))
  ]
  const attrs = {
    id,
    t: stampFor(network, companion, envelope.timestamp),
    type: node.attrs.type ?? 'text',
    edit: node.attrs.edit,
    category: node.attrs.category,
    notify: sender.pushName ?? sender.account.pushName,
    addressing_mode: group ? addressing : undefined,
    ...addressesFor(network, envelope, companion)
  }
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
  const other = otherAddressing(addressing)
  const chat = node.attrs.recipient ?? to
  const partner = network.directory.find(chat)
  return addressAttributes({
    addressing,
    writer: sender.address(addressing),
    otherWriter: sender.account.address(other),
    group: group || to === STATUS_JID ? to : undefined,
    recipient:
      companion.account === sender.account
        ? { address: partner?.address(addressing) ?? chat, other: partner?.address(other) }
        : undefined
  })
}
