// Plain text, with the people it mentions and the preview of its link.
import { Effect, Schema } from 'effect'
import { isStatusJid } from '../../../domain/jid.ts'
import { Text } from '../fields.ts'
import { LinkPreview, previewOnWire } from '../preparation/link/link-previews.ts'
import { defineKind, newMessage } from './kind.ts'
import { mentions, quoted, visibleText } from './parts.ts'

const Stored = Schema.Struct({
  kind: Schema.Literal('text'),
  text: Schema.String,
  preview: Schema.optionalKey(LinkPreview),
  mentions,
  quoted
})

/** Phones show a text status on a ground of its own colour: alpha, red, green, blue. */
const STATUS_LOOK = { backgroundArgb: 0xff1f7a8c, textArgb: 0xffffffff }

export const text = defineKind(Stored, {
  ...newMessage,
  canMention: true,
  request: Text,
  compose: (asked: string) =>
    Effect.map(visibleText('text', asked), checked => ({ kind: 'text' as const, text: checked })),
  wire: (content, { accompanying, destination }) => ({
    as: 'message',
    message: {
      extendedTextMessage: {
        text: content.text,
        ...(isStatusJid(destination.toJid) ? STATUS_LOOK : {}),
        ...(content.preview === undefined ? {} : previewOnWire(content.preview)),
        ...accompanying
      }
    }
  }),
  redact: () => ({ kind: 'text', text: '' })
})
