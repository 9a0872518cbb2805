// Messages that belong to another one: a picture in better quality, the film of a motion photo, the pictures of an album, the
// picture of an event. Phones show most of them not as messages, but as a part of the one they belong to.
import { proto } from '@whiskeysockets/baileys'
import { isGroup } from '../../state/group.ts'
import type { Writing } from './writing.ts'

export const ASSOCIATION_TYPES = Object.keys(proto.MessageAssociation.AssociationType).filter(
  name => !/^\d+$/.test(name)
)

export interface AssociationTo {
  /** As in `MessageAssociation.AssociationType`, or its number. */
  readonly type: string | number
  /** The id of the message it belongs to, which is the same writer's. */
  readonly parent: string
  /** Phones differ: on the envelope, where most have it, or on the message within. */
  readonly at?: 'envelope' | 'message' | undefined
}

const isAssociationType = (name: string): name is keyof typeof proto.MessageAssociation.AssociationType =>
  Object.hasOwn(proto.MessageAssociation.AssociationType, name)

const numberOf = (type: string | number): number => {
  if (typeof type === 'number') return type
  if (!isAssociationType(type)) throw new Error(`there is no association ${type}`)
  return Number(proto.MessageAssociation.AssociationType[type])
}

const { EVENT_COVER_IMAGE, MEDIA_ALBUM } = proto.MessageAssociation.AssociationType

export const associated = (
  { at = 'envelope', parent, type }: AssociationTo,
  message: proto.IMessage,
  { addressing, chat, sender }: Writing
): proto.IMessage => {
  const number = numberOf(type)
  const messageContextInfo: proto.IMessageContextInfo = {
    ...message.messageContextInfo,
    messageAssociation: {
      associationType: number,
      parentMessageKey: {
        remoteJid: isGroup(chat) ? chat.id : chat.address(addressing),
        fromMe: true,
        id: parent,
        ...(isGroup(chat) ? { participant: sender.address(addressing) } : {})
      }
    }
  }
  // The pictures of an album are messages like any other.
  if (number === Number(MEDIA_ALBUM)) return { ...message, messageContextInfo }
  const inner = at === 'message' ? { ...message, messageContextInfo } : message
  const wrapped: proto.IMessage =
    number === Number(EVENT_COVER_IMAGE)
      ? { eventCoverImage: { message: inner } }
      : { associatedChildMessage: { message: inner } }
  return at === 'message' ? wrapped : { ...wrapped, messageContextInfo }
}
