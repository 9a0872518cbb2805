// What accompanies a message, as its recipient sees it: when it disappears, whom it mentions, what the quoted message
// carries; and how large the whole is.
import { proto } from '@whiskeysockets/baileys'
import { unwrap } from './content.ts'

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

export const receivedContext = (message: proto.IMessage): ReceivedContext => {
  const info = contextIn(message)
  const { expiration, mentionedJid, quotedMessage } = info ?? {}
  return {
    bytes: proto.Message.encode(message).finish().length,
    ...(expiration ? { expiration } : {}),
    ...(mentionedJid?.length ? { mentions: mentionedJid } : {}),
    ...(quotedMessage ? { quoteCarries: carriedBy(quotedMessage) } : {}),
    ...fileIn(message)
  }
}
