// What a phone tells of a file beside the file itself, so that recipients see something before they download it.
import { Schema } from 'effect'

/** What WhatsApp calls a voice message: phones play it only with the parameter. */
export const VOICE = 'audio/ogg; codecs=opus'
/** What stickers are. */
export const STICKER = 'image/webp'

/** Bytes are base64. */
export const MediaExtras = Schema.Struct({
  /** Whole seconds, of audio and video; at least 1. */
  seconds: Schema.optionalKey(Schema.Finite),
  /** Pixels, as the picture is to be shown: upright. */
  width: Schema.optionalKey(Schema.Finite),
  height: Schema.optionalKey(Schema.Finite),
  /** A small JPEG. */
  thumbnail: Schema.optionalKey(Schema.String),
  /** 64 bytes from 0 to 100: how loud a voice message is, from its begin to its end. */
  waveform: Schema.optionalKey(Schema.String),
  /** Whether a sticker moves. */
  isAnimated: Schema.optionalKey(Schema.Boolean)
})
export type MediaExtras = typeof MediaExtras.Type

/** Of a file that is shown once, nothing is shown before. */
export const withoutPicture = ({ thumbnail: _, ...extras }: MediaExtras): MediaExtras => extras

const bytes = (base64: string) => Buffer.from(base64, 'base64')

/** The same in the fields of WhatsApp's media messages. */
export const extrasOnWire = ({ height, isAnimated, seconds, thumbnail, waveform, width }: MediaExtras) => ({
  ...(seconds === undefined ? {} : { seconds }),
  ...(width === undefined ? {} : { width }),
  ...(height === undefined ? {} : { height }),
  ...(thumbnail === undefined ? {} : { jpegThumbnail: bytes(thumbnail) }),
  ...(waveform === undefined ? {} : { waveform: bytes(waveform) }),
  ...(isAnimated === undefined ? {} : { isAnimated })
})

/** What was made of a file. */
export interface Prepared {
  readonly extras: MediaExtras
  /** What the file turned out to be, or became; nothing when that is as it was said. */
  readonly mimeType?: string
  /** The file that is sent instead. */
  readonly file?: Uint8Array
}
