// Where the file of a message can be downloaded.
import type { Message } from '../../domain/message.ts'
import type { MediaSource } from './download.ts'

/** `undefined` when the message has no file that can be downloaded. */
export const sourceOf = ({ accountId, media, type }: Message): MediaSource | undefined =>
  media === null || media.download === null
    ? undefined
    : { ...media.download, accountId, messageType: type, mimeType: media.mimeType }

/** `largest` in bytes. */
export const isTooLarge = ({ media }: Message, largest: number): boolean => (media?.size ?? 0) > largest
