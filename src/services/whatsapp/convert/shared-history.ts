// A group's past as a member shares it with one who joins (`messageHistoryBundle`): the announcement, and the messages in the
// file it names. What they say is that member's word: they add messages and change none.
import { proto } from '@whiskeysockets/baileys/WAProto/index.js'
import type { Address, Fact, MessageFact, Party } from '../../../domain/fact.ts'
import { chatJid, isGroupJid } from '../../../domain/jid.ts'
import { bytesField, bytesFields, varintField } from '../../../domain/protobuf.ts'
import { address, partyOf, type Self } from './address.ts'
import type { DecodedConversation, RawMessage } from './chunk.ts'
import { factsOfStoredMessage } from './stored-message.ts'
import { secondsToMilliseconds } from './numbers.ts'

/** The fields of `GroupHistory`, which the library's schema lacks. */
const GROUP_HISTORY = { messages: 1, associated: 2, comments: 3, pinned: 4 } as const
/** Of `UnCountedAssociatedMessageList`. */
const ASSOCIATED = { messages: 1, parent: 2, type: 3 } as const

/** Phones share some hundred messages of two weeks; this only stops what cannot be such a file. */
const MOST_MESSAGES = 20_000

/** The announcement as the chunk queue keeps it: the message without anything else. */
export const announcementOf = (
  info: proto.IWebMessageInfo,
  bundle: proto.Message.IMessageHistoryBundle
): Uint8Array =>
  proto.WebMessageInfo.encode({
    key: info.key ?? {},
    messageTimestamp: info.messageTimestamp ?? null,
    message: { messageHistoryBundle: bundle }
  }).finish()

/** Whether the member shares with this account. The bundle of somebody else is none of its business. */
export const isReceiver = (self: Self, bundle: proto.Message.IMessageHistoryBundle): boolean =>
  (bundle.messageHistoryMetadata?.historyReceivers ?? []).some(receiver => {
    const who = address(receiver)
    return who !== undefined && partyOf(self, who) === 'me'
  })

export interface SharedHistory {
  readonly group: Address
  readonly sharedBy: Party
  readonly bundle: proto.Message.IMessageHistoryBundle
}

/** What an announcement announces; `undefined` when it names no group, member or file. */
export const sharedHistoryIn = (self: Self, announcement: Uint8Array): SharedHistory | undefined => {
  const { key, message } = proto.WebMessageInfo.decode(announcement)
  const group = address(key?.remoteJid)
  const member = key?.fromMe === true ? ('me' as const) : address(key?.participant)
  const bundle = message?.messageHistoryBundle
  if (group === undefined || !isGroupJid(group.jid) || member === undefined || !bundle) return undefined
  return { group, sharedBy: member === 'me' ? member : partyOf(self, member), bundle }
}

const infosIn = (bytes: Uint8Array, field: number): ReadonlyArray<proto.IWebMessageInfo> =>
  (bytesFields(bytes, field) ?? []).map(info => proto.WebMessageInfo.decode(info))

/** A message with the one it belongs to, which the list says for all of its messages. */
const associatedTo = (
  info: proto.IWebMessageInfo,
  parentMessageKey: proto.IMessageKey,
  associationType: number
): proto.IWebMessageInfo => {
  const context = info.message?.messageContextInfo
  if (!info.message || context?.messageAssociation) return info
  const messageContextInfo = { ...context, messageAssociation: { associationType, parentMessageKey } }
  return { ...info, message: { ...info.message, messageContextInfo } }
}

const associatedIn = (list: Uint8Array): ReadonlyArray<proto.IWebMessageInfo> => {
  const parent = bytesField(list, ASSOCIATED.parent)
  const type = varintField(list, ASSOCIATED.type)
  const infos = infosIn(list, ASSOCIATED.messages)
  if (parent === undefined || type === undefined) return infos
  const key = proto.MessageKey.decode(parent)
  return infos.map(info => associatedTo(info, key, type))
}

/** A message as this account sees it: the member's own are the member's. `undefined` without an author, or of another chat. */
const ownView = (
  self: Self,
  { group, sharedBy }: SharedHistory,
  info: proto.IWebMessageInfo
): proto.IWebMessageInfo | undefined => {
  const { key, message } = info
  const chat = chatJid(key?.remoteJid)
  if (!key?.id || !message || (chat !== undefined && chat !== group.jid)) return undefined
  const named = address(key.participant ?? info.participant)
  const author = named ?? (key.fromMe === true ? sharedBy : undefined)
  if (author === undefined) return undefined
  const writer = author === 'me' ? author : partyOf(self, author)
  return {
    ...info,
    key: {
      remoteJid: group.jid,
      id: key.id,
      fromMe: writer === 'me',
      ...(writer === 'me' ? {} : { participant: writer.jid })
    },
    participant: null,
    // Who received, reacted to and voted in it is not this member's to say.
    starred: false,
    userReceipt: [],
    reactions: [],
    pollUpdates: []
  }
}

const isShared = (fact: Fact): boolean =>
  fact.kind === 'message'
    ? fact.type !== 'revoked' && fact.type !== 'system'
    : fact.kind === 'change' && fact.change.to === 'attached'

const marked = (fact: Fact, sharedBy: Party): Fact =>
  fact.kind === 'message'
    ? ({ ...fact, sharedBy: sharedBy === 'me' ? 'me' : sharedBy.jid } satisfies MessageFact)
    : fact

const rawMessage = ({ key, messageTimestamp }: proto.IWebMessageInfo): ReadonlyArray<RawMessage> =>
  key?.id
    ? [{ whatsAppId: key.id, fromMe: key.fromMe === true, at: secondsToMilliseconds(messageTimestamp) }]
    : []

/** The messages in a shared file, as history of the group; `undefined` when the bytes are no such file. */
export const decodedSharedHistory = (
  self: Self,
  shared: SharedHistory,
  inflated: Uint8Array
): DecodedConversation | undefined => {
  const lists = bytesFields(inflated, GROUP_HISTORY.associated)
  if (lists === undefined) return undefined
  const view = (infos: ReadonlyArray<proto.IWebMessageInfo>) =>
    infos.slice(0, MOST_MESSAGES).flatMap(info => ownView(self, shared, info) ?? [])
  const messages = view(infosIn(inflated, GROUP_HISTORY.messages))
  const beside = view([
    ...lists.flatMap(associatedIn),
    ...infosIn(inflated, GROUP_HISTORY.comments),
    ...infosIn(inflated, GROUP_HISTORY.pinned)
  ])
  const inOrder = [...messages, ...beside].toSorted(
    (a, b) => secondsToMilliseconds(a.messageTimestamp) - secondsToMilliseconds(b.messageTimestamp)
  )
  // Pinned messages may be much older than the stretch that was shared.
  const stretch = messages.flatMap(rawMessage).toSorted((a, b) => a.at - b.at)
  return {
    chat: shared.group,
    facts: inOrder
      .flatMap(info => factsOfStoredMessage(self, info, { chat: shared.group }))
      .filter(isShared)
      .map(fact => marked(fact, shared.sharedBy)),
    received: inOrder.length,
    oldest: stretch.at(0),
    newest: stretch.at(-1),
    beginning: undefined
  }
}
