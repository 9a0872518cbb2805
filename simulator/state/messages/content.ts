// What a decrypted message is, in the words the truth uses: its kind, its text, what it points at.
import { proto } from '@whiskeysockets/baileys'
import { newerFieldOf } from './newer-fields.ts'

const WRAPPERS = [
  'ephemeralMessage',
  'viewOnceMessage',
  'viewOnceMessageV2',
  'viewOnceMessageV2Extension',
  'documentWithCaptionMessage',
  'editedMessage',
  'associatedChildMessage',
  'eventCoverImage'
] as const

const isWrapperIn =
  (message: proto.IMessage) =>
  (name: (typeof WRAPPERS)[number]): boolean =>
    Boolean(message[name]?.message)

export const unwrap = (message: proto.IMessage): proto.IMessage => {
  let inner = message
  for (let depth = 0; depth < 5; depth++) {
    const wrapper = WRAPPERS.find(isWrapperIn(inner))
    const next = wrapper && inner[wrapper]?.message
    if (!next) return inner
    inner = next
  }
  return inner
}

/** Phones show the caption of a document only in its envelope. */
const documentText = (message: proto.IMessage): string | null | undefined => {
  const { documentMessage } = unwrap(message)
  let layer: proto.IMessage = message
  for (let depth = 0; depth < 5; depth++) {
    if (layer.documentWithCaptionMessage) return documentMessage?.caption || documentMessage?.fileName
    const wrapper = WRAPPERS.find(isWrapperIn(layer))
    layer = (wrapper && layer[wrapper]?.message) ?? {}
  }
  return documentMessage?.fileName
}

const KINDS: readonly (readonly [keyof proto.IMessage, string])[] = [
  ['conversation', 'text'],
  ['extendedTextMessage', 'text'],
  ['imageMessage', 'image'],
  ['videoMessage', 'video'],
  ['ptvMessage', 'video'],
  ['audioMessage', 'audio'],
  ['documentMessage', 'document'],
  ['stickerMessage', 'sticker'],
  ['locationMessage', 'location'],
  ['liveLocationMessage', 'location'],
  ['contactMessage', 'contact'],
  ['contactsArrayMessage', 'contact'],
  ['pollCreationMessage', 'poll'],
  ['pollCreationMessageV2', 'poll'],
  ['pollCreationMessageV3', 'poll'],
  ['pollCreationMessageV5', 'poll'],
  ['pollUpdateMessage', 'pollUpdate'],
  ['reactionMessage', 'reaction'],
  ['encReactionMessage', 'reaction'],
  ['pinInChatMessage', 'pin'],
  ['keepInChatMessage', 'keep'],
  ['encEventResponseMessage', 'eventResponse'],
  ['eventMessage', 'event'],
  ['albumMessage', 'album'],
  ['messageHistoryBundle', 'sharedHistory'],
  ['protocolMessage', 'protocol'],
  ['senderKeyDistributionMessage', 'senderKey']
]

export const kindOf = (message: proto.IMessage): string => {
  const inner = unwrap(message)
  const known = KINDS.find(
    ([field]) => inner[field] !== null && inner[field] !== undefined && inner[field] !== ''
  )?.[1]
  if (known !== undefined) return known
  const newer = newerFieldOf(inner)
  return newer === undefined ? 'other' : `field${newer}`
}

export interface FileOf {
  readonly parent: string
  /** Whether it is the same in better quality. */
  readonly isBetter: boolean
}

const { HD_IMAGE_DUAL_UPLOAD, HD_VIDEO_DUAL_UPLOAD, MEDIA_ALBUM } = proto.MessageAssociation.AssociationType

/** The message that a file belongs to which phones show there only; `undefined` for everything else. */
export const fileOf = (message: proto.IMessage): FileOf | undefined => {
  const wrapper = message.associatedChildMessage ?? message.eventCoverImage
  if (!wrapper) return undefined
  const info = message.messageContextInfo ?? wrapper.message?.messageContextInfo
  const { associationType, parentMessageKey } = info?.messageAssociation ?? {}
  const parent = parentMessageKey?.id ?? undefined
  const isBetter = associationType === HD_IMAGE_DUAL_UPLOAD || associationType === HD_VIDEO_DUAL_UPLOAD
  return parent === undefined ? undefined : { parent, isBetter }
}

/** The album that a picture or film is a part of. */
export const albumOf = ({ messageContextInfo }: proto.IMessage): string | undefined => {
  const { associationType, parentMessageKey } = messageContextInfo?.messageAssociation ?? {}
  return associationType === MEDIA_ALBUM ? (parentMessageKey?.id ?? undefined) : undefined
}

/** Kinds that say something about another message and are none themselves. */
const BESIDE_MESSAGES = new Set([
  'protocol',
  'senderKey',
  'reaction',
  'pollUpdate',
  'pin',
  'keep',
  'eventResponse',
  'sharedHistory'
])

export const isMessage = (message: proto.IMessage): boolean => !BESIDE_MESSAGES.has(kindOf(message))

export const bodyOf = (message: proto.IMessage): string | undefined => {
  const inner = unwrap(message)
  return (
    inner.conversation ||
    inner.extendedTextMessage?.text ||
    inner.imageMessage?.caption ||
    inner.videoMessage?.caption ||
    documentText(message) ||
    inner.reactionMessage?.text ||
    inner.locationMessage?.name ||
    inner.contactMessage?.displayName ||
    inner.eventMessage?.name ||
    (inner.pollCreationMessage ?? inner.pollCreationMessageV2 ?? inner.pollCreationMessageV3)?.name ||
    undefined
  )
}

export const quotedIdOf = (message: proto.IMessage): string | undefined => {
  const inner = unwrap(message)
  const replies = [
    inner.extendedTextMessage,
    inner.imageMessage,
    inner.videoMessage,
    inner.ptvMessage,
    inner.audioMessage,
    inner.documentMessage,
    inner.stickerMessage,
    inner.locationMessage,
    inner.liveLocationMessage,
    inner.contactMessage,
    inner.contactsArrayMessage,
    inner.albumMessage,
    inner.eventMessage,
    inner.pollCreationMessage,
    inner.pollCreationMessageV2,
    inner.pollCreationMessageV3
  ]
  return replies.find(reply => reply?.contextInfo?.stanzaId)?.contextInfo?.stanzaId ?? undefined
}

/** The `type` attribute of the stanza that carries this message. */
export const stanzaTypeOf = (message: proto.IMessage): string => {
  const kind = kindOf(message)
  if (kind === 'reaction' || kind === 'poll' || kind === 'event') return kind
  if (kind === 'pollUpdate') return 'poll'
  return ['image', 'video', 'audio', 'document', 'sticker', 'contact'].includes(kind) ? 'media' : 'text'
}

/** A change to an earlier message, when that is what this message is. `at` in milliseconds since 1970, 0 when it does not say. */
export type Change =
  | {
      readonly type: 'edit'
      readonly targetId: string
      readonly text: string | undefined
      readonly at: number
    }
  | { readonly type: 'revoke'; readonly targetId: string }
  | { readonly type: 'reaction'; readonly targetId: string; readonly text: string; readonly at: number }
  | {
      readonly type: 'vote'
      readonly targetId: string
      readonly sealed: proto.Message.IPollEncValue
      readonly at: number
    }

/** Whether devices that cannot decrypt it are told to show nothing in its place; in that of a revoked message they do. */
export const isHiddenUndecrypted = (message: proto.IMessage): boolean =>
  ['edit', 'reaction', 'vote'].includes(changeOf(message)?.type ?? '')

export const changeOf = (message: proto.IMessage): Change | undefined => {
  const inner = unwrap(message)
  const protocol = inner.protocolMessage
  const targetId = protocol?.key?.id
  if (protocol && targetId) {
    const { Type } = proto.Message.ProtocolMessage
    if (protocol.type === Type.REVOKE) return { type: 'revoke', targetId }
    if (protocol.type === Type.MESSAGE_EDIT && protocol.editedMessage) {
      return {
        type: 'edit',
        targetId,
        text: bodyOf(protocol.editedMessage),
        at: Number(protocol.timestampMs ?? 0)
      }
    }
  }
  const vote = inner.pollUpdateMessage
  if (vote?.pollCreationMessageKey?.id && vote.vote) {
    return {
      type: 'vote',
      targetId: vote.pollCreationMessageKey.id,
      sealed: vote.vote,
      at: Number(vote.senderTimestampMs ?? 0)
    }
  }
  const reaction = inner.reactionMessage
  if (reaction?.key?.id) {
    const at = Number(reaction.senderTimestampMs ?? 0)
    return { type: 'reaction', targetId: reaction.key.id, text: reaction.text ?? '', at }
  }
  return undefined
}

/** The file that a message names. */
export const fileIn = (message: proto.IMessage) => {
  const inner = unwrap(message)
  return (
    inner.imageMessage ??
    inner.videoMessage ??
    inner.audioMessage ??
    inner.documentMessage ??
    inner.stickerMessage ??
    undefined
  )
}
