// Messages that are shown once: phones mark the file itself, and wrap the message besides.
import type { proto } from '@whiskeysockets/baileys'
import { unwrap } from './content.ts'

const isWrapped = (message: proto.IMessage): boolean =>
  Boolean(message.viewOnceMessage ?? message.viewOnceMessageV2 ?? message.viewOnceMessageV2Extension)

const isMarked = (message: proto.IMessage): boolean => {
  const { audioMessage, imageMessage, videoMessage } = unwrap(message)
  return (imageMessage ?? videoMessage ?? audioMessage)?.viewOnce === true
}

export const isViewOnce = (message: proto.IMessage): boolean => isWrapped(message) && isMarked(message)

/** Phones show it for ever, or as a message of a newer version. */
export const isViewOnceByHalf = (message: proto.IMessage): boolean => isWrapped(message) !== isMarked(message)
