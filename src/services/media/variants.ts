// The files of a message: the one that is shown, and those beside it (smaller, in another encoding, the film of a photo).
import type { MediaVariantKind, Message } from '../../domain/message.ts'

/** A message with one of its files as its `media`. */
export interface MessageWithFile extends Message {
  /** Which of its files; that one is shown when it is missing or empty. */
  readonly variant?: string
}

/** The message with this file of its as the one that is shown; `undefined` when it has no such file. */
export const withVariant = (message: Message, variant: string): MessageWithFile | undefined => {
  if (variant === '') return message
  const file = message.media?.variants.find(({ kind }) => kind === variant)
  return file && { ...message, media: { ...file, variants: [] }, variant }
}

/** A file as readers ask for it. `hd` is the better one of two, which is shown. */
export const requestedVariant = (
  message: Message,
  requested: MediaVariantKind | 'hd' | undefined
): MessageWithFile | undefined => {
  if (requested === undefined) return message
  const isBetter = message.media?.variants.some(({ kind }) => kind === 'sd') === true
  if (requested === 'hd') return isBetter ? message : undefined
  // There is one file only: it is the smaller one.
  return requested === 'sd' && !isBetter ? message : withVariant(message, requested)
}

/** WhatsApp's id of the message that brought the file: the phone is asked for it by that one. */
export const broughtBy = ({ media, whatsAppId }: MessageWithFile): string => media?.whatsAppId ?? whatsAppId

/** The file that a message with this id of WhatsApp's has brought. A better one that comes later takes its place, and it stands beside that. */
export const fileBroughtBy = (message: Message, whatsAppId: string): MessageWithFile | undefined =>
  ['', ...(message.media?.variants ?? []).map(({ kind }) => kind)]
    .map(variant => withVariant(message, variant))
    .find(one => one !== undefined && broughtBy(one) === whatsAppId)
