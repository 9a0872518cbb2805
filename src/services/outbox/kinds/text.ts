// Plain text, with the people it mentions.
import { Effect, Schema } from 'effect'
import { Text } from '../fields.ts'
import { defineKind, newMessage } from './kind.ts'
import { mentions, quoted, visibleText } from './parts.ts'

const Stored = Schema.Struct({ kind: Schema.Literal('text'), text: Schema.String, mentions, quoted })

export const text = defineKind(Stored, {
  ...newMessage,
  canMention: true,
  request: Text,
  compose: (asked: string) =>
    Effect.map(visibleText('text', asked), checked => ({ kind: 'text' as const, text: checked })),
  wire: (content, { accompanying }) => ({
    as: 'message',
    message: { extendedTextMessage: { text: content.text, ...accompanying } }
  }),
  redact: () => ({ kind: 'text', text: '' })
})
