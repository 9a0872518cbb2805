// Pictures and films that phones show as one album: a message that announces how many there are, and a message for each.
import { Effect, Schema } from 'effect'
import type { Target } from '../../../domain/outbox.ts'
import { newWhatsAppMessageId } from '../../../domain/ids.ts'
import { refuse } from '../errors.ts'
import { defineKind, newMessage } from './kind.ts'
import { composeFromUrl, fileFields, media, StoredMedia } from './media.ts'
import { mentions, quoted } from './parts.ts'

/** More than a person selects at once; each is downloaded before the request is answered. */
const MOST_FILES = 30
const DOWNLOADS_AT_ONCE = 3

const Request = Schema.Array(Schema.Struct(fileFields)).check(
  Schema.isMinLength(2),
  Schema.isMaxLength(MOST_FILES)
)

const Part = Schema.Struct({
  /** Every attempt is made with it. */
  whatsAppId: Schema.String,
  content: StoredMedia
})

const Stored = Schema.Struct({
  kind: Schema.Literal('album'),
  parts: Schema.Array(Part),
  mentions,
  quoted
})

const composePart = Effect.fnUntraced(function* (asked: (typeof Request.Type)[number], index: number) {
  const field = `album.${index}`
  const content = yield* composeFromUrl(field, asked)
  return content.type === 'image' || content.type === 'video'
    ? { whatsAppId: newWhatsAppMessageId(), content }
    : yield* refuse(`${field}.type`, 'An album has only pictures and films')
})

const compose = Effect.fnUntraced(function* (asked: typeof Request.Type) {
  const parts = yield* Effect.forEach(asked, composePart, { concurrency: DOWNLOADS_AT_ONCE })
  return { kind: 'album' as const, parts }
})

export const album = defineKind(Stored, {
  ...newMessage,
  canMention: true,
  request: Request,
  compose,
  wire: ({ parts }, { accompanying }) => {
    const count = (type: 'image' | 'video') => parts.filter(({ content }) => content.type === type).length
    // Who is mentioned is mentioned in a caption.
    const { mentionedJid: _, ...contextInfo } = accompanying.contextInfo ?? {}
    return {
      as: 'message',
      message: {
        albumMessage: {
          expectedImageCount: count('image'),
          expectedVideoCount: count('video'),
          ...(Object.keys(contextInfo).length === 0 ? {} : { contextInfo })
        }
      }
    }
  },
  redact: ({ parts }) => ({
    kind: 'album',
    parts: parts.map(({ content, whatsAppId }) => ({ whatsAppId, content: media.redact(content) }))
  })
})

/** The messages of an album, which are sent after the one that announces them. */
export const albumParts = (
  { mentions: people, parts }: typeof Stored.Type,
  own: Target
): ReadonlyArray<typeof Part.Type> =>
  parts.map(({ content, whatsAppId }) => ({
    whatsAppId,
    content: {
      ...content,
      album: own,
      ...(people === undefined || content.caption === undefined ? {} : { mentions: people })
    }
  }))
