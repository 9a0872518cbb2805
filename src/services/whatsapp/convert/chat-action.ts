// Messages that tell what somebody did in a chat: they become events of the chat, as phones show them between the messages.
import { proto } from '@whiskeysockets/baileys/WAProto/index.js'
import type { ContentFact } from '../../../domain/fact.ts'
import { LONGEST_PINNED_SECONDS } from '../../../domain/pin.ts'
import { address, type Self } from './address.ts'
import { chatEvent, type EventKind, secondsOf } from './chat-event.ts'
import type { Envelope } from './envelope.ts'
import { numberOf } from './numbers.ts'
import { referredMessage } from './reference.ts'

const { PinInChatMessage, ProtocolMessage, StatusNotificationMessage } = proto.Message
const { Type } = ProtocolMessage

/** WhatsApp shares a group's past with some members at once. */
const MOST_RECEIVERS = 5000

/** An event that points to a message of the chat. */
const about = (
  self: Self,
  envelope: Pick<Envelope, 'chat' | 'sender'>,
  kind: EventKind,
  key: proto.IMessageKey | null | undefined,
  value?: string
): ContentFact => ({ ...chatEvent(kind, [], value), quoted: referredMessage(self, envelope, key) ?? null })

/** For how long a message is pinned, where the pin says so. */
const pinnedSeconds = (context: proto.IMessageContextInfo | null | undefined): string | undefined => {
  const seconds = secondsOf(context?.messageAddOnDurationInSecs)
  return seconds === 0 ? undefined : String(Math.min(seconds, LONGEST_PINNED_SECONDS))
}

const historyShared = (notice: proto.Message.IMessageHistoryNotice): ContentFact => {
  const { historyReceivers, messageCount } = notice.messageHistoryMetadata ?? {}
  const receivers = (historyReceivers ?? []).slice(0, MOST_RECEIVERS)
  const people = receivers.map(jid => address(jid)).filter(person => person !== undefined)
  const count = numberOf(messageCount)
  return chatEvent('historyShared', people, count === null ? null : String(count))
}

const STATUS_USES: ReadonlyMap<number, EventKind> = new Map<number, EventKind>([
  [StatusNotificationMessage.StatusNotificationType.STATUS_ADD_YOURS, 'statusAddition'],
  [StatusNotificationMessage.StatusNotificationType.STATUS_RESHARE, 'statusReshare'],
  [StatusNotificationMessage.StatusNotificationType.STATUS_QUESTION_ANSWER_RESHARE, 'statusReshare']
])

const handedOver = (
  notification: proto.Message.ICloudAPIThreadControlNotification | null | undefined
): ContentFact | undefined => {
  const words = notification?.notificationContent?.handoffNotificationText
  return words && notification?.shouldSuppressNotification !== true
    ? chatEvent('handover', [], words)
    : undefined
}

const protocolAction = (protocol: proto.Message.IProtocolMessage): ContentFact | undefined => {
  switch (protocol.type) {
    case Type.SHARE_PHONE_NUMBER:
      return chatEvent('numberShared')
    case Type.STATUS_MENTION_MESSAGE:
      return chatEvent('statusMention')
    case Type.LIMIT_SHARING:
      return chatEvent('chatPrivacy', [], protocol.limitSharing?.sharingLimited === true ? 'on' : 'off')
    case Type.GROUP_MEMBER_LABEL_CHANGE:
      return chatEvent('memberLabel', [], protocol.memberLabel?.label)
    case Type.CLOUD_API_THREAD_CONTROL_NOTIFICATION:
      return handedOver(protocol.cloudApiThreadControlNotification)
    default:
      return undefined
  }
}

/** The event that a message out of its envelopes tells of; `undefined` when it tells of none. */
export const chatAction = (
  self: Self,
  envelope: Pick<Envelope, 'chat' | 'sender'>,
  message: proto.IMessage
): ContentFact | undefined => {
  const { keepInChatMessage, messageHistoryNotice, pinInChatMessage, protocolMessage } = message
  const { requestPhoneNumberMessage, statusNotificationMessage, statusStickerInteractionMessage } = message
  if (protocolMessage) return protocolAction(protocolMessage)
  if (pinInChatMessage) {
    if (pinInChatMessage.type === PinInChatMessage.Type.UNPIN_FOR_ALL)
      return about(self, envelope, 'unpin', pinInChatMessage.key)
    const seconds = pinnedSeconds(message.messageContextInfo)
    return about(self, envelope, 'pin', pinInChatMessage.key, seconds)
  }
  if (keepInChatMessage) {
    const isUndone = keepInChatMessage.keepType === proto.KeepType.UNDO_KEEP_FOR_ALL
    return about(self, envelope, isUndone ? 'unkeep' : 'keep', keepInChatMessage.key)
  }
  if (requestPhoneNumberMessage) return chatEvent('numberRequested')
  if (messageHistoryNotice) return historyShared(messageHistoryNotice)
  if (statusNotificationMessage)
    return chatEvent(STATUS_USES.get(statusNotificationMessage.type ?? 0) ?? 'statusUsed')
  if (statusStickerInteractionMessage) return chatEvent('statusSticker')
  return undefined
}
