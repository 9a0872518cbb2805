// What a recipient's phone shows of a message before its file is downloaded, or of a link in its text; and whether it can
// show the file at all.
import type { proto } from '@whiskeysockets/baileys'
import { unwrap } from './content.ts'

export interface MessageDetails {
  readonly ptt?: boolean
  readonly seconds?: number
  readonly width?: number
  readonly height?: number
  /** The small JPEG, base64. */
  readonly thumbnail?: string
  /** How loud a voice message is, 0 to 100. */
  readonly waveform?: readonly number[]
  readonly isAnimated?: boolean
  readonly linkPreview?: LinkPreview
}

interface LinkPreview {
  /** The address in the text that it belongs to. */
  readonly url: string
  readonly title?: string
  readonly description?: string
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')

type File = proto.Message.IImageMessage &
  proto.Message.IVideoMessage &
  proto.Message.IAudioMessage &
  proto.Message.IStickerMessage

const previewIn = (text: proto.Message.IExtendedTextMessage): LinkPreview | undefined =>
  text.matchedText
    ? {
        url: text.matchedText,
        ...(text.title ? { title: text.title } : {}),
        ...(text.description ? { description: text.description } : {})
      }
    : undefined

export const detailsOf = (message: proto.IMessage): MessageDetails => {
  const { audioMessage, extendedTextMessage, imageMessage, ptvMessage, stickerMessage, videoMessage } =
    unwrap(message)
  const linkPreview = extendedTextMessage ? previewIn(extendedTextMessage) : undefined
  const part: Partial<File> =
    imageMessage ?? videoMessage ?? ptvMessage ?? audioMessage ?? stickerMessage ?? extendedTextMessage ?? {}
  const { height, isAnimated, jpegThumbnail, ptt, seconds, waveform, width } = part
  return {
    ...(ptt ? { ptt } : {}),
    ...(seconds ? { seconds } : {}),
    ...(width ? { width } : {}),
    ...(height ? { height } : {}),
    ...(jpegThumbnail?.length ? { thumbnail: base64(jpegThumbnail) } : {}),
    ...(waveform?.length ? { waveform: [...waveform] } : {}),
    ...(isAnimated ? { isAnimated } : {}),
    ...(linkPreview === undefined ? {} : { linkPreview })
  }
}

const startsWith = (file: Buffer, at: number, text: string): boolean =>
  file.toString('latin1', at, at + text.length) === text

/** Why phones cannot show a file that arrived unharmed; nothing when they can. */
export const unshowable = (message: proto.IMessage, file: Buffer): string | undefined => {
  const { audioMessage, stickerMessage } = unwrap(message)
  if (stickerMessage && !(startsWith(file, 0, 'RIFF') && startsWith(file, 8, 'WEBP'))) return 'no WebP'
  if (!audioMessage?.ptt) return undefined
  if (audioMessage.mimetype !== 'audio/ogg; codecs=opus') return `a voice message of ${audioMessage.mimetype}`
  return startsWith(file, 0, 'OggS') && file.includes('OpusHead') ? undefined : 'no Opus in Ogg'
}
