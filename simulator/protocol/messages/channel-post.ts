// Posts of channels (newsletters): without encryption, as a message or in a notification with what is new.
import { randomBytes } from 'node:crypto'
import { proto } from '@whiskeysockets/baileys'
import type { Account } from '../../state/account.ts'
import { bodyOf, kindOf } from '../../state/messages/content.ts'
import type { Network } from '../../state/network.ts'
import { type BinaryNode, element } from '../../wire/binary-node.ts'

export interface ChannelPostOptions {
  /** The address of the channel, `…@newsletter`. */
  readonly channel: string
  /** What it is called from now on; a device asks for it. */
  readonly name?: string | undefined
  readonly id?: string | undefined
  /** What is posted, or what an edited post says now; a deletion and counts have none. */
  readonly message?: proto.IMessage | undefined
  /** The post exists already: it is edited or deleted, or its reactions are counted. */
  readonly change?: 'edit' | 'delete' | 'reactions' | undefined
  /** In a notification with live updates, as for channels that are open on the phone, instead of a message. */
  readonly live?: boolean | undefined
}

const EDIT = { edit: '3', delete: '8', reactions: undefined } as const

const contentOf = ({ change, message }: ChannelPostOptions): BinaryNode[] => {
  if (change === 'reactions')
    return [element('reactions', {}, [element('reaction', { code: '\u{1F44D}', count: '2' })])]
  return [
    ...(message ? [element('plaintext', {}, Buffer.from(proto.Message.encode(message).finish()))] : []),
    ...(change === 'edit' ? [element('meta', { msg_edit_t: String(Date.now()) })] : [])
  ]
}

/** What the follower's phone shows of the channel. */
const recordPost = (
  network: Network,
  follower: Account,
  { change, channel, id, message, timestamp }: ChannelPostOptions & { readonly id: string; timestamp: number }
): void => {
  const ledger = network.ledger
  const text = message && bodyOf(message)
  const post = [...ledger.of(follower).held.values()].find(held => held.chatJid === channel && held.id === id)
  if (change === undefined && message) {
    const kind = kindOf(message)
    const body = text === undefined ? {} : { text }
    ledger.hold(follower, { chatJid: channel, id, fromMe: false, timestamp, kind, origin: 'live', ...body })
  } else if (post && change === 'edit' && text !== undefined) {
    post.text = text
    post.edited = true
  } else if (post && change === 'delete') {
    post.revoked = true
    delete post.text
  }
}

/** Queues the post for the linked devices of a follower. */
export const postToChannel = (
  network: Network,
  follower: Account,
  options: ChannelPostOptions
): { id: string } => {
  const { change, channel: from, id = randomBytes(8).toString('hex').toUpperCase(), live } = options
  const t = network.clock.seconds()
  if (options.name !== undefined) network.channelNames.set(from, options.name)
  recordPost(network, follower, { ...options, id, timestamp: t })
  const attributes = {
    id,
    server_id: String(100 + (Number.parseInt(id.slice(0, 4), 16) || 0)),
    type: 'text',
    edit: change && EDIT[change]
  }
  for (const device of follower.companions.values()) {
    if (live) {
      const messages = element('messages', { jid: from, t }, [
        element('message', attributes, contentOf(options))
      ])
      device.queue.add(
        'notification',
        element('notification', { id: network.nextId(), from, type: 'newsletter', t }, [
          element('live_updates', {}, [messages])
        ])
      )
    } else device.queue.add('message', element('message', { ...attributes, from, t }, contentOf(options)))
  }
  return { id }
}
