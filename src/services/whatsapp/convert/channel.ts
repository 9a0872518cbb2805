// Posts of channels (newsletters), which come without encryption: as a message of their own, or in a notification with what is new.
import { type BinaryNode, getBinaryNodeChild, getBinaryNodeChildren, proto } from '@whiskeysockets/baileys'
import { Schema } from 'effect'
import type { Fact } from '../../../domain/fact.ts'
import { isChannelJid } from '../../../domain/jid.ts'
import { leftOut } from '../kinds/left-out.ts'
import { address, type Self } from './address.ts'
import { contentOf, shortenedIn } from './content.ts'
import { type Envelope, envelopeOf } from './envelope.ts'
import { factsOfLiveMessage } from './message.ts'
import { millisecondsOf } from './numbers.ts'

/** A post as the journal keeps it. `plaintext` is its `Message` in base64; counts of views and reactions come without one. */
export const ChannelPost = Schema.Struct({
  attributes: Schema.Record(Schema.String, Schema.String),
  plaintext: Schema.optionalKey(Schema.String),
  /** Milliseconds since 1970 in decimal digits, as WhatsApp writes them: when it was edited. */
  editedAt: Schema.optionalKey(Schema.String)
})
export type ChannelPost = typeof ChannelPost.Type

/** Whether a stanza is about a channel; Baileys refuses some of those, or forgets them. */
export const isOfChannel = ({ attrs, tag }: BinaryNode): boolean =>
  isChannelJid(attrs['from'] ?? '') &&
  (tag === 'message' || (tag === 'notification' && attrs['type'] === 'newsletter'))

/** WhatsApp sends some dozens at once. */
const MOST_POSTS = 500

const postOf = (node: BinaryNode): ChannelPost => {
  const plaintext = getBinaryNodeChild(node, 'plaintext')?.content
  const editedAt = getBinaryNodeChild(node, 'meta')?.attrs['msg_edit_t']
  return {
    attributes: { ...node.attrs },
    ...(plaintext instanceof Uint8Array ? { plaintext: Buffer.from(plaintext).toString('base64') } : {}),
    ...(editedAt === undefined ? {} : { editedAt })
  }
}

/** The posts in a stanza about a channel. */
export const postsIn = (stanza: BinaryNode): ReadonlyArray<ChannelPost> => {
  const { attrs, tag } = stanza
  if (tag !== 'notification') return [postOf(stanza)]
  const updates = getBinaryNodeChild(stanza, 'live_updates')
  const list = updates && (getBinaryNodeChild(updates, 'messages') ?? updates)
  const posts = list === undefined ? [] : getBinaryNodeChildren(list, 'message')
  // Some come as children of the notification itself.
  return [...posts, ...getBinaryNodeChildren(stanza, 'message')].slice(0, MOST_POSTS).map(node => {
    const post = postOf(node)
    const t = list?.attrs['t'] ?? attrs['t']
    return { ...post, attributes: { ...(t === undefined ? {} : { t }), ...post.attributes } }
  })
}

const EDITED = '3'
/** Deleted by its writer, or by another admin of the channel. */
const DELETED: ReadonlySet<string> = new Set(['7', '8'])

const changeOf = (
  { chat, sender, whatsAppId }: Envelope,
  change: Extract<Fact, { kind: 'change' }>['change']
): Fact => ({ kind: 'change', chat, target: { sender, whatsAppId }, by: sender, change })

const factsOfPost = (self: Self, channel: string, post: ChannelPost): ReadonlyArray<Fact> => {
  const { edit = '', id, is_sender, message_id, notify, server_id, t } = post.attributes
  const info = {
    key: { remoteJid: channel, fromMe: is_sender === 'true', id: id ?? message_id ?? server_id ?? null },
    messageTimestamp: Number(t ?? 0),
    pushName: notify ?? null
  }
  const envelope = envelopeOf(self, info, true)
  if (envelope === undefined) return [leftOut('unaddressed')]
  if (DELETED.has(edit)) return [changeOf(envelope, { to: 'revoked', at: envelope.timestamp })]
  if (post.plaintext === undefined) return [leftOut('channelCounts')]
  const raw = Buffer.from(post.plaintext, 'base64')
  const message = proto.Message.decode(raw)
  if (edit !== EDITED) return factsOfLiveMessage(self, info, message, raw)
  const content = contentOf(self, message, raw)
  const at = millisecondsOf(post.editedAt) ?? envelope.timestamp
  return [changeOf(envelope, { to: 'edited', body: content?.body ?? null, at, ...shortenedIn(content) })]
}

export const factsOfChannel = (
  self: Self,
  channel: string,
  posts: ReadonlyArray<ChannelPost>
): ReadonlyArray<Fact> => {
  const chat = address(channel)
  if (chat === undefined) return [leftOut('unaddressed')]
  return posts.length === 0
    ? [leftOut('channelCounts')]
    : posts.flatMap(post => factsOfPost(self, chat.jid, post))
}
