// The message that another one belongs to: an album, a picture that came before in a smaller file, an event. WhatsApp names it
// on the message or on one of its envelopes.
import { proto } from '@whiskeysockets/baileys/WAProto/index.js'
import type { ChangeFact, MessageFact, Party } from '../../../domain/fact.ts'
import type { AttachedAs } from '../../../domain/change.ts'
import type { Association } from '../../../domain/message.ts'
import type { Self } from './address.ts'
import type { Envelope } from './envelope.ts'
import { referredMessage } from './reference.ts'

const { AssociationType } = proto.MessageAssociation

/** Files that belong to another message and are not shown as messages. */
const ATTACHED: ReadonlyMap<number, AttachedAs> = new Map<number, AttachedAs>([
  [AssociationType.HD_IMAGE_DUAL_UPLOAD, 'hd'],
  [AssociationType.HD_VIDEO_DUAL_UPLOAD, 'hd'],
  [AssociationType.HEVC_VIDEO_DUAL_UPLOAD, 'hevc'],
  [AssociationType.MOTION_PHOTO, 'motion'],
  [AssociationType.EVENT_COVER_IMAGE, 'cover']
])

/** Of newer versions than the library's. */
const NEWER: Readonly<Record<number, string>> = { 20: 'POLL_ADD_OPTION' }

const camelCase = (name: string): string =>
  name.toLowerCase().replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase())

const nameOf = (type: number): string => {
  const name = AssociationType[type] ?? NEWER[type]
  return name === undefined ? `unknown:${type}` : camelCase(name)
}

export interface AssociatedMessage {
  readonly association: Association
  readonly parentSender: Party
  /** What its file is to that message; `undefined` when it is a message of its own. */
  readonly attachedAs: AttachedAs | undefined
}

/** The message that this one belongs to; `layers` are the message and its envelopes. */
export const associationIn = (
  self: Self,
  envelope: Pick<Envelope, 'chat' | 'sender'>,
  layers: ReadonlyArray<proto.IMessage>
): AssociatedMessage | undefined => {
  const named = layers
    .map(layer => layer.messageContextInfo?.messageAssociation)
    .find(association => association?.parentMessageKey?.id)
  const type = Number(named?.associationType ?? 0)
  const key = named?.parentMessageKey
  if (!key?.id || type === 0) return undefined
  const attachedAs = ATTACHED.get(type)
  // Files, and pictures of an album, come from whoever sent the message they belong to: nobody else may add to it.
  const isOwn = attachedAs !== undefined || type === AssociationType.MEDIA_ALBUM
  const parent = isOwn ? undefined : referredMessage(self, envelope, key)
  return {
    association: { type: nameOf(type), whatsAppId: key.id },
    parentSender: parent?.sender ?? envelope.sender,
    attachedAs
  }
}

/** The message as a file of the one it belongs to; `undefined` when it has none. */
export const attachment = (
  { association, attachedAs }: AssociatedMessage,
  { body, chat, media, sender, timestamp, type, whatsAppId }: MessageFact
): ChangeFact | undefined =>
  attachedAs === undefined || media === null
    ? undefined
    : {
        kind: 'change',
        chat,
        target: { sender, whatsAppId: association.whatsAppId },
        by: sender,
        change: {
          to: 'attached',
          as: attachedAs,
          file: { ...media, whatsAppId },
          alone: { type, body, at: timestamp, association }
        }
      }
