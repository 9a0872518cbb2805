// One message, from wherever it came, to facts: a message, a change to another one, or nothing to show.
import { normalizeMessageContent, proto } from '@whiskeysockets/baileys'
import { chatJid, isGroupJid, isThreadJid } from '../../../domain/jid.ts'
import type { Address, ChangeFact, Fact, MessageFact, Party, ReactionFact } from '../../../domain/fact.ts'
import type { MessageStatus } from '../../../domain/message.ts'
import { contentOf, editOf } from './content.ts'
import { millisecondsOf, secondsToMilliseconds } from './numbers.ts'

/** The addresses of the account itself, without device. */
export interface Self {
  readonly jid: string
  readonly lid?: string | undefined
}

export const address = (jid: string | null | undefined, alt?: string | null): Address | undefined => {
  const main = chatJid(jid)
  const other = chatJid(alt)
  if (main === undefined) return other === undefined ? undefined : { jid: other }
  return other === undefined || other === main ? { jid: main } : { jid: main, alt: other }
}

export const partyOf = (self: Self, who: Address): Party =>
  [who.jid, who.alt].some(jid => jid !== undefined && (jid === self.jid || jid === self.lid)) ? 'me' : who

const STATUS_OF: ReadonlyMap<number, MessageStatus> = new Map<number, MessageStatus>([
  [proto.WebMessageInfo.Status.ERROR, 'failed'],
  [proto.WebMessageInfo.Status.PENDING, 'queued'],
  [proto.WebMessageInfo.Status.SERVER_ACK, 'sent'],
  [proto.WebMessageInfo.Status.DELIVERY_ACK, 'delivered'],
  [proto.WebMessageInfo.Status.READ, 'read'],
  [proto.WebMessageInfo.Status.PLAYED, 'played']
])

/** Where a message stands: who wrote it, where, when. */
interface Envelope {
  readonly chat: Address
  readonly sender: Party
  readonly whatsAppId: string
  readonly timestamp: number
  readonly pushName?: string | undefined
  readonly live: boolean
}

/** The chat, writer and id of a message, or `undefined` when it belongs to no conversation (status, channel, broadcast). */
export const envelopeOf = (
  self: Self,
  info: proto.IWebMessageInfo & { key?: AddressedKey | null },
  live: boolean
): Envelope | undefined => {
  const key = info.key
  const chat = address(key?.remoteJid, key?.remoteJidAlt)
  if (key?.id == null || key.id === '' || chat === undefined || !isThreadJid(chat.jid)) return undefined
  const writer = isGroupJid(chat.jid)
    ? address(key.participant ?? info.participant, key.participantAlt)
    : chat
  // An event of the group itself ("the subject changed") may name nobody: then the group is its author.
  const sender =
    key.fromMe === true ? 'me' : isGroupJid(chat.jid) && writer !== undefined ? partyOf(self, writer) : chat
  return {
    chat,
    sender,
    whatsAppId: key.id,
    timestamp: secondsToMilliseconds(info.messageTimestamp),
    pushName: info.pushName ?? undefined,
    live
  }
}

/** Baileys adds the other address form to keys it decoded from stanzas. */
export interface AddressedKey extends proto.IMessageKey {
  remoteJidAlt?: string | undefined
  participantAlt?: string | undefined
}

/** Whose message a reaction is about; its key is written from the reacting side's point of view. */
const reactedTargetOf = (
  self: Self,
  envelope: Envelope,
  key: proto.IMessageKey | null | undefined
): ChangeFact['target'] | undefined => {
  if (key?.id == null || key.id === '') return undefined
  if (isGroupJid(envelope.chat.jid)) {
    const author = address(key.participant)
    const sender =
      author !== undefined ? partyOf(self, author) : key.fromMe === true ? envelope.sender : undefined
    return sender === undefined ? undefined : { sender, whatsAppId: key.id }
  }
  const other: Party = envelope.sender === 'me' ? envelope.chat : 'me'
  return { sender: key.fromMe === true ? envelope.sender : other, whatsAppId: key.id }
}

const changeOf = (
  envelope: Envelope,
  target: ChangeFact['target'] | undefined,
  change: ChangeFact['change']
): ReadonlyArray<ChangeFact> =>
  target === undefined ? [] : [{ kind: 'change', chat: envelope.chat, target, by: envelope.sender, change }]

/** Whose message is edited or revoked: the writer's own, or, when a group's admin revokes, the named member's. */
const ownTargetOf = (
  self: Self,
  envelope: Envelope,
  key: proto.IMessageKey | null | undefined
): ChangeFact['target'] | undefined => {
  if (key?.id == null || key.id === '') return undefined
  const author = isGroupJid(envelope.chat.jid) ? address(key.participant) : undefined
  return { sender: author === undefined ? envelope.sender : partyOf(self, author), whatsAppId: key.id }
}

const protocolFacts = (
  self: Self,
  envelope: Envelope,
  protocol: proto.Message.IProtocolMessage
): ReadonlyArray<Fact> => {
  switch (protocol.type) {
    case proto.Message.ProtocolMessage.Type.REVOKE:
      return changeOf(envelope, ownTargetOf(self, envelope, protocol.key), {
        to: 'revoked',
        at: envelope.timestamp
      })
    case proto.Message.ProtocolMessage.Type.MESSAGE_EDIT:
      return changeOf(envelope, ownTargetOf(self, envelope, protocol.key), {
        to: 'edited',
        ...editOf(protocol, envelope.timestamp)
      })
    default:
      // Everything else is housekeeping between devices and creates nothing.
      return []
  }
}

interface Given {
  readonly message: proto.IMessage
  readonly raw: Uint8Array | null
  readonly status: MessageStatus
  readonly reactions?: ReadonlyArray<ReactionFact>
}

const factsOfContent = (self: Self, envelope: Envelope, given: Given): ReadonlyArray<Fact> => {
  const inner = normalizeMessageContent(given.message)
  if (inner?.protocolMessage) return protocolFacts(self, envelope, inner.protocolMessage)
  if (inner?.reactionMessage) {
    return changeOf(envelope, reactedTargetOf(self, envelope, inner.reactionMessage.key), {
      to: 'reacted',
      emoji: inner.reactionMessage.text ?? '',
      at: millisecondsOf(inner.reactionMessage.senderTimestampMs) ?? envelope.timestamp
    })
  }
  const content = contentOf(given.message)
  if (content === undefined) return []
  return [
    {
      kind: 'message',
      ...envelope,
      ...content,
      status: given.status,
      reactions: given.reactions ?? [],
      raw: given.raw
    }
  ]
}

/** A message that arrived over the wire, decrypted; `raw` is its protobuf. */
export const factsOfLiveMessage = (
  self: Self,
  info: proto.IWebMessageInfo & { key?: AddressedKey | null },
  message: proto.IMessage,
  raw: Uint8Array
): ReadonlyArray<Fact> => {
  const envelope = envelopeOf(self, info, true)
  if (envelope === undefined) return []
  return [
    ...peopleOf(envelope),
    ...factsOfContent(self, envelope, {
      message,
      raw,
      status: envelope.sender === 'me' ? 'sent' : 'received'
    })
  ]
}

/** A message that arrived but could not be read (yet): its place is kept so that it can be filled later. */
export const factOfUndecryptable = (
  self: Self,
  info: proto.IWebMessageInfo & { key?: AddressedKey | null },
  reason: string
): ReadonlyArray<MessageFact> => {
  const envelope = envelopeOf(self, info, true)
  if (envelope === undefined) return []
  const empty = {
    type: 'undecryptable',
    body: null,
    media: null,
    quotedWhatsAppId: null,
    reactions: [],
    raw: null
  }
  return [{ kind: 'message', ...envelope, ...empty, status: 'undecryptable', statusReason: reason }]
}

/** A message as a history chunk or a resend by the phone carries it. */
export const factsOfStoredMessage = (
  self: Self,
  info: proto.IWebMessageInfo,
  chat?: Address
): ReadonlyArray<Fact> => {
  const given = envelopeOf(self, info, false)
  if (given === undefined) return []
  const envelope =
    chat === undefined
      ? given
      : { ...given, chat, sender: given.sender === 'me' || isGroupJid(chat.jid) ? given.sender : chat }
  const status: MessageStatus =
    envelope.sender === 'me' ? (STATUS_OF.get(info.status ?? -1) ?? 'sent') : 'received'
  const reactions = (info.reactions ?? []).flatMap((reaction): ReadonlyArray<ReactionFact> => {
    const who = reaction.key?.fromMe === true ? 'me' : reactor(self, envelope, reaction.key)
    return who === undefined
      ? []
      : [
          {
            by: who,
            emoji: reaction.text ?? '',
            at: millisecondsOf(reaction.senderTimestampMs) ?? envelope.timestamp
          }
        ]
  })
  if (info.message) {
    return factsOfContent(self, envelope, {
      message: info.message,
      raw: proto.Message.encode(info.message).finish(),
      status,
      reactions
    })
  }
  return stubFacts(envelope, info, status)
}

const reactor = (
  self: Self,
  envelope: Envelope,
  key: proto.IMessageKey | null | undefined
): Party | undefined => {
  if (!isGroupJid(envelope.chat.jid)) return envelope.chat
  const who = address(key?.participant)
  return who === undefined ? undefined : partyOf(self, who)
}

/** Messages without content are events ("stubs"): a revoked message keeps its tombstone, the others say what happened. */
const stubFacts = (
  envelope: Envelope,
  info: proto.IWebMessageInfo,
  status: MessageStatus
): ReadonlyArray<Fact> => {
  const stub = info.messageStubType
  const base = { media: null, quotedWhatsAppId: null, reactions: [], raw: null }
  if (stub === proto.WebMessageInfo.StubType.REVOKE) {
    return [{ kind: 'message', ...envelope, ...base, type: 'revoked', body: null, status }]
  }
  if (stub === proto.WebMessageInfo.StubType.CIPHERTEXT) {
    return [
      {
        kind: 'message',
        ...envelope,
        ...base,
        type: 'undecryptable',
        body: null,
        status: 'undecryptable',
        statusReason: 'The phone could not share this message'
      }
    ]
  }
  if (stub == null || stub === proto.WebMessageInfo.StubType.UNKNOWN) return []
  const name = proto.WebMessageInfo.StubType[stub] ?? `EVENT_${stub}`
  const body = [name.toLowerCase().replaceAll('_', ' '), ...(info.messageStubParameters ?? [])].join(': ')
  return [{ kind: 'message', ...envelope, ...base, type: 'system', body, status }]
}

/** What a stanza says about people beside its content: the push name, and that two addresses are one person. */
const peopleOf = (envelope: Envelope): ReadonlyArray<Fact> =>
  envelope.sender === 'me' || envelope.pushName === undefined || envelope.pushName === ''
    ? []
    : [{ kind: 'contact', person: envelope.sender, pushName: envelope.pushName }]
