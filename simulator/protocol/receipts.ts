// Receipts: what a device confirms leaves its queue, and the writer of the message gets the receipt on all its devices.
import type { Account, Companion } from '../state/account.ts'
import { readUpTo } from '../state/history/unread.ts'
import type { Network } from '../state/network.ts'
import type { Session } from '../state/session.ts'
import { queueReceipt } from './group-receipts.ts'
import { listOf, sendOwnReads } from './own-reads.ts'
import { answerMediaRetry } from './media/retry.ts'
import { answerRetry } from './messages/retry.ts'
import { refuseStanza } from './refuse.ts'
import type { QueuedStanza } from '../state/stanza-queue.ts'
import { type BinaryNode, child, children, element } from '../wire/binary-node.ts'
import { addressingOf, isChannelJid, isGroupJid, isListJid, parseJid, STATUS_JID } from '../wire/jid.ts'
import { acknowledge } from '../wire/stanza.ts'

/** Receipts that are for the server only. */
const PRIVATE = new Set(['peer_msg', 'hist_sync', 'sender'])
const IDS_LIMIT = 10_000
/** Of receipts that go to the writers. */
const READ_LIMIT = 256

export const routeReceipt = (
  network: Network,
  session: Session,
  companion: Companion,
  node: BinaryNode
): void => {
  const { id, type, to } = node.attrs
  if (!id || network.faults.take('loseReceipts', { companion })) return
  const items = children(child(node, 'list'), 'item').map(item => item.attrs.id)
  if (type?.startsWith('read') && items.length >= READ_LIMIT) {
    refuseStanza(network, session, node, 400, 'bad-request')
    return
  }
  network.reply(session, acknowledge(node, network.clock.seconds()))
  const ids = [id, ...items.filter(item => item !== undefined)].slice(0, IDS_LIMIT)
  const chat = node.attrs.recipient ?? to
  network.signals.emit('receiptSent', { device: companion.jid, ids, type: type ?? 'delivery', chat })
  if (type === 'retry') {
    answerRetry(network, companion, node)
    return
  }
  if (type === 'server-error') {
    answerMediaRetry(network, companion, node)
    return
  }
  for (const one of ids) settleMessage(network, companion, one, chat, node.attrs.participant)
  if (type !== undefined && PRIVATE.has(type)) {
    for (const one of ids) record(network, companion.account, companion, chat ?? '', one, type)
    return
  }
  if (chat !== undefined) forward(network, companion, node, ids, chat)
}

/** The client acknowledges a stanza: it leaves the queue; so does a message that the client refuses. */
export const acknowledged = (network: Network, companion: Companion, node: BinaryNode): void => {
  const { id, to } = node.attrs
  const kind = node.attrs.class
  if (!id) return
  if (node.attrs.error && refusesStatus(network, companion, node)) return
  if (kind === 'message') {
    // A client that could not decrypt asks for the message again first and refuses it afterwards: what it refuses is
    // the stanza it had, not the one that was sent again under the same id.
    // The changes of a channel's post have its id too; each of those stanzas is acknowledged by itself.
    const chat = node.attrs.recipient ?? to
    const most = node.attrs.error || isChannelJid(chat) ? 1 : Infinity
    settleMessage(network, companion, id, chat, node.attrs.participant, most)
    if (node.attrs.error)
      network.signals.emit('refused', { device: companion.jid, id, error: node.attrs.error })
    return
  }
  companion.queue.settle(id, entry => {
    if (entry.kind === 'other' ? entry.node.tag !== kind : entry.kind !== kind) return false
    const { from, participant, type } = entry.node.attrs
    const author = node.attrs.participant
    return (
      (to === undefined || network.directory.same(from, to)) &&
      // In a group every member's receipt for a message has the same id.
      (author === undefined || participant === undefined || network.directory.same(participant, author)) &&
      // Clients leave an empty type out of what they answer.
      (kind !== 'receipt' || (type ?? '') === (node.attrs.type ?? ''))
    )
  })
}

/** A refused status stays, and with it everything behind it; a refused message is gone. */
const refusesStatus = (network: Network, companion: Companion, { attrs }: BinaryNode): boolean => {
  const { error, id = '', to } = attrs
  if (to !== STATUS_JID) return false
  companion.queue.refuse(id, ({ node }) => node.attrs.from === STATUS_JID)
  network.signals.emit('refused', { device: companion.jid, id, error })
  return true
}

const settleMessage = (
  network: Network,
  companion: Companion,
  id: string,
  chat: string | undefined,
  participant: string | undefined,
  most = Infinity
): void => {
  const settled = companion.queue.settle(id, entry => matches(network, entry, chat, participant), most)
  if (settled.length > 0) network.signals.emit('settled', { device: companion.jid, id })
}

/** Whether a receipt's addresses match this queued message. A missing address excludes nothing. */
const matches = (
  network: Network,
  entry: QueuedStanza,
  chat: string | undefined,
  participant: string | undefined
): boolean => {
  if (entry.kind !== 'message') return false
  const { from, recipient } = entry.node.attrs
  const entryChat = recipient ?? from
  if (chat !== undefined && !network.directory.same(entryChat, chat) && !network.directory.same(from, chat))
    return false
  if (participant !== undefined && isGroupJid(entryChat)) {
    return network.directory.same(entry.node.attrs.participant, participant)
  }
  return true
}

const record = (
  network: Network,
  of: Account,
  companion: Companion,
  chatJid: string,
  id: string,
  type: string
): void =>
  network.ledger.receipt(of, {
    from: companion.account.jid,
    device: companion.number,
    chatJid,
    id,
    type,
    timestamp: network.clock.seconds()
  })

/** The phone learns what its owner read on a linked device. */
const noteRead = (network: Network, owner: Account, chatJid: string, ids: string[]): void => {
  const { chat, mailbox } = network.chatNamed(owner, chatJid) ?? {}
  if (chat && mailbox) readUpTo(mailbox, chat, new Set(ids))
}

/** Sends the receipt to the writer's devices; a read receipt also to the reader's own other devices. */
const forward = (
  network: Network,
  companion: Companion,
  node: BinaryNode,
  ids: string[],
  chat: string
): void => {
  const { type, participant } = node.attrs
  const group = network.directory.group(chat)
  const jid = parseJid(chat)
  const writer = network.directory.find(group || isListJid(chat) ? participant : chat)
  const addressing = group ? group.addressing : jid ? addressingOf(jid) : 'pn'
  const list = listOf(ids)
  const common = { id: ids[0], type, t: node.attrs.t ?? network.clock.seconds() }
  if (writer) {
    const self = companion.address(addressing)
    for (const one of ids)
      record(network, writer, companion, group ? group.id : companion.account.jid, one, type ?? 'delivery')
    if (type !== 'read-self' && writer !== companion.account) {
      for (const device of writer.companions.values()) {
        queueReceipt(
          device,
          group
            ? element('receipt', { ...common, from: group.id, participant: self }, list)
            : element('receipt', { ...common, from: self }, list)
        )
      }
    }
  }
  if (type === 'read' || type === 'read-self' || type === 'played') {
    if (writer !== companion.account) {
      noteRead(network, companion.account, chat, ids)
      for (const one of ids) {
        network.ledger.readByDevice(companion.account, {
          id: one,
          chatJid: group ? group.id : (writer?.jid ?? chat),
          ...(group && writer ? { participant: writer.jid } : {}),
          device: companion.number,
          type
        })
      }
    }
    sendOwnReads(network, companion.account, {
      ids,
      chat,
      participant,
      addressing,
      group,
      except: companion
    })
  }
}
