// Mutations of app state to facts: what the owner set, named, starred, labelled, cleared and deleted on the phone.
import type { proto } from '@whiskeysockets/baileys'
import type { Address, Fact, Party } from '../../../domain/fact.ts'
import type { ChatSetting, ChatSettingName } from '../../../domain/chat-setting.ts'
import { isGroupJid, isThreadJid } from '../../../domain/jid.ts'
import { FOR_EVER } from '../../../domain/thread.ts'
import { address, partyOf, samePerson, type Self, UNDATED } from './address.ts'
import { factsOfLoggedCall } from './call-log.ts'
import { mutedUntil } from './chat-settings.ts'
import { millisecondsOf, numberOf, secondsToMilliseconds } from './numbers.ts'

/** One record that was set or removed. The index names what it is about; its first part is the kind. */
export interface Mutation {
  readonly operation: 'set' | 'remove'
  readonly index: ReadonlyArray<string>
  readonly value: proto.ISyncActionValue
  /** Of the account's own tokens. */
  readonly tokenSalt?: Uint8Array | undefined
}

/** What a mutation says; `unknown` for a kind that this server has no use for, `unreadable` when a part of it is missing. */
export type ConvertedMutation = ReadonlyArray<Fact> | 'unknown' | 'unreadable'

interface Context extends Mutation {
  readonly self: Self
  /** When it was made, milliseconds since 1970. */
  readonly at: number
  readonly now: number
}

type Convert = (mutation: Context) => ConvertedMutation

const LONGEST_TEXT = 1024

const shortened = (text: string | null | undefined): string | undefined =>
  text ? text.slice(0, LONGEST_TEXT) : undefined

const chatIn = (jid: string | undefined): Address | undefined => {
  const chat = address(jid)
  return chat !== undefined && isThreadJid(chat.jid) ? chat : undefined
}

/** Settings of the chat in the index; of what is no conversation (channels, lists) there are none. */
const settings =
  (read: (mutation: Context) => Partial<Record<ChatSettingName, number | null>>): Convert =>
  mutation => {
    const [, jid] = mutation.index
    if (jid === undefined) return 'unreadable'
    const chat = chatIn(jid)
    if (chat === undefined) return []
    const { at } = mutation
    const set = Object.entries(read(mutation)).map(([name, value]): ChatSetting => ({
      // The keys of the record are setting names.
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion
      setting: name as ChatSettingName,
      value,
      at
    }))
    return set.length === 0 ? [] : [{ kind: 'chatSettings', chat, settings: set }]
  }

type MessageRange = proto.SyncActionValue.ISyncActionMessageRange

/** The time of the newest message that the owner saw when changing the chat. */
const endOf = (range: MessageRange | null | undefined, at: number): number =>
  millisecondsOf(secondsToMilliseconds(range?.lastMessageTimestamp)) ?? at

const archive = settings(({ operation, value }) => ({
  archived: operation === 'set' && value.archiveChatAction?.archived === true ? 1 : 0
}))

const pin = settings(({ at, operation, value }) => ({
  pinned: operation === 'set' && value.pinAction?.pinned === true ? at : null
}))

const mute = settings(({ operation, value }) => {
  const action = value.muteAction
  const isMuted = operation === 'set' && action?.muted === true
  return { muted: isMuted ? (mutedUntil(action.muteEndTimestamp) ?? FOR_EVER) : null }
})

/** A device lists some of the newest messages. */
const MOST_LISTED = 1000

/** The ids of the messages that the owner saw in the last second of what was read: more may have come within that second. */
const seenLast = (range: MessageRange | null | undefined): ReadonlyArray<string> => {
  const last = numberOf(range?.lastMessageTimestamp)
  const listed = range?.messages?.slice(0, MOST_LISTED) ?? []
  return listed.flatMap(({ key, timestamp }) => (key?.id && numberOf(timestamp) === last ? [key.id] : []))
}

const markAsReadSettings = settings(({ at, operation, value }) => {
  const action = value.markChatAsReadAction
  if (operation === 'remove') return {}
  if (action?.read !== true) return { markedUnread: 1 }
  const end = endOf(action.messageRange, at)
  return { markedUnread: 0, readUpTo: seenLast(action.messageRange).length > 0 ? end - 1 : end }
})

const markAsRead: Convert = mutation => {
  const { at, index, operation, value } = mutation
  const action = value.markChatAsReadAction
  const set = markAsReadSettings(mutation)
  const chat = chatIn(index[1])
  const whatsAppIds = operation === 'set' && action?.read === true ? seenLast(action.messageRange) : []
  if (typeof set === 'string' || chat === undefined || whatsAppIds.length === 0) return set
  return [...set, { kind: 'readByMe', chat, upTo: { whatsAppIds }, at }]
}

/** A record of a removal that is itself removed was only tidied up: what was removed does not come back. */
const deleteChat = settings(({ at, operation, value }) =>
  operation === 'remove' ? {} : { markedUnread: 0, deleted: endOf(value.deleteChatAction?.messageRange, at) }
)

const clearChat = settings(({ at, index, operation, value }) => {
  const [, , deletesStarred] = index
  const name = deletesStarred === '0' ? 'clearedExceptStarred' : 'cleared'
  return operation === 'remove'
    ? {}
    : { markedUnread: 0, [name]: endOf(value.clearChatAction?.messageRange, at) }
})

const contact: Convert = ({ at, index: [, jid], operation, value }) => {
  const action = value.contactAction ?? value.lidContactAction
  const person = address(jid)
  if (person === undefined) return 'unreadable'
  if (isGroupJid(person.jid)) return []
  const name =
    operation === 'remove'
      ? null
      : (shortened(action?.fullName) ?? shortened(action?.firstName) ?? shortened(action?.username))
  const { lidJid, pnJid } = value.contactAction ?? {}
  return [
    // A phone keeps what it once knew: a number that has another LID by now is not moved.
    ...samePerson(jid, lidJid, UNDATED),
    ...samePerson(pnJid, jid, UNDATED),
    ...(name === undefined ? [] : [{ kind: 'contact' as const, person, name, nameAt: at }])
  ]
}

/** The message that the index names: chat, id, whether the owner wrote it, and who did in a group. */
const messageIn = ({ index, self }: Context) => {
  const [, jid, whatsAppId, fromMe, participant] = index
  const chat = chatIn(jid)
  if (chat === undefined || whatsAppId === undefined || whatsAppId === '') return undefined
  const author = isGroupJid(chat.jid) ? address(participant) : chat
  const sender: Party | undefined = fromMe === '1' ? 'me' : author && partyOf(self, author)
  return sender === undefined ? undefined : { chat, target: { sender, whatsAppId } }
}

const star: Convert = mutation => {
  const { at, operation, value } = mutation
  const message = messageIn(mutation)
  if (message === undefined) return chatIn(mutation.index[1]) === undefined ? [] : 'unreadable'
  const starred = operation === 'set' && value.starAction?.starred === true
  return [{ kind: 'change', ...message, by: 'me', change: { to: 'starred', starred, at } }]
}

const deleteForMe: Convert = mutation => {
  const { at, operation } = mutation
  const message = messageIn(mutation)
  if (message === undefined) return chatIn(mutation.index[1]) === undefined ? [] : 'unreadable'
  const deleted = operation === 'set'
  return [{ kind: 'change', ...message, by: 'me', change: { to: 'deletedForMe', deleted, at } }]
}

const editLabel: Convert = ({ at, index: [, labelId], operation, value }) => {
  const action = value.labelEditAction
  if (!labelId || labelId.length > 64) return 'unreadable'
  return [
    {
      kind: 'label',
      labelId,
      name: shortened(action?.name) ?? '',
      color: numberOf(action?.color),
      predefinedId: numberOf(action?.predefinedId),
      deleted: operation === 'remove' || action?.deleted === true,
      at
    }
  ]
}

const labelAssociation: Convert = ({ at, index, operation, value }) => {
  const [kind, labelId, jid, messageId] = index
  const chat = chatIn(jid)
  if (!labelId || labelId.length > 64) return 'unreadable'
  if (chat === undefined) return []
  const whatsAppId = kind === 'label_message' ? messageId : undefined
  if (kind === 'label_message' && !whatsAppId) return 'unreadable'
  const labeled = operation === 'set' && value.labelAssociationAction?.labeled === true
  return [{ kind: 'labelAssociation', labelId, chat, whatsAppId, labeled, at }]
}

const numberOfLid: Convert = ({ index: [, lid], value }) =>
  samePerson(value.pnForLidChatAction?.pnJid, lid, UNDATED)

/** Applications are told of a call that was logged so short a time ago, milliseconds. */
const IS_NEWS_MS = 24 * 60 * 60 * 1000

/** A record that is removed was taken out of the phone's log: the call took place all the same. */
const loggedCall: Convert = ({ at, index: [, creator, callId], now, operation, self, value }) => {
  const record = value.callLogAction?.callLogRecord
  if (operation === 'remove') return []
  return record
    ? factsOfLoggedCall(self, { record, creator, callId, live: now - at < IS_NEWS_MS })
    : 'unreadable'
}

const unarchiveChats: Convert = ({ operation, value }) => [
  {
    kind: 'unarchiveChats',
    unarchive: operation === 'set' && value.unarchiveChatsSetting?.unarchiveChats === true
  }
]

/** The kind of the record with the salt of the account's own tokens. */
export const TOKEN_SALT = 'nct_salt_sync'

/** By the first part of the index. */
const CONVERTERS: Readonly<Record<string, Convert>> = {
  archive,
  pin_v1: pin,
  mute,
  markChatAsRead: markAsRead,
  deleteChat,
  clearChat,
  contact,
  lid_contact: contact,
  star,
  deleteMessageForMe: deleteForMe,
  label_edit: editLabel,
  label_jid: labelAssociation,
  label_message: labelAssociation,
  pnForLidChat: numberOfLid,
  call_log: loggedCall,
  setting_unarchiveChats: unarchiveChats,
  // Kept with the keys.
  [TOKEN_SALT]: () => [],
  // The account's own name, which is a part of the credentials.
  setting_pushName: () => []
}

const KIND = /^\w{1,64}$/

/** The kind of a mutation, for counting. */
export const mutationKind = ({ index: [kind = ''] }: Mutation): string => (KIND.test(kind) ? kind : 'other')

/** Whether a record that is gone from a collection means that what it said is not so any more. */
export const endsWithItsRecord = (index: ReadonlyArray<string>): boolean =>
  ENDING.has(index[0] ?? '') && Object.hasOwn(CONVERTERS, index[0] ?? '')

const ENDING = new Set([
  'archive',
  'pin_v1',
  'mute',
  'contact',
  'lid_contact',
  'star',
  'label_edit',
  'label_jid',
  'label_message'
])

/** `now` stands for times that are missing or lie ahead, milliseconds since 1970. */
export const factsOfMutation = (self: Self, mutation: Mutation, now: number): ConvertedMutation => {
  const [kind = ''] = mutation.index
  const convert = Object.hasOwn(CONVERTERS, kind)
    ? CONVERTERS[kind]
    : mutation.value.pnForLidChatAction
      ? numberOfLid
      : undefined
  if (convert === undefined) return 'unknown'
  const at = Math.min(millisecondsOf(mutation.value.timestamp) ?? now, now)
  return convert({ ...mutation, self, at, now })
}
