// What accompanies a message, as its recipient sees it: when it disappears, whom it mentions, what the quoted message
// carries; and how large the whole is.
import { proto } from '@whiskeysockets/baileys'
import { albumOf, unwrap } from './content.ts'
import { secretIn } from './secrets.ts'
import { isViewOnce } from './view-once.ts'

export interface ReceivedContext {
  /** Bytes of the message as it was encrypted, without padding. */
  readonly bytes: number
  /** Seconds after which it disappears. */
  readonly expiration?: number
  readonly mentions?: readonly string[]
  /** What the quoted message carries besides what it says: its own `context`, its `secret`. */
  readonly quoteCarries?: readonly string[]
  readonly mimetype?: string
  readonly fileName?: string
  /** Bytes of the secret that edits, answers and the like are sealed with. */
  readonly secretBytes?: number
  /** It is shown once. */
  readonly viewOnce?: true
  /** The mark of a forwarded message, with how often it was forwarded; from 127 on, phones say "many times". */
  readonly forwardingScore?: number
  /** The album that it is a part of. */
  readonly albumId?: string
  /** Of an album: how many pictures and films it announces. */
  readonly album?: { readonly images: number; readonly videos: number }
  /** Of a pin: how long, in seconds; 0 ends it. */
  readonly pinnedFor?: number
  /** Of an event, in seconds since 1970. */
  readonly event?: { readonly startTime: number; readonly endTime?: number }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null

/** The message an edit brings, or the message itself. */
const contentOf = (message: proto.IMessage): proto.IMessage => {
  const inner = unwrap(message)
  return inner.protocolMessage?.editedMessage ?? inner
}

const partsOf = (message: proto.IMessage): Record<string, unknown>[] =>
  Object.values(message).filter(isRecord)

/** The context of a message, whatever its kind. */
export const contextIn = (message: proto.IMessage): proto.IContextInfo | undefined => {
  for (const part of partsOf(contentOf(message))) {
    const info = part['contextInfo']
    if (isRecord(info)) return info
  }
  return undefined
}

const carriedBy = (quoted: proto.IMessage): string[] => [
  ...(partsOf(unwrap(quoted)).some(part => isRecord(part['contextInfo'])) ? ['context'] : []),
  ...(quoted.messageContextInfo ? ['secret'] : [])
]

const fileIn = (message: proto.IMessage): Pick<ReceivedContext, 'mimetype' | 'fileName'> => {
  const file = partsOf(contentOf(message)).find(part => 'mimetype' in part && part['mediaKey'])
  const { mimetype, fileName } = file ?? {}
  return {
    ...(typeof mimetype === 'string' ? { mimetype } : {}),
    ...(typeof fileName === 'string' ? { fileName } : {})
  }
}

/** What some kinds of messages say besides their text. */
const kindContext = (message: proto.IMessage): Pick<ReceivedContext, 'album' | 'pinnedFor' | 'event'> => {
  const { albumMessage, eventMessage, pinInChatMessage } = unwrap(message)
  if (albumMessage) {
    const { expectedImageCount, expectedVideoCount } = albumMessage
    return { album: { images: expectedImageCount ?? 0, videos: expectedVideoCount ?? 0 } }
  }
  if (eventMessage) {
    const endTime = Number(eventMessage.endTime ?? 0)
    const startTime = Number(eventMessage.startTime ?? 0)
    return { event: { startTime, ...(endTime > 0 ? { endTime } : {}) } }
  }
  return pinInChatMessage ? { pinnedFor: message.messageContextInfo?.messageAddOnDurationInSecs ?? 0 } : {}
}

export const receivedContext = (message: proto.IMessage): ReceivedContext => {
  const info = contextIn(message)
  const { expiration, forwardingScore, isForwarded, mentionedJid, quotedMessage } = info ?? {}
  const albumId = albumOf(message)
  return {
    bytes: proto.Message.encode(message).finish().length,
    ...(expiration ? { expiration } : {}),
    ...(mentionedJid?.length ? { mentions: mentionedJid } : {}),
    ...(quotedMessage ? { quoteCarries: carriedBy(quotedMessage) } : {}),
    ...(secretIn(message) ? { secretBytes: secretIn(message)?.length ?? 0 } : {}),
    ...(isViewOnce(message) ? { viewOnce: true } : {}),
    ...(isForwarded ? { forwardingScore: forwardingScore ?? 0 } : {}),
    ...(albumId === undefined ? {} : { albumId }),
    ...kindContext(message),
    ...fileIn(message)
  }
}
